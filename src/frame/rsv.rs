//! The three reserved bits of a frame ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section
//! 5.2).

use core::fmt;
use core::ops::{BitOr, BitOrAssign};

/// The three reserved bits of a frame (RFC 6455, section 5.2). They are zero unless an extension
/// uses them.
///
/// ```
/// use websocket_proto::frame::Rsv;
///
/// let rsv = Rsv::RSV1 | Rsv::RSV3;
/// assert_eq!(rsv.bits(), 0b0101_0000);
/// assert!(rsv.contains(Rsv::RSV1) && !rsv.contains(Rsv::RSV2));
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Rsv(u8);

impl Rsv {
    /// No bit set.
    pub const NONE: Self = Self(0);
    /// RSV1. permessage-deflate sets it on a compressed message (RFC 7692, section 6).
    pub const RSV1: Self = Self(0b0100_0000);
    /// RSV2.
    pub const RSV2: Self = Self(0b0010_0000);
    /// RSV3.
    pub const RSV3: Self = Self(0b0001_0000);

    /// Returns the reserved bits of the first byte of a frame. The other bits are ignored.
    #[must_use]
    pub const fn from_bits(first_byte: u8) -> Self {
        Self(first_byte & 0b0111_0000)
    }

    /// Returns the bits at their place in the first byte of a frame.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Returns the bits that are set in `self`, in `other` or in both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns whether no bit is set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns whether some bit is set both in `self` and in `other`.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Returns whether every bit of `other` is set in `self` too.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Returns the same bits as [`union`](Rsv::union).
impl BitOr for Rsv {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.union(other)
    }
}

/// Sets the bits that are set in `other`.
impl BitOrAssign for Rsv {
    fn bitor_assign(&mut self, other: Self) {
        *self = self.union(other);
    }
}

impl From<Rsv> for u8 {
    fn from(rsv: Rsv) -> Self {
        rsv.bits()
    }
}

impl fmt::Debug for Rsv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rsv({:03b})", self.0 >> 4)
    }
}
