//! The events on the bus.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{BufMut as _, Bytes, BytesMut};

/// An event of a room.
///
/// Its encoding is one byte for the kind, 8 bytes for the number of the server, 8 bytes
/// for the number of the event on that server, and the payload. Both numbers are big-endian.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) kind: Kind,
    pub(crate) id: EventId,
    pub(crate) payload: Bytes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A text message for the members, as JSON.
    Text = 1,
    /// A piece of a stroke on the board, for the members.
    Stroke = 2,
    /// A text message for the members, which says that the board is empty now.
    Clear = 3,
    /// The members that a server has in the room, as JSON. For the servers.
    Roster = 4,
    /// A server has opened the room, and asks the other servers for their rosters.
    Who = 5,
    /// Marks the place in the order of all events at which a server has read the kept events. Only
    /// that server needs it.
    Mark = 6,
}

/// Identifies an event among the events of all servers. Each server chooses a random number when it
/// starts, and counts its ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct EventId {
    server: u64,
    number: u64,
}

const HEADER_LEN: usize = 17;

impl Event {
    /// Creates an event of this server.
    pub(crate) fn new(kind: Kind, payload: impl Into<Bytes>) -> Self {
        Self { kind, id: EventId::next(), payload: payload.into() }
    }

    pub(crate) fn to_bytes(&self) -> Bytes {
        let mut bytes = BytesMut::with_capacity(HEADER_LEN + self.payload.len());
        bytes.put_u8(self.kind as u8);
        bytes.put_u64(self.id.server);
        bytes.put_u64(self.id.number);
        bytes.put_slice(&self.payload);
        bytes.freeze()
    }

    /// Returns `None` if the bytes are not a known event, for example one of a newer version.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (header, payload) = bytes.split_at_checked(HEADER_LEN)?;
        let (server, number) = header.get(1..)?.split_at_checked(8)?;
        let kind = match header.first()? {
            1 => Kind::Text,
            2 => Kind::Stroke,
            3 => Kind::Clear,
            4 => Kind::Roster,
            5 => Kind::Who,
            6 => Kind::Mark,
            _ => return None,
        };
        let id = EventId {
            server: u64::from_be_bytes(server.try_into().ok()?),
            number: u64::from_be_bytes(number.try_into().ok()?),
        };
        Some(Self { kind, id, payload: Bytes::copy_from_slice(payload) })
    }
}

impl EventId {
    /// Returns the next id of this server.
    pub(crate) fn next() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        Self { server: own_server(), number: NUMBER.fetch_add(1, Ordering::Relaxed) }
    }
}

/// Writes the id as text. Two different ids have different texts.
impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{}", self.server, self.number)
    }
}

fn own_server() -> u64 {
    static OWN: OnceLock<u64> = OnceLock::new();
    *OWN.get_or_init(|| {
        let mut bytes = [0; 8];
        // The server has already made its invite from random bytes, so they are available.
        getrandom::fill(&mut bytes).expect("the operating system has random bytes");
        u64::from_be_bytes(bytes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_survives_the_wire() {
        for kind in [Kind::Text, Kind::Stroke, Kind::Clear, Kind::Roster, Kind::Who, Kind::Mark] {
            let event = Event::new(kind, "payload");
            assert_eq!(Event::from_bytes(&event.to_bytes()), Some(event));
        }
    }

    #[test]
    fn other_bytes_are_no_event() {
        let bytes = Event::new(Kind::Who, "").to_bytes();
        assert!(Event::from_bytes(&bytes[..16]).is_none());
        let mut newer = bytes.to_vec();
        newer[0] = 99;
        assert!(Event::from_bytes(&newer).is_none());
    }

    #[test]
    fn no_two_events_have_the_same_id() {
        assert_ne!(EventId::next(), EventId::next());
    }
}
