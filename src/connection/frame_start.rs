//! Frames whose payload the caller sends ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455),
//! section 5.2).

use super::role::Role;
use super::send::{Fragmented, Sender};
use crate::error::SendError;
use crate::frame::{FrameHeader, HeaderBytes, Kind, Rsv};
use crate::mask::Mask;

/// The start of a frame whose payload the caller sends: its header, and the mask for its payload.
///
/// [`Sender::begin`](super::Sender::begin) returns it. The caller must then send, in this order and
/// with nothing between:
///
/// 1. the bytes of [`header`](Self::header),
/// 2. exactly as many bytes of payload as the header declares, in pieces of any size. If there is a
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

impl<R: Role> Sender<R> {
    /// Begins a whole message in one frame, whose payload the caller sends.
    ///
    /// The documentation of [`FrameStart`] lists the duties of the caller. Use this method for a
    /// payload that is not in memory, or that is sent without a copy. `payload_len` is the length
    /// of the payload in bytes. `rsv` are the reserved bits of the message: [`Rsv::NONE`] without
    /// an extension.
    ///
    /// This sender does not see the payload. If `kind` is [`Kind::Text`], the caller must make sure
    /// that the text is valid UTF-8 before it sends it (RFC 6455, section 8.1), for example with a
    /// [`Utf8Validator`](crate::utf8::Utf8Validator).
    ///
    /// # Errors
    /// - [`Closing`](SendError::Closing): the connection is closing or has failed.
    /// - [`MessageInProgress`](SendError::MessageInProgress): a fragmented message is in progress.
    /// - [`ReservedBits`](SendError::ReservedBits): no extension of this connection uses the bits.
    /// - [`FrameTooLong`](SendError::FrameTooLong): the payload is longer than 2^63 - 1 bytes.
    #[inline]
    pub fn begin(
        &mut self,
        kind: Kind,
        payload_len: u64,
        rsv: Rsv,
    ) -> Result<FrameStart, SendError> {
        self.check_begin(rsv)?;
        check_len(payload_len)?;
        Ok(FrameStart { header: self.next_header(kind.into(), rsv, true, payload_len) })
    }

    /// Begins the next fragment of a message, whose payload the caller sends.
    ///
    /// `fin` marks the last fragment. Everything else is as in [`begin`](Self::begin) and
    /// [`send_extended`](Self::send_extended).
    ///
    /// If this method begins the first fragment of a text, it must begin all later fragments too,
    /// because this sender has not seen the start of the text. It cannot continue a text that
    /// [`send_fragment`](Self::send_fragment) has begun. The fragments of binary and transformed
    /// messages may use both methods.
    ///
    /// # Errors
    /// - [`Closing`](SendError::Closing): the connection is closing or has failed.
    /// - [`ReservedBits`](SendError::ReservedBits): no extension of this connection uses the bits.
    /// - [`MessageInProgress`](SendError::MessageInProgress): the message in progress is of another
    ///   kind, has other reserved bits, or is a text that this sender checks.
    /// - [`FrameTooLong`](SendError::FrameTooLong): the payload is longer than 2^63 - 1 bytes.
    pub fn begin_fragment(
        &mut self,
        kind: Kind,
        fin: bool,
        payload_len: u64,
        rsv: Rsv,
    ) -> Result<FrameStart, SendError> {
        let message = Fragmented { kind, rsv, checked: false };
        let opcode = self.admit_fragment(message)?;
        check_len(payload_len)?;
        let rsv = self.advance_message(message, fin);
        Ok(FrameStart { header: self.next_header(opcode, rsv, fin, payload_len) })
    }

    /// Checks that [`begin`](Self::begin) can begin a message now. Nothing changes.
    ///
    /// An extension calls this method before it encodes a payload, because its encoder must not
    /// advance for a message that is not sent.
    ///
    /// # Errors
    /// Returns the errors of [`begin`](Self::begin) that do not depend on the payload.
    #[inline]
    pub fn check_begin(&self, rsv: Rsv) -> Result<(), SendError> {
        self.admit_message()?;
        self.admit_bits(rsv)
    }

    /// Checks that [`begin_fragment`](Self::begin_fragment) can begin a fragment now. Nothing
    /// changes.
    ///
    /// # Errors
    /// Returns the errors of [`begin_fragment`](Self::begin_fragment) that do not depend on the
    /// payload.
    pub fn check_begin_fragment(&self, kind: Kind, rsv: Rsv) -> Result<(), SendError> {
        self.admit_fragment(Fragmented { kind, rsv, checked: false }).map(drop)
    }
}

/// RFC 6455, section 5.2: the most significant bit of the length is 0.
#[inline]
const fn check_len(payload_len: u64) -> Result<(), SendError> {
    if payload_len <= FrameHeader::MAX_PAYLOAD_LEN {
        Ok(())
    } else {
        Err(SendError::FrameTooLong { len: payload_len })
    }
}
