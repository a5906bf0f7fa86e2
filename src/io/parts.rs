//! A connection, taken apart.

use bytes::{Bytes, BytesMut};

/// The parts of a connection that no longer speaks WebSocket, without a byte lost.
#[derive(Debug)]
#[non_exhaustive]
pub struct Parts<S> {
    /// The transport.
    pub stream: S,
    /// The bytes that were read from the transport and not processed.
    pub input: BytesMut,
    /// The bytes that were queued and not written to the transport.
    pub output: Bytes,
}
