//! Messages for many receivers.

use bytes::Bytes;

use super::compression::Compressed;
#[cfg(feature = "deflate")]
use crate::deflate::DeflateConfig;
use crate::frame::{FrameHeader, HeaderBytes, Kind, Rsv};
use crate::utf8_bytes::Utf8Bytes;

/// A message that is encoded once and sent to many connections.
///
/// A server's connections share its payload without a copy when it is large; a client's mask a
/// copy each, as they must (RFC 6455 5.3).
///
/// ```
/// use websocket_proto::{WebSocket, connection::Server, handshake::Opened};
/// use websocket_proto::websocket::{Config, Prepared};
///
/// let mut room = [(); 3].map(|()| WebSocket::new(Server, Config::new(), Opened::new()));
/// let news = Prepared::text("to all of you");
/// for member in &mut room {
///     member.send_prepared(&news)?;
/// }
/// # Ok::<(), websocket_proto::SendError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Prepared {
    pub(super) kind: Kind,
    /// The header that a server sends.
    pub(super) header: HeaderBytes,
    pub(super) payload: Bytes,
    pub(super) compressed: Option<Compressed>,
}

impl Prepared {
    /// A text message.
    pub fn text(text: impl Into<Utf8Bytes>) -> Self {
        Self::new(Kind::Text, text.into().into_bytes())
    }

    /// A binary message.
    pub fn binary(bytes: impl Into<Bytes>) -> Self {
        Self::new(Kind::Binary, bytes.into())
    }

    fn new(kind: Kind, payload: Bytes) -> Self {
        let header = HeaderBytes::from(FrameHeader {
            fin: true,
            rsv: Rsv::NONE,
            opcode: kind.into(),
            mask: None,
            payload_len: payload.len() as u64,
        });
        Self { kind, header, payload, compressed: None }
    }

    /// Compresses the message, once, for all the connections that have negotiated
    /// permessage-deflate with a window that is large enough for it: one that is as large as the
    /// message always is, and so is the largest. The others are sent it as
    /// [`send`](super::WebSocket::send) would.
    ///
    /// A message under the [threshold](crate::deflate::DeflateConfig::threshold) stays as it is.
    ///
    /// ```
    /// use websocket_proto::{deflate::DeflateConfig, websocket::Prepared};
    ///
    /// let deflate = DeflateConfig::new();
    /// let news = Prepared::text("to all of you, ".repeat(100)).compressed(&deflate);
    /// ```
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn compressed(mut self, config: &DeflateConfig) -> Self {
        self.compressed = Compressed::new(config, &self.payload);
        self
    }
}
