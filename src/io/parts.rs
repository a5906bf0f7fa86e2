//! The parts of a connection.

use core::fmt;

use bytes::{Bytes, BytesMut};

use crate::http1::ShownLen;

/// The parts of a connection that was taken apart, for code that continues with the transport.
#[non_exhaustive]
pub struct Parts<S> {
    /// The transport.
    pub stream: S,
    /// The bytes that were read from the transport but not processed.
    pub input: BytesMut,
    /// The bytes that were queued but not written to the transport.
    pub output: Bytes,
}

/// Shows the lengths of the buffers, because messages may be secret.
impl<S: fmt::Debug> fmt::Debug for Parts<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("stream", &self.stream)
            .field("input", &ShownLen(self.input.len()))
            .field("output", &ShownLen(self.output.len()))
            .finish()
    }
}
