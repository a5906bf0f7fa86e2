//! The methods for permessage-deflate ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)).

use super::WebSocketStream;
use crate::connection::Role;
use crate::deflate::Compression;
use crate::deflate::Terms;

impl<T, R: Role> WebSocketStream<T, R> {
    /// Returns the terms on which this connection uses permessage-deflate, or `None` if it does
    /// not use it.
    #[must_use]
    pub const fn deflate_terms(&self) -> Option<&Terms> {
        self.websocket.deflate_terms()
    }

    /// Decides whether the next messages are sent compressed. The default is
    /// [`Auto`](Compression::Auto). A message in progress continues as it began.
    pub fn set_compression(&mut self, choice: Compression) {
        self.websocket.set_compression(choice);
    }

    /// Frees the memory of the compressor and the decompressor, as
    /// [`WebSocket::release_memory`](crate::WebSocket::release_memory) does. Call it for a
    /// connection that will be idle for a long time.
    pub fn release_memory(&mut self) {
        self.websocket.release_memory();
    }
}
