//! permessage-deflate (RFC 7692): its negotiation, and compressed messages without I/O.

mod negotiation;

#[cfg(feature = "deflate")]
mod encoding;
#[cfg(feature = "deflate")]
mod halves_receive;
#[cfg(feature = "deflate")]
mod hostile;
#[cfg(feature = "deflate")]
mod inflater;
#[cfg(feature = "deflate")]
mod oversized;
#[cfg(feature = "deflate")]
mod prepared;
#[cfg(feature = "deflate")]
mod properties;
#[cfg(feature = "deflate")]
mod receive;
#[cfg(feature = "deflate")]
mod send;
#[cfg(feature = "deflate")]
mod send_fragments;
#[cfg(feature = "deflate")]
mod stats;

// What these tests share.
#[cfg(feature = "deflate")]
mod blocks;
#[cfg(feature = "deflate")]
mod endpoint;
#[cfg(feature = "deflate")]
mod inflate;
