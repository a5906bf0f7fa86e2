//! Times that take half of the space of a `Duration`, because each connection has many times.

use core::num::NonZeroU64;
use core::time::Duration;

/// A duration, or a time as the duration since a fixed moment. A duration of 584 years or more is
/// endless.
// The value is the number of nanoseconds plus one, so that an `Option` does not need more space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Time(NonZeroU64);

impl Time {
    pub(super) const ZERO: Self = Self(NonZeroU64::MIN);
    const ENDLESS: Self = Self(NonZeroU64::MAX);

    pub(super) const fn new(duration: Duration) -> Self {
        let nanoseconds = duration.as_nanos();
        if nanoseconds < Self::ENDLESS.nanoseconds() as u128 {
            Self(NonZeroU64::MIN.saturating_add(nanoseconds as u64))
        } else {
            Self::ENDLESS
        }
    }

    /// Returns the duration, or `Duration::MAX` if it is endless.
    pub(super) fn duration(self) -> Duration {
        if self == Self::ENDLESS {
            return Duration::MAX;
        }
        Duration::from_nanos(self.nanoseconds())
    }

    /// Adds two durations. The sum may be endless.
    pub(super) const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.nanoseconds()))
    }

    /// Returns the time from `earlier` to this time.
    pub(super) const fn since(self, earlier: Self) -> Self {
        Self(
            NonZeroU64::MIN
                .saturating_add(self.nanoseconds().saturating_sub(earlier.nanoseconds())),
        )
    }

    pub(super) fn is_endless(self) -> bool {
        self == Self::ENDLESS
    }

    const fn nanoseconds(self) -> u64 {
        self.0.get() - 1
    }
}
