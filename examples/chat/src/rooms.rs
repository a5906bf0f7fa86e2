//! The rooms in which this server has members.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::watch;
use websocket_proto::tokio::DeflateConfig;

use crate::Failure;
use crate::bus::Bus;
use crate::room::{Membership, Room};

/// How many rooms may have members at the same time. A room keeps up to 4 MiB of messages, and may
/// keep each message with and without compression.
const MAX_ROOMS: usize = 256;

pub(crate) struct Rooms {
    bus: Arc<Bus>,
    deflate: DeflateConfig,
    queue: usize,
    /// A room exists as long as it has members.
    open: Mutex<HashMap<String, Weak<Room>>>,
    /// Each room has a receiver until it has told the other servers that its members have left.
    running: watch::Sender<()>,
}

impl Rooms {
    /// `deflate` compresses the messages, and `queue` is the number of messages that may wait for a
    /// member.
    pub(crate) fn new(bus: Arc<Bus>, deflate: DeflateConfig, queue: usize) -> Self {
        let (open, running) = (Mutex::default(), watch::Sender::new(()));
        Self { bus, deflate, queue, open, running }
    }

    /// Adds a member to a room, which is opened if it is not open.
    pub(crate) async fn join(&self, room: &str, name: &str) -> Result<Membership, Failure> {
        let room = self.room(room).ok_or("too many rooms are open")?;
        room.start(self.running.subscribe()).await?;
        Ok(room.join(name, self.queue))
    }

    /// Waits until all rooms are closed.
    pub(crate) async fn closed(&self) {
        self.running.closed().await;
    }

    /// Returns `None` if too many rooms are open.
    fn room(&self, name: &str) -> Option<Arc<Room>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(room) = open.get(name).and_then(Weak::upgrade) {
            return Some(room);
        }
        open.retain(|_, room| room.strong_count() > 0);
        if open.len() >= MAX_ROOMS {
            return None;
        }
        let room = Arc::new(Room::new(name, Arc::clone(&self.bus), self.deflate.clone()));
        open.insert(name.to_owned(), Arc::downgrade(&room));
        Some(room)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn members_cannot_open_rooms_without_end() {
        let rooms = Rooms::new(Arc::new(Bus::memory()), DeflateConfig::new(), 4);
        let mut members = Vec::new();
        let refused = loop {
            match rooms.join(&format!("room {}", members.len()), "Ada").await {
                Ok(member) => members.push(member),
                Err(error) => break error,
            }
            assert!(members.len() <= 1000, "there are {} rooms", members.len());
        };
        assert_eq!(refused.to_string(), "too many rooms are open");
        // More members can join the open rooms. After all members of a room have left, another room
        // can be opened.
        rooms.join("room 0", "Bo").await.unwrap();
        members.pop();
        rooms.join("another room", "Ada").await.unwrap();
    }
}
