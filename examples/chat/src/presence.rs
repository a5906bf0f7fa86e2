//! Who is in a room, on all servers.
//!
//! Each server that has members in a room publishes their list, the roster. It does so when the
//! roster changes, when another server asks, and every few seconds. If a roster has not arrived for
//! some time, its server is gone, and the people on it have left.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep};

use crate::bus::{Bus, Event, EventId, Kind};
use crate::explain;

/// How often a roster is repeated.
const REPEAT: Duration = Duration::from_secs(3);

/// If a roster was not repeated for this time, its server is gone.
const SILENCE: Duration = Duration::from_secs(10);

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
    /// A server chooses a new id each time it opens the room. So the last roster of the old room
    /// cannot replace the first roster of the new room.
    id: String,
    people: Vec<Person>,
    /// Whether somebody has joined or left. Otherwise the roster is only repeated. A server that
    /// receives such a roster for the first time does not report that its people have joined.
    is_news: bool,
}

/// The people in a room on all servers, as far as this server knows.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    /// The rosters by their ids, each with the time at which it arrived. The map is ordered, so
    /// that all members see the same order.
    rosters: BTreeMap<String, (Vec<Person>, Instant)>,
}

/// The difference between two moments.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) joined: Vec<Person>,
    pub(crate) left: Vec<Person>,
}

impl Presence {
    /// Takes a roster. Returns what has changed, or `None` if nothing has.
    pub(crate) fn hear(&mut self, roster: Roster, now: Instant) -> Option<Change> {
        let is_news = roster.is_news;
        let mut change = self.change(|rosters| {
            if roster.people.is_empty() {
                rosters.remove(&roster.id);
            } else {
                rosters.insert(roster.id, (roster.people, now));
            }
        })?;
        if !is_news {
            change.joined.clear();
        }
        Some(change)
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
        let before: HashSet<Person> = self.people().cloned().collect();
        act(&mut self.rosters);
        let now: HashSet<&Person> = self.people().collect();
        let joined = now.iter().filter(|person| !before.contains(**person));
        let joined: Vec<_> = joined.map(|&person| person.clone()).collect();
        let left = before.iter().filter(|person| !now.contains(person));
        let left: Vec<_> = left.cloned().collect();
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
    let roster = |people, is_news| {
        let roster = Roster { id: id.clone(), people, is_news };
        Event::new(Kind::Roster, serde_json::to_vec(&roster).unwrap_or_default())
    };
    publish(&bus, &room, Event::new(Kind::Who, "")).await;
    let mut is_news = true;
    loop {
        let list = people.borrow_and_update().clone();
        publish(&bus, &room, roster(list, is_news)).await;
        sleep(PAUSE).await;
        is_news = tokio::select! {
            biased;
            changed = people.changed() => match changed {
                Ok(()) => true,
                Err(_) => return publish(&bus, &room, roster(Vec::new(), true)).await,
            },
            () = asked.notified() => false,
            () = sleep(REPEAT) => false,
        };
    }
}

async fn publish(bus: &Bus, room: &str, event: Event) {
    if let Err(error) = bus.publish(room, event).await {
        // The next roster is published in a few seconds.
        eprintln!("cannot publish who is in a room: {}", explain(&*error));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(names: &[&str]) -> Vec<Person> {
        let person = |name: &&str| Person { id: format!("id of {name}"), name: (*name).into() };
        names.iter().map(person).collect()
    }

    fn roster(id: &str, names: &[&str]) -> Roster {
        Roster { id: id.into(), people: people(names), is_news: true }
    }

    fn change(joined: &[&str], left: &[&str]) -> Option<Change> {
        Some(Change { joined: people(joined), left: people(left) })
    }

    #[test]
    fn rosters_of_several_servers_are_joined() {
        let (mut presence, now) = (Presence::default(), Instant::now());
        assert_eq!(presence.hear(roster("1", &["Ada"]), now), change(&["Ada"], &[]));
        assert_eq!(presence.hear(roster("2", &["Bo"]), now), change(&["Bo"], &[]));
        assert_eq!(presence.hear(roster("1", &["Ada"]), now), None);
        assert_eq!(presence.hear(roster("1", &["Cy"]), now), change(&["Cy"], &["Ada"]));
        assert_eq!(presence.hear(roster("2", &[]), now), change(&[], &["Bo"]));
        assert_eq!(presence.people().cloned().collect::<Vec<_>>(), people(&["Cy"]));
    }

    #[test]
    fn those_on_a_repeated_roster_have_not_joined_just_now() {
        let mut presence = Presence::default();
        let repeated = Roster { is_news: false, ..roster("1", &["Ada"]) };
        assert_eq!(presence.hear(repeated, Instant::now()), change(&[], &[]));
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
