//! Hostile input that can have any size. `benches/work.sh` measures the work that it causes.

#[cfg(feature = "deflate")]
mod compressed;
mod requests;
mod responses;
mod streams;
mod urls;

#[cfg(feature = "deflate")]
pub use compressed::growing_compressed_messages;
pub use requests::growing_requests;
pub use responses::{Answered, growing_responses};
pub use streams::growing_streams;
pub use urls::growing_urls;

/// Input that can have any size.
#[derive(Clone, Copy, Debug)]
pub struct Growing<O> {
    /// What is hostile about it.
    pub name: &'static str,
    /// Returns the bytes on the wire. The argument is their approximate number.
    pub bytes: fn(usize) -> Vec<u8>,
    /// What the endpoint does with input of any size.
    pub outcome: O,
}

const fn row<O>(name: &'static str, bytes: fn(usize) -> Vec<u8>, outcome: O) -> Growing<O> {
    Growing { name, bytes, outcome }
}

/// Repeats the unit as often as it fits into `size` bytes.
fn repeated(unit: impl AsRef<[u8]>, size: usize) -> Vec<u8> {
    unit.as_ref().repeat(size / unit.as_ref().len())
}
