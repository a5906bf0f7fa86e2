//! What each layer holds on the heap. These tests are a crate of their own because they count the
//! allocations of its whole process, for each thread apart.

#[cfg(feature = "std")]
mod blocking;
#[cfg(feature = "deflate")]
mod deflate;
#[cfg(feature = "deflate")]
mod deflate_hostile;
#[cfg(feature = "tokio")]
mod floods;
#[cfg(feature = "http")]
mod handshake;
mod size_and_alloc;
#[cfg(feature = "tokio")]
mod tokio;
#[cfg(feature = "alloc")]
mod websocket;

// What these tests share.
#[cfg(feature = "deflate")]
mod coders;
mod counting;
#[cfg(feature = "tokio")]
mod flood;
