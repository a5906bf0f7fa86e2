//! Messages that are encoded once for many connections.

use core::fmt;

use bytes::Bytes;

use super::compression::Compressed;
#[cfg(feature = "deflate")]
use crate::deflate::DeflateConfig;
use crate::frame::Kind;
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
#[derive(Clone)]
pub struct Prepared {
    pub(super) kind: Kind,
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

    const fn new(kind: Kind, payload: Bytes) -> Self {
        Self { kind, payload, compressed: None }
    }

    /// Compresses the message once, for all connections that negotiated permessage-deflate and have
    /// a large enough window. A window is large enough if it has the size of the message or more,
    /// or if it is the largest possible window. All other connections send the message as
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

    /// Returns whether the message has a compressed form. It has none after
    /// [`compressed`](Self::compressed) if it is shorter than the threshold.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub const fn is_compressed(&self) -> bool {
        self.compressed.is_some()
    }
}

/// Shows the length of the payload, and no bytes of it.
impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("kind", &self.kind)
            .field("len", &self.payload.len())
            .field("is_compressed", &self.compressed.is_some())
            .finish()
    }
}
