//! Code that several examples share. The examples themselves are in `src/bin`.

#[cfg(feature = "std")]
pub mod arguments;

/// The code in the README, run as tests.
#[cfg(all(doctest, feature = "axum", feature = "deflate"))]
#[doc = include_str!("../../README.md")]
mod readme {}
