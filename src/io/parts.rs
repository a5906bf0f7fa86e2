//! The parts of a connection.

use bytes::{Bytes, BytesMut};

/// The parts of a connection that was taken apart, for code that continues with the transport.
#[derive(Debug)]
#[non_exhaustive]
pub struct Parts<S> {
    /// The transport.
    pub stream: S,
    /// The bytes that were read from the transport but not processed.
    pub input: BytesMut,
    /// The bytes that were queued but not written to the transport.
    pub output: Bytes,
}
