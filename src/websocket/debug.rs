//! The `Debug` output of a connection and of its errors: lengths and states, and no bytes of a
//! message.

use core::fmt;

use bytes::Bytes;

use super::{MessageReceiver, MessageSender, Rejected};
use crate::message::Message;

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

/// Shows the kind and the length of the message, and no byte of it, because programs write errors
/// into logs.
impl fmt::Debug for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.message {
            Message::Text(_) => "text",
            Message::Binary(_) => "binary",
            Message::Ping(_) => "ping",
            Message::Pong(_) => "pong",
            Message::Close(_) => "close",
            Message::Oversized { .. } => "oversized",
        };
        f.debug_struct("Rejected")
            .field(kind, &format_args!("{} bytes", self.message.len()))
            .field("error", &self.error)
            .finish()
    }
}

/// Shows the length of the fragment, and no byte of it.
impl fmt::Debug for Rejected<Bytes> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejected")
            .field("fragment", &format_args!("{} bytes", self.message.len()))
            .field("error", &self.error)
            .finish()
    }
}
