//! Messages for many receivers.

#[cfg(feature = "deflate")]
use alloc::vec::Vec;

use bytes::Bytes;

use crate::connection::HeaderBytes;
#[cfg(feature = "deflate")]
use crate::deflate::{Compress, Compressor, Config, Terms};
use crate::frame::{FrameHeader, Kind, Rsv};
use crate::utf8_bytes::Utf8Bytes;

/// A message that is encoded once and sent to many connections.
///
/// A server's connections share its payload without a copy when it is large; a client's mask a
/// copy each, as they must (RFC 6455 5.3).
///
/// ```
/// use websocket_proto::{WebSocket, connection::Server};
/// use websocket_proto::websocket::{Config, Prepared};
///
/// let mut room = [(); 3].map(|()| WebSocket::new(Server, Config::new()));
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
    #[cfg(feature = "deflate")]
    pub(super) compressed: Option<Compressed>,
}

/// The same message compressed.
#[cfg(feature = "deflate")]
#[derive(Clone, Debug)]
pub(super) struct Compressed {
    pub(super) payload: Bytes,
    /// The logarithm of the smallest window that it fits.
    pub(super) window_bits: u8,
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
        let header = HeaderBytes::new(&FrameHeader {
            fin: true,
            rsv: Rsv::NONE,
            opcode: kind.into(),
            mask: None,
            payload_len: payload.len() as u64,
        });
        Self {
            kind,
            header,
            payload,
            #[cfg(feature = "deflate")]
            compressed: None,
        }
    }

    /// Compresses the message, once, for all the connections that have negotiated
    /// permessage-deflate with a window that is large enough for it: one that is as large as the
    /// message always is, and so is the largest. The others are sent it as
    /// [`send`](super::WebSocket::send) would.
    ///
    /// A message under the [threshold](crate::deflate::Config::threshold) stays as it is.
    ///
    /// ```
    /// use websocket_proto::{deflate, websocket::Prepared};
    ///
    /// let deflate = deflate::Config::new();
    /// let news = Prepared::text("to all of you, ".repeat(100)).compressed(&deflate);
    /// ```
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn compressed(mut self, config: &Config) -> Self {
        if config.applies(Compress::Auto, self.payload.len(), true) {
            // No distance is longer than the message.
            let window_bits = self.payload.len().next_power_of_two().trailing_zeros() as u8;
            let window_bits = window_bits.clamp(8, 15);
            let terms = Terms { no_context_takeover: true, window_bits };
            let mut payload = Vec::new();
            Compressor::with_terms(config, terms).compress(&self.payload, true, &mut payload);
            self.compressed = Some(Compressed { payload: payload.into(), window_bits });
        }
        self
    }
}
