//! The spans and events of the feature `tracing`: what they tell, and above all what they do not.

#![cfg(all(feature = "tracing", feature = "tokio", feature = "deflate"))]

mod collector;
mod secrets;
mod told;
