//! The spans and events of the feature `tracing`: the fields that they have, and the secrets that
//! they must not contain.

#![cfg(all(feature = "tracing", feature = "tokio", feature = "deflate"))]

mod collector;
mod secrets;
mod told;
