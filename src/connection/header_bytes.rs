//! An encoded frame header.

use core::ops::Deref;

use crate::frame::FrameHeader;

/// An encoded frame header: 2 to 14 bytes.
#[derive(Clone, Copy, Debug)]
pub struct HeaderBytes {
    bytes: [u8; FrameHeader::MAX_LEN],
    len: u8,
}

impl HeaderBytes {
    #[inline]
    pub(crate) fn new(header: &FrameHeader) -> Self {
        let mut bytes = [0; FrameHeader::MAX_LEN];
        let len = header.emit(&mut bytes) as u8;
        Self { bytes, len }
    }
}

impl Deref for HeaderBytes {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}
