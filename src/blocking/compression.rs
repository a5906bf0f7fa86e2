//! permessage-deflate, where it was negotiated.

use super::WebSocketStream;
use crate::connection::Role;
use crate::deflate::Compression;
use crate::deflate::Terms;

impl<S, R: Role> WebSocketStream<S, R> {
    /// Returns the terms on which this connection uses permessage-deflate, or `None` if it does
    /// not use it.
    #[must_use]
    pub const fn deflate_terms(&self) -> Option<&Terms> {
        self.websocket.deflate_terms()
    }

    /// Says whether the messages from the next one on are sent compressed;
    /// [`Auto`](Compression::Auto) until it is called.
    pub fn set_compression(&mut self, choice: Compression) {
        self.websocket.set_compression(choice);
    }

    /// Gives back the memory of compressor and decompressor, as
    /// [`WebSocket::release_memory`](crate::WebSocket::release_memory) does: for a connection that will be idle
    /// for long.
    pub fn release_memory(&mut self) {
        self.websocket.release_memory();
    }
}
