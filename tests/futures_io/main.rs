//! The adapter for `futures-io`, over transports of tokio, with and without a timer.
#![cfg(all(feature = "futures-io", feature = "tokio"))]

mod endings;
mod hostile;
mod parts;
mod time_limits;

// What these tests share.
mod compat;
