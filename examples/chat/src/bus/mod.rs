//! The bus: it passes the events of a room to every server that has members in the room, and keeps
//! the last of them for those who come later.

mod event;
mod memory;
mod redis;

use std::time::Duration;

use ::redis::aio::ConnectionManager;
use tokio::sync::mpsc;
use tokio::time::timeout;

pub(crate) use event::{Event, EventId, Kind};

use self::memory::MemoryBus;
use self::redis::RedisBus;
use crate::Failure;

/// How many texts and how many pieces of strokes are kept for each room.
pub(crate) const KEPT_TEXTS: usize = 200;
pub(crate) const KEPT_STROKES: usize = 4000;

/// How many events may wait for a room. If more come, the memory bus makes those who publish wait,
/// and the Redis bus stops reading from Redis.
const EVENTS: usize = 1024;

/// How long the bus may take for one call.
const TIMEOUT: Duration = Duration::from_secs(3);

pub(crate) enum Bus {
    Memory(MemoryBus),
    Redis(RedisBus),
}

/// The events of one room. Dropping it ends the subscription.
pub(crate) struct Subscription {
    /// The kept events, oldest first.
    pub(crate) kept: Vec<Event>,
    /// The events since then. After the loss of a connection, an event can occur again, with the
    /// same id.
    pub(crate) events: mpsc::Receiver<Event>,
}

impl Bus {
    /// Creates a bus for one server, in memory.
    pub(crate) fn memory() -> Self {
        Self::Memory(MemoryBus::default())
    }

    /// Creates a bus on the publish/subscribe of a Redis server, and connects to it.
    pub(crate) async fn redis(url: &str) -> Result<Self, Failure> {
        Ok(Self::Redis(within(RedisBus::new(url)).await?))
    }

    /// Returns the connection to the Redis server, if there is one.
    pub(crate) fn redis_connection(&self) -> Option<ConnectionManager> {
        match self {
            Self::Memory(_) => None,
            Self::Redis(bus) => Some(bus.connection()),
        }
    }

    /// Passes an event to all subscribers of the room, including this server.
    ///
    /// If the future is dropped, the event may have been passed on.
    pub(crate) async fn publish(&self, room: &str, event: Event) -> Result<(), Failure> {
        match self {
            Self::Memory(bus) => within(bus.publish(room, event)).await,
            Self::Redis(bus) => within(bus.publish(room, &event)).await,
        }
    }

    /// Subscribes to a room.
    pub(crate) async fn subscribe(&self, room: &str) -> Result<Subscription, Failure> {
        match self {
            Self::Memory(bus) => Ok(bus.subscribe(room)),
            Self::Redis(bus) => within(bus.subscribe(room)).await,
        }
    }
}

async fn within<T>(call: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    match timeout(TIMEOUT, call).await {
        Ok(result) => result,
        Err(_) => Err(format!("the bus did not answer within {TIMEOUT:?}").into()),
    }
}
