//! Messages that are encoded once for many connections.

use bytes::Bytes;

use super::compression::Compressed;
#[cfg(feature = "deflate")]
use crate::deflate::DeflateConfig;
use crate::frame::{FrameHeader, HeaderBytes, Kind, Rsv};
use crate::utf8_bytes::Utf8Bytes;

/// A message that is encoded once and sent to many connections.
///
/// The connections of a server share a large payload without a copy. Each connection of a client
/// masks its own copy, because every frame of a client needs a new masking key (RFC 6455, section
/// 5.3).
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
    /// The header of the uncompressed frame of a server.
    pub(super) header: HeaderBytes,
    pub(super) payload: Bytes,
    pub(super) compressed: Option<Compressed>,
}

impl Prepared {
    /// Creates a text message.
    pub fn text(text: impl Into<Utf8Bytes>) -> Self {
        Self::new(Kind::Text, text.into().into_bytes())
    }

    /// Creates a binary message.
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

    /// Compresses the message once, for all connections that negotiated permessage-deflate and have
    /// a large enough window. A window that is at least as large as the message is large enough,
    /// and so is the largest window. Other connections send the message as
    /// [`send`](super::WebSocket::send) does.
    ///
    /// A message that is shorter than the [threshold](crate::deflate::DeflateConfig::threshold) is
    /// not compressed.
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
