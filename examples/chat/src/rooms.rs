//! The rooms in which this server has members.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::watch;
use websocket_proto::tokio::DeflateConfig;

use crate::Failure;
use crate::bus::Bus;
use crate::room::{Membership, Room};

pub(crate) struct Rooms {
    bus: Arc<Bus>,
    deflate: DeflateConfig,
    queue: usize,
    /// A room lives as long as it has members.
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
        let room = self.room(room);
        room.start(self.running.subscribe()).await?;
        Ok(room.join(name, self.queue))
    }

    /// Waits until all rooms are closed.
    pub(crate) async fn closed(&self) {
        self.running.closed().await;
    }

    fn room(&self, name: &str) -> Arc<Room> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(room) = open.get(name).and_then(Weak::upgrade) {
            return room;
        }
        open.retain(|_, room| room.strong_count() > 0);
        let room = Arc::new(Room::new(name, Arc::clone(&self.bus), self.deflate.clone()));
        open.insert(name.to_owned(), Arc::downgrade(&room));
        room
    }
}
