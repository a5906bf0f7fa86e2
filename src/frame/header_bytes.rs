//! An encoded frame header.

use core::fmt;
use core::ops::Deref;

use super::FrameHeader;

/// An encoded frame header: 2 to 14 bytes.
///
/// ```
/// use websocket_proto::frame::{FrameHeader, OpCode, Rsv};
///
/// let opcode = OpCode::Binary;
/// let header = FrameHeader { fin: true, rsv: Rsv::NONE, opcode, mask: None, payload_len: 256 };
/// assert_eq!(*header.to_bytes(), [0x82, 126, 1, 0]);
/// ```
#[derive(Clone, Copy)]
pub struct HeaderBytes {
    bytes: [u8; FrameHeader::MAX_LEN],
    len: u8,
}

impl From<FrameHeader> for HeaderBytes {
    #[inline]
    fn from(header: FrameHeader) -> Self {
        let mut bytes = [0; FrameHeader::MAX_LEN];
        let len = header.emit(&mut bytes) as u8;
        Self { bytes, len }
    }
}

impl HeaderBytes {
    /// Returns the header, followed by bytes without meaning. A caller can copy this array faster
    /// than a slice, because its length is constant. Then the caller drops the bytes after the
    /// header.
    #[inline]
    #[must_use]
    pub const fn padded(&self) -> &[u8; FrameHeader::MAX_LEN] {
        &self.bytes
    }
}

impl Deref for HeaderBytes {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl AsRef<[u8]> for HeaderBytes {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        self
    }
}

// The bytes after the header have no meaning, so they are not compared.
impl PartialEq for HeaderBytes {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for HeaderBytes {}

impl fmt::Debug for HeaderBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeaderBytes({:02x?})", &**self)
    }
}
