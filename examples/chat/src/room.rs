//! A room passes the events of the bus on to its members on this server.
//!
//! Each message is compressed once, however many members receive it. Each member has a queue of
//! limited length. Nobody waits for a member whose queue is full: the room drops the member.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, OnceCell, mpsc, oneshot, watch};
use tokio::time::{Instant, interval};
use websocket_proto::Utf8Bytes;
use websocket_proto::tokio::{DeflateConfig, Prepared};

use crate::Failure;
use crate::bus::{Bus, Event, EventId, KEPT_STROKES, KEPT_TEXTS, Kind, Subscription};
use crate::presence::{self, Change, Person, Presence};
use crate::protocol::{ToMember, check_stroke};

/// How often a room looks for servers that are gone.
const EXPIRY_PERIOD: Duration = Duration::from_secs(1);

pub(crate) struct Room {
    name: String,
    bus: Arc<Bus>,
    deflate: DeflateConfig,
    started: OnceCell<oneshot::Sender<()>>,
    state: Mutex<State>,
    /// The members on this server, for the roster.
    people: watch::Sender<Vec<Person>>,
    /// Tells that another server asks for the roster.
    asked: Arc<Notify>,
}

#[derive(Default)]
struct State {
    members: HashMap<String, Member>,
    texts: VecDeque<(EventId, Arc<Prepared>)>,
    strokes: VecDeque<(EventId, Arc<Prepared>)>,
    /// The ids in `texts` and `strokes`. The bus can bring a kept event twice.
    kept: HashSet<EventId>,
    presence: Presence,
}

struct Member {
    person: Person,
    queue: mpsc::Sender<Outgoing>,
    dropped: Arc<Notify>,
}

/// An entry in the queue of a member.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// A message for everybody in the room.
    Shared(Arc<Prepared>),
    /// A message for this member.
    Own(String),
}

/// A member of a room. The member leaves when the seat is dropped.
pub(crate) struct Membership {
    pub(crate) person: Person,
    /// The kept messages from before the member joined.
    pub(crate) kept: Vec<Arc<Prepared>>,
    pub(crate) queue: mpsc::Receiver<Outgoing>,
    /// Tells that the member was dropped because its queue was full.
    pub(crate) dropped: Arc<Notify>,
    pub(crate) seat: Seat,
}

/// The place of a member in its room.
pub(crate) struct Seat {
    person: Person,
    queue: mpsc::Sender<Outgoing>,
    room: Arc<Room>,
}

impl Room {
    pub(crate) fn new(name: &str, bus: Arc<Bus>, deflate: DeflateConfig) -> Self {
        Self {
            name: name.to_owned(),
            bus,
            deflate,
            started: OnceCell::new(),
            state: Mutex::default(),
            people: watch::Sender::new(Vec::new()),
            asked: Arc::new(Notify::new()),
        }
    }

    /// Subscribes to the bus, unless that was done before. `running` is dropped when the room has
    /// ended.
    pub(crate) async fn start(
        self: &Arc<Self>,
        running: watch::Receiver<()>,
    ) -> Result<(), Failure> {
        let start = async {
            let Subscription { kept, events } = self.bus.subscribe(&self.name).await?;
            for event in kept {
                self.receive(event);
            }
            let (alive, ended) = oneshot::channel();
            tokio::spawn(pass_on(Arc::downgrade(self), events, ended));
            let announcing = presence::announce(
                Arc::clone(&self.bus),
                self.name.clone(),
                self.people.subscribe(),
                Arc::clone(&self.asked),
            );
            tokio::spawn(async move {
                announcing.await;
                drop(running);
            });
            Ok::<_, Failure>(alive)
        };
        self.started.get_or_try_init(|| start).await.map(drop)
    }

    /// Adds a member.
    pub(crate) fn join(self: Arc<Self>, name: &str, queue: usize) -> Membership {
        let person = Person { id: EventId::next().to_string(), name: name.trim().to_owned() };
        let (sender, receiver) = mpsc::channel(queue);
        let dropped = Arc::new(Notify::new());
        let member =
            Member { person: person.clone(), queue: sender.clone(), dropped: Arc::clone(&dropped) };
        let mut state = self.lock();
        // One lock covers both steps, so each message is either in `kept` or in the queue.
        let kept = state.kept_messages();
        state.members.insert(person.id.clone(), member);
        if let Some(list) = state.people_message(&Change::default()) {
            let _ = sender.try_send(Outgoing::Shared(self.prepare_text(list)));
        }
        self.people.send_replace(state.people());
        drop(state);
        let seat = Seat { person: person.clone(), queue: sender, room: self };
        Membership { person, kept, queue: receiver, dropped, seat }
    }

    fn leave(&self, id: &str) {
        let mut state = self.lock();
        if state.members.remove(id).is_some() {
            self.people.send_replace(state.people());
        }
    }

    /// Takes an event from the bus. Any program with access to the Redis server can publish there.
    /// So malformed strokes and rosters are dropped, and texts that are not UTF-8.
    fn receive(&self, event: Event) {
        match event.kind {
            Kind::Text | Kind::Clear => {
                if let Ok(text) = Utf8Bytes::try_from(event.payload) {
                    self.pass_kept(event.kind, event.id, self.prepare_text(text));
                }
            }
            Kind::Stroke => {
                if check_stroke(&event.payload).is_ok() {
                    self.pass_kept(event.kind, event.id, self.prepare_stroke(event.payload));
                }
            }
            Kind::Roster => {
                if let Ok(roster) = serde_json::from_slice(&event.payload) {
                    self.change_presence(|presence| presence.hear(roster, Instant::now()));
                }
            }
            Kind::Who => self.asked.notify_one(),
            Kind::Mark => {}
        }
    }

    fn pass_kept(&self, kind: Kind, id: EventId, message: Arc<Prepared>) {
        let mut state = self.lock();
        if state.keep(kind, id, &message) {
            self.pass(&mut state, &message);
        }
    }

    fn change_presence(&self, change: impl FnOnce(&mut Presence) -> Option<Change>) {
        let mut state = self.lock();
        let Some(change) = change(&mut state.presence) else {
            return;
        };
        if let Some(list) = state.people_message(&change) {
            let message = self.prepare_text(list);
            self.pass(&mut state, &message);
        }
    }

    /// Puts a message into the queue of each member, and drops the members whose queue is full.
    fn pass(&self, state: &mut State, message: &Arc<Prepared>) {
        let before = state.members.len();
        state.members.retain(|_, member| {
            match member.queue.try_send(Outgoing::Shared(Arc::clone(message))) {
                Ok(()) => true,
                // The connection has ended, and its seat is about to be dropped.
                Err(TrySendError::Closed(_)) => true,
                Err(TrySendError::Full(_)) => {
                    member.dropped.notify_one();
                    false
                }
            }
        });
        if state.members.len() != before {
            self.people.send_replace(state.people());
        }
    }

    /// Compresses the message, once for all members.
    fn prepare_text(&self, text: impl Into<Utf8Bytes>) -> Arc<Prepared> {
        Arc::new(Prepared::text(text).compressed(&self.deflate))
    }

    fn prepare_stroke(&self, bytes: Bytes) -> Arc<Prepared> {
        Arc::new(Prepared::binary(bytes).compressed(&self.deflate))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Keeps a message for those who come later. Returns `false` if it is kept already.
    fn keep(&mut self, kind: Kind, id: EventId, message: &Arc<Prepared>) -> bool {
        if !self.kept.insert(id) {
            return false;
        }
        if kind == Kind::Clear {
            for (id, _) in self.strokes.drain(..) {
                self.kept.remove(&id);
            }
        }
        let (list, most) = match kind {
            Kind::Text => (&mut self.texts, KEPT_TEXTS),
            _ => (&mut self.strokes, KEPT_STROKES),
        };
        if list.len() == most
            && let Some((oldest, _)) = list.pop_front()
        {
            self.kept.remove(&oldest);
        }
        list.push_back((id, Arc::clone(message)));
        true
    }

    fn kept_messages(&self) -> Vec<Arc<Prepared>> {
        self.texts.iter().chain(&self.strokes).map(|(_, message)| Arc::clone(message)).collect()
    }

    fn people(&self) -> Vec<Person> {
        let mut people: Vec<_> =
            self.members.values().map(|member| member.person.clone()).collect();
        people.sort_by(|one, other| one.id.cmp(&other.id));
        people
    }

    /// Returns the message that lists everybody, or `None` if there is no roster yet.
    fn people_message(&self, change: &Change) -> Option<String> {
        let people: Vec<_> = self.presence.people().collect();
        let list = ToMember::People { people, joined: &change.joined, left: &change.left };
        (!self.presence.is_empty()).then(|| list.to_json())
    }
}

/// Passes the events of the bus on until the room is dropped.
async fn pass_on(
    room: Weak<Room>,
    mut events: mpsc::Receiver<Event>,
    mut ended: oneshot::Receiver<()>,
) {
    let mut expiry = interval(EXPIRY_PERIOD);
    loop {
        let event = tokio::select! {
            event = events.recv() => match event {
                Some(event) => Some(event),
                // The bus has ended, because the process ends.
                None => return,
            },
            _ = expiry.tick() => None,
            _ = &mut ended => return,
        };
        let Some(room) = room.upgrade() else {
            return;
        };
        match event {
            Some(event) => room.receive(event),
            None => room.change_presence(|presence| presence.expire(Instant::now())),
        }
    }
}

impl Seat {
    /// Sends a text to everybody in the room.
    ///
    /// If the future is dropped, the text may have been sent.
    pub(crate) async fn say(&self, text: &str) -> Result<(), Failure> {
        let said = ToMember::Said { from: &self.person, text, at: now() };
        self.publish(Event::new(Kind::Text, said.to_json())).await
    }

    /// Sends a piece of a stroke to everybody in the room.
    pub(crate) async fn draw(&self, stroke: Bytes) -> Result<(), Failure> {
        self.publish(Event::new(Kind::Stroke, stroke)).await
    }

    /// Empties the board.
    pub(crate) async fn clear(&self) -> Result<(), Failure> {
        let cleared = ToMember::Cleared { by: &self.person.name };
        self.publish(Event::new(Kind::Clear, cleared.to_json())).await
    }

    /// Sends a message to this member only, unless its queue is full.
    pub(crate) fn tell(&self, message: &ToMember<'_>) {
        let _ = self.queue.try_send(Outgoing::Own(message.to_json()));
    }

    async fn publish(&self, event: Event) -> Result<(), Failure> {
        self.room.bus.publish(&self.room.name, event).await
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.room.leave(&self.person.id);
    }
}

/// Returns the present time in milliseconds since 1970. The page shows it.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STROKE: &[u8] = &[0, 1, 0, 0, 0, 0];

    async fn room(queue: usize, names: &[&str]) -> (Arc<Room>, Vec<Membership>) {
        let room = Arc::new(Room::new("lobby", Arc::new(Bus::memory()), DeflateConfig::new()));
        room.start(watch::Sender::new(()).subscribe()).await.unwrap();
        let members = names.iter().map(|name| Arc::clone(&room).join(name, queue)).collect();
        (room, members)
    }

    fn shared(membership: &mut Membership) -> Arc<Prepared> {
        match membership.queue.try_recv() {
            Ok(Outgoing::Shared(message)) => message,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_message_is_compressed_once_for_all_members() {
        let (room, mut members) = room(4, &["Ada", "Bo", "Cy"]).await;
        let text = "to all of you, ".repeat(100);
        room.receive(Event::new(Kind::Text, text));
        let messages: Vec<_> = members.iter_mut().map(shared).collect();
        assert!(format!("{:?}", messages[0]).contains("is_compressed: true"));
        assert!(messages.iter().all(|message| Arc::ptr_eq(message, &messages[0])));
        // Those who come later get the same compressed message.
        let later = Arc::clone(&room).join("Di", 4);
        assert!(Arc::ptr_eq(&later.kept[0], &messages[0]));
    }

    #[tokio::test]
    async fn a_member_with_a_full_queue_is_dropped_and_the_others_stay() {
        let (room, mut members) = room(2, &["Ada", "Bo"]).await;
        for _ in 0..3 {
            room.receive(Event::new(Kind::Stroke, STROKE));
            shared(&mut members[0]);
        }
        members[1].dropped.notified().await;
        let names: Vec<_> = room.lock().people().into_iter().map(|person| person.name).collect();
        assert_eq!(names, ["Ada"]);
    }

    /// The page cannot draw a stroke without points. It would stop at this stroke each time it
    /// draws the board again.
    #[tokio::test]
    async fn a_malformed_stroke_from_the_bus_is_not_passed_on() {
        let (room, mut members) = room(4, &["Ada"]).await;
        for wrong in [&b""[..], &[0], &[0, 1, 2], &[9, 1, 0, 0, 0, 0]] {
            room.receive(Event::new(Kind::Stroke, wrong));
        }
        assert!(members[0].queue.try_recv().is_err());
        assert!(Arc::clone(&room).join("Bo", 4).kept.is_empty());
        room.receive(Event::new(Kind::Stroke, STROKE));
        shared(&mut members[0]);
    }

    #[tokio::test]
    async fn an_event_that_the_bus_brings_twice_is_passed_on_once() {
        let (room, mut members) = room(4, &["Ada"]).await;
        let event = Event::new(Kind::Text, "once");
        room.receive(event.clone());
        room.receive(event);
        shared(&mut members[0]);
        assert!(members[0].queue.try_recv().is_err());
    }
}
