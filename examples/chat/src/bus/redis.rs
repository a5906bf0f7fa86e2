//! The bus on the publish/subscribe of a Redis server, for any number of chat servers.
//!
//! Publish/subscribe keeps nothing, so the last events of each room are also in two Redis lists. A
//! server first subscribes, so that it misses no event. Then it reads the lists and publishes a
//! mark, both in one transaction. Of the events that arrive before the mark, it drops those that
//! belong in the lists: it has read them there, or they were erased before it read.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use redis::aio::{ConnectionManager, PubSub};
use redis::{Client, Pipeline};
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::{EVENTS, Event, EventId, KEPT_STROKES, KEPT_TEXTS, Kind, Subscription, within};
use crate::{Failure, explain};

/// How long Redis keeps the lists of a room after the last event in them.
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// The pause before another attempt to reach the Redis server.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// A subscription that was silent for this time has failed, even if TCP reports no error. The
/// rosters of this server alone arrive more often.
const SILENCE: Duration = Duration::from_secs(15);

#[derive(Clone)]
pub(crate) struct RedisBus {
    client: Client,
    /// The connection for everything except subscriptions. It reconnects by itself.
    connection: ConnectionManager,
}

/// A subscription to a room, and the mark that it has published.
struct Listening {
    connection: PubSub,
    mark: EventId,
}

impl RedisBus {
    pub(super) async fn new(url: &str) -> Result<Self, Failure> {
        let client = Client::open(url).map_err(|error| format!("--bus: {error}"))?;
        let address = client.get_connection_info().addr().to_string();
        // The connection manager below repeats a failed attempt for a long time. At the start an
        // attempt should fail at once, with the reason.
        client
            .get_multiplexed_async_connection()
            .await
            .map_err(|error| format!("cannot connect to the Redis server at {address}: {error}"))?;
        let connection = client.get_connection_manager().await?;
        Ok(Self { client, connection })
    }

    pub(super) fn connection(&self) -> ConnectionManager {
        self.connection.clone()
    }

    pub(super) async fn publish(&self, room: &str, event: &Event) -> Result<(), Failure> {
        let bytes = event.to_bytes();
        let mut pipeline = redis::pipe();
        // One transaction, so that nobody receives an event that is missing from the lists.
        pipeline.atomic();
        match event.kind {
            Kind::Text => keep(&mut pipeline, &texts(room), KEPT_TEXTS, &bytes),
            Kind::Stroke => keep(&mut pipeline, &strokes(room), KEPT_STROKES, &bytes),
            // The Clear is kept, because a server that lost its connection must still receive it.
            Kind::Clear => {
                pipeline.del(strokes(room)).ignore();
                keep(&mut pipeline, &strokes(room), KEPT_STROKES, &bytes);
            }
            Kind::Roster | Kind::Who | Kind::Mark => {}
        }
        pipeline.publish(channel(room), &bytes[..]).ignore();
        Ok(pipeline.exec_async(&mut self.connection()).await?)
    }

    /// Subscribes to a room over a connection of its own. If the room is slow, or the connection
    /// ends, the other rooms are not affected.
    pub(super) async fn subscribe(&self, room: &str) -> Result<Subscription, Failure> {
        let (listening, kept) = self.listen(room).await?;
        let (sender, events) = mpsc::channel(EVENTS);
        tokio::spawn(self.clone().pass_on(room.to_owned(), listening, sender));
        Ok(Subscription { kept, events })
    }

    async fn listen(&self, room: &str) -> Result<(Listening, Vec<Event>), Failure> {
        let mut connection = self.client.get_async_pubsub().await?;
        connection.subscribe(channel(room)).await?;
        let mark = Event::new(Kind::Mark, "");
        let mut pipeline = redis::pipe();
        pipeline.atomic().lrange(texts(room), 0, -1).lrange(strokes(room), 0, -1);
        pipeline.publish(channel(room), &mark.to_bytes()[..]).ignore();
        let lists: [Vec<Bytes>; 2] = pipeline.query_async(&mut self.connection()).await?;
        let kept = lists.iter().flatten().filter_map(|bytes| Event::from_bytes(bytes)).collect();
        Ok((Listening { connection, mark: mark.id }, kept))
    }

    /// Passes the events on until the subscriber has gone. If the connection ends, it connects
    /// again, and passes the kept events on.
    async fn pass_on(self, room: String, mut listening: Listening, events: mpsc::Sender<Event>) {
        loop {
            let mut messages = listening.connection.into_on_message();
            let mut is_after_mark = false;
            loop {
                let message = tokio::select! {
                    message = messages.next() => message,
                    () = sleep(SILENCE) => None,
                    () = events.closed() => return,
                };
                let Some(message) = message else {
                    break;
                };
                let Some(event) = Event::from_bytes(message.get_payload_bytes()) else {
                    continue;
                };
                is_after_mark |= event.id == listening.mark;
                let is_wanted = match event.kind {
                    Kind::Text | Kind::Stroke | Kind::Clear => is_after_mark,
                    Kind::Roster | Kind::Who => true,
                    Kind::Mark => false,
                };
                if is_wanted && events.send(event).await.is_err() {
                    return;
                }
            }
            let Some((again, kept)) = self.listen_again(&room, &events).await else {
                return;
            };
            listening = again;
            for event in kept {
                if events.send(event).await.is_err() {
                    return;
                }
            }
        }
    }

    /// Tries to subscribe until it succeeds, with a pause before each attempt. Returns `None` if the
    /// subscriber has gone.
    async fn listen_again(
        &self,
        room: &str,
        events: &mpsc::Sender<Event>,
    ) -> Option<(Listening, Vec<Event>)> {
        loop {
            tokio::select! {
                () = sleep(RETRY_PAUSE) => {}
                () = events.closed() => return None,
            }
            match within(self.listen(room)).await {
                Ok(listening) => return Some(listening),
                Err(error) => eprintln!("cannot subscribe to a room: {}", explain(&*error)),
            }
        }
    }
}

fn keep(pipeline: &mut Pipeline, list: &str, most: usize, bytes: &[u8]) {
    let oldest = -isize::try_from(most).unwrap_or(isize::MAX);
    pipeline.rpush(list, bytes).ignore();
    pipeline.ltrim(list, oldest, -1).ignore();
    pipeline.expire(list, LIFETIME.as_secs().cast_signed()).ignore();
}

fn channel(room: &str) -> String {
    format!("chat:room:{room}")
}

fn texts(room: &str) -> String {
    format!("chat:texts:{room}")
}

fn strokes(room: &str) -> String {
    format!("chat:strokes:{room}")
}
