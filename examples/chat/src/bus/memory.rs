//! The bus of a single server.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use tokio::sync::mpsc;

use super::{EVENTS, Event, KEPT_STROKES, KEPT_TEXTS, Kind, Subscription};
use crate::Failure;

/// How many rooms are kept. When one more is opened, the rooms without members are forgotten.
const KEPT_ROOMS: usize = 256;

#[derive(Default)]
pub(crate) struct MemoryBus {
    rooms: Mutex<HashMap<String, RoomLog>>,
}

#[derive(Default)]
struct RoomLog {
    texts: VecDeque<Event>,
    strokes: VecDeque<Event>,
    subscribers: Vec<mpsc::Sender<Event>>,
}

impl MemoryBus {
    pub(super) async fn publish(&self, room: &str, event: Event) -> Result<(), Failure> {
        let subscribers = self.with(room, |log| {
            log.keep(&event);
            log.subscribers.clone()
        });
        for subscriber in subscribers {
            // An error means that the subscriber has gone.
            let _ = subscriber.send(event.clone()).await;
        }
        Ok(())
    }

    pub(super) fn subscribe(&self, room: &str) -> Subscription {
        let (sender, events) = mpsc::channel(EVENTS);
        let kept = self.with(room, |log| {
            log.subscribers.push(sender);
            log.texts.iter().chain(&log.strokes).cloned().collect()
        });
        Subscription { kept, events }
    }

    fn with<T>(&self, room: &str, act: impl FnOnce(&mut RoomLog) -> T) -> T {
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        if rooms.len() >= KEPT_ROOMS && !rooms.contains_key(room) {
            rooms.retain(|_, log| log.has_subscribers());
        }
        let log = rooms.entry(room.to_owned()).or_default();
        log.subscribers.retain(|subscriber| !subscriber.is_closed());
        act(log)
    }
}

impl RoomLog {
    fn keep(&mut self, event: &Event) {
        let (list, most) = match event.kind {
            Kind::Text => (&mut self.texts, KEPT_TEXTS),
            Kind::Stroke => (&mut self.strokes, KEPT_STROKES),
            // Later members do not receive the strokes before the Clear.
            Kind::Clear => {
                self.strokes.clear();
                (&mut self.strokes, KEPT_STROKES)
            }
            Kind::Roster | Kind::Who | Kind::Mark => return,
        };
        if list.len() == most {
            list.pop_front();
        }
        list.push_back(event.clone());
    }

    fn has_subscribers(&self) -> bool {
        self.subscribers.iter().any(|subscriber| !subscriber.is_closed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn later_subscribers_get_the_kept_events() {
        let bus = MemoryBus::default();
        for kind in [Kind::Stroke, Kind::Clear, Kind::Stroke, Kind::Text, Kind::Who] {
            bus.publish("lobby", Event::new(kind, "")).await.unwrap();
        }
        let kept = bus.subscribe("lobby").kept;
        let kinds: Vec<_> = kept.iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [Kind::Text, Kind::Clear, Kind::Stroke]);
        assert!(bus.subscribe("elsewhere").kept.is_empty());
    }

    #[tokio::test]
    async fn what_is_kept_is_bounded() {
        let bus = MemoryBus::default();
        for _ in 0..KEPT_TEXTS + 10 {
            bus.publish("lobby", Event::new(Kind::Text, "")).await.unwrap();
        }
        assert_eq!(bus.subscribe("lobby").kept.len(), KEPT_TEXTS);
        for room in 0..KEPT_ROOMS + 10 {
            bus.publish(&room.to_string(), Event::new(Kind::Text, "")).await.unwrap();
        }
        assert!(bus.rooms.lock().unwrap().len() <= KEPT_ROOMS);
    }
}
