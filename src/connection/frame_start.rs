//! The start of a frame whose payload the caller sends.

use crate::frame::{FrameHeader, HeaderBytes};
use crate::mask::Mask;

/// The start of a frame whose payload the caller sends: its header, and the mask for its payload.
///
/// [`Sender::begin`](super::Sender::begin) returns it. The caller must then send, in this order and
/// with nothing between:
///
/// 1. the bytes of [`header`](Self::header),
/// 2. exactly as many bytes of payload as it declared, in pieces of any size. If there is a
///    [`mask`](Self::mask), the caller must mask each piece with it.
///
/// So the caller must not call [`poll_transmit`](super::Connection::poll_transmit) or another
/// sending method for the same output until the payload is sent. If the payload cannot be sent in
/// full, the caller must drop the transport.
///
/// ```
/// use websocket_proto::connection::{Client, Connection, ConnectionConfig};
/// use websocket_proto::frame::{Kind, Rsv};
///
/// let seed = [7; 32]; // in real code: from the system's random generator
/// let mut connection = Connection::new(Client::new(seed), ConnectionConfig::new());
/// let mut sent = Vec::new();
///
/// let start = connection.begin(Kind::Binary, 10, Rsv::NONE)?;
/// sent.extend_from_slice(&start.header());
/// let mut mask = start.mask();
/// for mut piece in [*b"from ", *b"disk!"] {
///     if let Some(mask) = &mut mask {
///         mask.apply(&mut piece);
///     }
///     sent.extend_from_slice(&piece);
/// }
/// assert_eq!(sent.len(), 6 + 10);
/// # Ok::<(), websocket_proto::SendError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the header and the payload must be sent"]
pub struct FrameStart {
    header: FrameHeader,
}

impl FrameStart {
    #[inline]
    pub(super) const fn new(header: FrameHeader) -> Self {
        Self { header }
    }

    /// Returns the header, to be sent first.
    #[inline]
    #[must_use]
    pub fn header(&self) -> HeaderBytes {
        self.header.to_bytes()
    }

    /// Returns the mask at the start of the payload, or `None` for a server, which does not mask.
    #[inline]
    #[must_use]
    pub fn mask(&self) -> Option<Mask> {
        self.header.mask.map(Mask::new)
    }

    /// Returns the length of the payload in bytes.
    #[inline]
    #[must_use]
    pub const fn payload_len(&self) -> u64 {
        self.header.payload_len
    }
}
