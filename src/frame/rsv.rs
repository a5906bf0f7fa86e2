//! The three reserved bits of a frame (RFC 6455, section 5.2).

use core::fmt;

/// The three reserved bits of a frame (RFC 6455 5.2), zero unless an extension has claimed them.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Rsv(u8);

impl Rsv {
    /// No bit set.
    pub const NONE: Self = Self(0);
    /// RSV1, which permessage-deflate sets on a compressed message (RFC 7692 6).
    pub const RSV1: Self = Self(0b0100_0000);
    /// RSV2.
    pub const RSV2: Self = Self(0b0010_0000);
    /// RSV3.
    pub const RSV3: Self = Self(0b0001_0000);

    /// The reserved bits of a frame's first byte; the other bits are ignored.
    #[must_use]
    pub const fn from_bits(first_byte: u8) -> Self {
        Self(first_byte & 0b0111_0000)
    }

    /// The bits at their place in a frame's first byte.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The bits that are set in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether every bit of `other` is set here too.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl fmt::Debug for Rsv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rsv({:03b})", self.0 >> 4)
    }
}
