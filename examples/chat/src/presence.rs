//! Who is in a room, on all servers.
//!
//! Each server that has members in a room publishes their list, the roster: when it changes, when
//! another server asks, and every few seconds. If a roster has not been heard for a while, its
//! server is gone, and the people on it have left.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep};

use crate::bus::{Bus, Event, EventId, Kind};
use crate::explain;

/// How often a roster is repeated.
const REPEAT: Duration = Duration::from_secs(10);

/// The server of a roster that was not repeated for so long is gone.
const SILENCE: Duration = Duration::from_secs(35);

/// Changes within this time become one roster.
const PAUSE: Duration = Duration::from_millis(50);

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// The people whom a server has in a room.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Roster {
    /// Different if the server has closed the room and opened it again, so that the last roster of
    /// the old room cannot replace the first one of the new room.
    id: String,
    people: Vec<Person>,
}

/// The people in a room on all servers, as far as this server has heard.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    /// By the id of the roster, with the time at which it was heard. The map is ordered, so that all
    /// members see the same order.
    rosters: BTreeMap<String, (Vec<Person>, Instant)>,
}

/// The difference between two moments.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) joined: Vec<String>,
    pub(crate) left: Vec<String>,
}

impl Presence {
    /// Takes a roster. Returns what has changed, or `None` if nothing has.
    pub(crate) fn hear(&mut self, roster: Roster, now: Instant) -> Option<Change> {
        self.change(|rosters| {
            if roster.people.is_empty() {
                rosters.remove(&roster.id);
            } else {
                rosters.insert(roster.id, (roster.people, now));
            }
        })
    }

    /// Forgets the rosters that were not repeated.
    pub(crate) fn expire(&mut self, now: Instant) -> Option<Change> {
        self.change(|rosters| {
            rosters.retain(|_, (_, heard)| now.saturating_duration_since(*heard) < SILENCE);
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rosters.is_empty()
    }

    pub(crate) fn people(&self) -> impl Iterator<Item = &Person> {
        self.rosters.values().flat_map(|(people, _)| people)
    }

    fn change(
        &mut self,
        act: impl FnOnce(&mut BTreeMap<String, (Vec<Person>, Instant)>),
    ) -> Option<Change> {
        let before: HashMap<_, _> =
            self.people().map(|person| (person.id.clone(), person.name.clone())).collect();
        act(&mut self.rosters);
        let now: HashSet<_> = self.people().map(|person| &*person.id).collect();
        let joined = self.people().filter(|person| !before.contains_key(&person.id));
        let joined: Vec<_> = joined.map(|person| person.name.clone()).collect();
        let left = before.iter().filter(|(id, _)| !now.contains(id.as_str()));
        let left: Vec<_> = left.map(|(_, name)| name.clone()).collect();
        (!joined.is_empty() || !left.is_empty()).then_some(Change { joined, left })
    }
}

/// Publishes the roster of this server until the sender of `people` is dropped. The last roster is
/// empty.
pub(crate) async fn announce(
    bus: Arc<Bus>,
    room: String,
    mut people: watch::Receiver<Vec<Person>>,
    asked: Arc<Notify>,
) {
    let id = EventId::next().to_string();
    let roster = |people| {
        let roster = Roster { id: id.clone(), people };
        Event::new(Kind::Roster, serde_json::to_vec(&roster).unwrap_or_default())
    };
    publish(&bus, &room, Event::new(Kind::Who, "")).await;
    loop {
        let list = people.borrow_and_update().clone();
        publish(&bus, &room, roster(list)).await;
        sleep(PAUSE).await;
        tokio::select! {
            changed = people.changed() => if changed.is_err() {
                return publish(&bus, &room, roster(Vec::new())).await;
            },
            () = asked.notified() => {}
            () = sleep(REPEAT) => {}
        }
    }
}

async fn publish(bus: &Bus, room: &str, event: Event) {
    if let Err(error) = bus.publish(room, event).await {
        // The next list is published in a few seconds.
        eprintln!("cannot tell who is in a room: {}", explain(&*error));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roster(id: &str, names: &[&str]) -> Roster {
        let person = |name: &&str| Person { id: format!("id of {name}"), name: (*name).into() };
        Roster { id: id.into(), people: names.iter().map(person).collect() }
    }

    fn change(joined: &[&str], left: &[&str]) -> Option<Change> {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Some(Change { joined: owned(joined), left: owned(left) })
    }

    #[test]
    fn rosters_of_several_servers_are_joined() {
        let (mut presence, now) = (Presence::default(), Instant::now());
        assert_eq!(presence.hear(roster("1", &["Ada"]), now), change(&["Ada"], &[]));
        assert_eq!(presence.hear(roster("2", &["Bo"]), now), change(&["Bo"], &[]));
        assert_eq!(presence.hear(roster("1", &["Ada"]), now), None);
        assert_eq!(presence.hear(roster("1", &["Cy"]), now), change(&["Cy"], &["Ada"]));
        assert_eq!(presence.hear(roster("2", &[]), now), change(&[], &["Bo"]));
        let names: Vec<_> = presence.people().map(|person| &*person.name).collect();
        assert_eq!(names, ["Cy"]);
    }

    #[test]
    fn the_people_on_a_silent_server_leave() {
        let (mut presence, start) = (Presence::default(), Instant::now());
        presence.hear(roster("1", &["Ada"]), start);
        presence.hear(roster("2", &["Bo"]), start + REPEAT);
        assert_eq!(presence.expire(start + SILENCE - PAUSE), None);
        assert_eq!(presence.expire(start + SILENCE), change(&[], &["Ada"]));
    }
}
