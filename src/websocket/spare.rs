//! The buffers of idle connections, which the next connection of the same thread uses.
//!
//! An idle connection holds no buffer. Without spare buffers it would allocate and free its buffers
//! for each message that comes by itself.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use bytes::BytesMut;

use super::outgoing::Large;

/// The buffers of an outgoing queue.
#[derive(Default)]
pub(super) struct OutgoingBuffers {
    pub(super) gathered: Vec<u8>,
    pub(super) large: VecDeque<Large>,
}

#[cfg(feature = "std")]
mod of_thread {
    use core::cell::Cell;
    use std::thread_local;

    use super::{BytesMut, OutgoingBuffers};

    /// The capacity in bytes of the largest buffer that is kept.
    const LARGEST: usize = 64 * 1024;

    /// The largest number of places for payloads that are kept.
    const MOST_PLACES: usize = 64;

    thread_local! {
        static INCOMING: Cell<BytesMut> = Cell::new(BytesMut::new());
        static OUTGOING: Cell<OutgoingBuffers> = Cell::default();
    }

    pub(in crate::websocket) fn take_incoming() -> BytesMut {
        // While the thread ends there is no spare buffer.
        INCOMING.try_with(Cell::take).unwrap_or_default()
    }

    /// Keeps an empty read buffer, unless its memory is large, or the application still holds a
    /// message or other bytes in it.
    pub(in crate::websocket) fn put_incoming(buffer: BytesMut) {
        // A buffer can be a small piece of large memory. After this step its capacity extends to the
        // end of the memory, and nothing shares it.
        let Ok(mut buffer) = buffer.freeze().try_into_mut() else {
            return;
        };
        // A buffer that has moved on in its memory starts again at the front.
        let _ = buffer.try_reclaim(buffer.capacity() + 1);
        if (1..=LARGEST).contains(&buffer.capacity()) {
            let _ = INCOMING.try_with(|spare| spare.set(buffer));
        }
    }

    pub(in crate::websocket) fn take_outgoing() -> OutgoingBuffers {
        OUTGOING.try_with(Cell::take).unwrap_or_default()
    }

    pub(in crate::websocket) fn put_outgoing(buffers: OutgoingBuffers) {
        let OutgoingBuffers { gathered, large } = &buffers;
        if (1..=LARGEST).contains(&gathered.capacity()) && large.capacity() <= MOST_PLACES {
            let _ = OUTGOING.try_with(|spare| spare.set(buffers));
        }
    }
}

#[cfg(feature = "std")]
pub(super) use of_thread::{put_incoming, put_outgoing, take_incoming, take_outgoing};

#[cfg(not(feature = "std"))]
mod none {
    use super::{BytesMut, OutgoingBuffers};

    pub(in crate::websocket) fn take_incoming() -> BytesMut {
        BytesMut::new()
    }

    pub(in crate::websocket) fn put_incoming(_: BytesMut) {}

    pub(in crate::websocket) fn take_outgoing() -> OutgoingBuffers {
        OutgoingBuffers::default()
    }

    pub(in crate::websocket) fn put_outgoing(_: OutgoingBuffers) {}
}

#[cfg(not(feature = "std"))]
pub(super) use none::{put_incoming, put_outgoing, take_incoming, take_outgoing};
