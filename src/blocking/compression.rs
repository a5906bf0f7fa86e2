//! permessage-deflate, where it was negotiated.

use super::WebSocketStream;
use crate::connection::Role;
use crate::deflate::Compress;
use crate::handshake::deflate::Agreement;

impl<S, R: Role> WebSocketStream<S, R> {
    /// The terms on which this connection uses permessage-deflate; `None` when it does not.
    #[must_use]
    pub fn agreement(&self) -> Option<&Agreement> {
        self.websocket.agreement()
    }

    /// Says whether the messages from the next one on are sent compressed;
    /// [`Auto`](Compress::Auto) until it is called.
    pub fn compress(&mut self, choice: Compress) {
        self.websocket.compress(choice);
    }

    /// Gives back the memory of compressor and decompressor, as
    /// [`WebSocket::release`](crate::WebSocket::release) does: for a connection that will be idle
    /// for long.
    pub fn release(&mut self) {
        self.websocket.release();
    }
}
