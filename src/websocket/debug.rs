//! The `Debug` output of a connection: lengths and states, and no bytes of a message.

use core::fmt;

use super::{MessageReceiver, MessageSender};

/// Shows lengths, and no bytes.
impl<R> fmt::Debug for MessageReceiver<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageReceiver")
            .field("buffer", &self.receiving.buffer)
            .finish_non_exhaustive()
    }
}

/// Shows lengths, and no bytes.
impl<R> fmt::Debug for MessageSender<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageSender")
            .field("queue", &self.queue)
            .field("deadlines", &self.deadlines)
            .field("eof", &self.eof)
            .finish_non_exhaustive()
    }
}
