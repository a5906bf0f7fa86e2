//! Two asynchronous WebSockets over scripted transports: what is accepted arrives, in order and
//! once, an error comes once, every task that can go on is woken, and every wait of the closing
//! handshake ends.
//!
//! Each endpoint is used by one task, by two tasks with a half each, or by two tasks that share it
//! as a `Stream` and a `Sink`. Every future may be dropped at any await.
#![no_main]

#[path = "common/conditions.rs"]
mod conditions;
#[path = "common/scripted.rs"]
mod scripted;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use arbitrary::Arbitrary;
use bytes::{Bytes, BytesMut};
use conditions::{Conditions, opened};
use futures_core::{FusedStream as _, Stream as _};
use futures_sink::Sink as _;
use libfuzzer_sys::fuzz_target;
use scripted::{End, Scripted, Stream, World};
use websocket_proto::asynchronous::{ReadHalf, WebSocketStream, WriteHalf};
use websocket_proto::connection::{Client, Role, Server};
use websocket_proto::deflate::Compression;
use websocket_proto::frame::Kind;
use websocket_proto::io::Error;
use websocket_proto::websocket::{MessageRef, Part, Prepared};
use websocket_proto::{CloseCode, Message, ProtocolError};

#[derive(Arbitrary, Debug)]
struct Case<'a> {
    sides: [Plan<'a>; 2],
    capacity: u8,
    schedule: &'a [u8],
}

/// What the tasks of one endpoint do, and what its transport does.
#[derive(Arbitrary, Debug)]
struct Plan<'a> {
    conditions: Conditions,
    mode: Mode,
    /// Of one task, or of the one that receives.
    reads: Vec<(Op, Patience)>,
    /// Of the task that sends.
    writes: Vec<(Op, Patience)>,
    read_script: &'a [u8],
    write_script: &'a [u8],
    is_dead: bool,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Mode {
    Whole,
    Halves,
    Shared,
}

/// After how many polls a future is dropped that is still pending.
type Patience = Option<u8>;

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Op {
    Next,
    NextRef,
    NextPart,
    Feed(Size),
    Send(Size),
    TrySend(Size),
    FeedPrepared(Size),
    SendPrepared {
        size: Size,
        compressed: bool,
    },
    /// A message in two fragments.
    Fragments(Size),
    Ping,
    Pong,
    Ready,
    Flush,
    Close {
        code: u16,
    },
    Finish,
    SetCompression(u8),
    ReleaseMemory,
    /// Waits for the next message and for the flush at the same time.
    Both,
    /// Splits, and joins again.
    SplitAndReunite {
        send: Size,
    },
}

#[derive(Arbitrary, Clone, Copy, Debug)]
struct Size {
    text: bool,
    len: u8,
    times: u8,
}

fuzz_target!(|case: Case<'_>| {
    let [client, server] = &case.sides;
    let (client_opened, server_opened) = opened(&client.conditions, &server.conditions);
    let ends =
        [client, server].map(|plan| End::new(plan.read_script, plan.write_script, plan.is_dead));
    let capacity = usize::from(case.capacity).pow(2) + 1;
    let world = World { now: Duration::ZERO, ends, capacity, moved: 0, calls: 0 };
    let world = Rc::new(RefCell::new(world));
    let talks = [Rc::new(Talk::default()), Rc::new(Talk::default())];

    let mut executor =
        Executor { tasks: Vec::new(), world: Rc::clone(&world), talks: talks.clone() };
    let stream = |side| Stream { world: Rc::clone(&world), side };
    let socket = WebSocketStream::<Scripted, _>::from_parts(
        stream(0),
        Client::new([7; 32]),
        client.conditions.config_that_ends(),
        client_opened,
        BytesMut::new(),
    );
    executor.spawn(socket, client, &talks[0], &talks[1]);
    let socket = WebSocketStream::<Scripted, _>::from_parts(
        stream(1),
        Server,
        server.conditions.config_that_ends(),
        server_opened,
        BytesMut::new(),
    );
    executor.spawn(socket, server, &talks[1], &talks[0]);
    executor.run(case.schedule);

    let world = world.borrow();
    let is_whole = talks.iter().all(|talk| !talk.failed.get() && !talk.finished_early.get())
        && world.ends.iter().all(|end| !end.failed && !end.is_dead);
    if is_whole {
        for talk in &talks {
            assert!(!talk.said.borrow().contains(&Said::Queued), "a message was lost");
        }
    }
});

/// What one endpoint has said, and how it is heard.
#[derive(Default)]
struct Talk {
    /// What has become of each message.
    said: RefCell<Vec<Said>>,
    /// How many of them have been heard or skipped.
    heard: Cell<usize>,
    /// Whether a message of which parts were returned may be dropped.
    may_skip: Cell<bool>,
    /// Whether the own endpoint has got an error, or may have ended before it had heard everything.
    failed: Cell<bool>,
    finished_early: Cell<bool>,
    /// Whether what is in progress is unknown, because a future was dropped.
    is_vague: Cell<bool>,
    errors: Cell<usize>,
    is_over: Cell<bool>,
    /// Whether the tasks stop what they do, and close.
    stop: Cell<bool>,
    /// How many calls have been completed.
    done: Cell<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    /// It was accepted, and must be heard.
    Queued,
    /// The future was dropped, so it may be heard or not.
    Perhaps,
    Refused,
    Heard,
}

impl Talk {
    fn message(&self, size: Size, longest: usize) -> (usize, Kind, Bytes) {
        let mut said = self.said.borrow_mut();
        let number = said.len();
        said.push(Said::Perhaps);
        let kind = if size.text { Kind::Text } else { Kind::Binary };
        (number, kind, payload(number, size, longest))
    }

    fn is_said(&self, number: usize, how: Said) {
        self.said.borrow_mut()[number] = how;
    }

    /// Hears a message of this endpoint.
    fn hear(&self, payload: &[u8]) {
        let number = number_of(payload);
        let mut said = self.said.borrow_mut();
        let from = self.heard.replace(number + 1);
        assert!(from <= number, "message {number} comes twice or late");
        let skipped = said[from..number].iter().filter(|said| **said == Said::Queued).count();
        assert!(skipped <= usize::from(self.may_skip.replace(false)), "a message was lost");
        said[from..number].fill(Said::Heard);
        assert!(matches!(said[number], Said::Queued | Said::Perhaps), "{:?}", said[number]);
        said[number] = Said::Heard;
        let rest = &payload[HEAD..];
        assert!(rest.iter().all(|byte| *byte == filler(number)), "another message than was sent");
    }

    fn hear_close(&self) {
        let said = self.said.borrow();
        let rest = &said[self.heard.get()..];
        let lost = rest.iter().filter(|said| **said == Said::Queued).count();
        assert!(lost <= usize::from(self.may_skip.get()), "{lost} messages were lost");
        drop(said);
        self.said.borrow_mut().fill(Said::Heard);
        self.heard.set(usize::MAX);
    }
}

/// The number of a message at its front, in hexadecimal digits.
const HEAD: usize = 4;

fn payload(number: usize, size: Size, longest: usize) -> Bytes {
    let len = (usize::from(size.len) * usize::from(size.times).max(1)).min(longest);
    let mut bytes = format!("{number:04x}").into_bytes();
    bytes.resize(HEAD + len, filler(number));
    bytes.into()
}

fn number_of(payload: &[u8]) -> usize {
    let head = str::from_utf8(&payload[..HEAD]).expect("a number");
    usize::from_str_radix(head, 16).expect("a number")
}

fn filler(number: usize) -> u8 {
    b'a' + (number % 26) as u8
}

fn message(kind: Kind, payload: Bytes) -> Message {
    match kind {
        Kind::Text => Message::text(String::from_utf8(payload.into()).expect("text")),
        Kind::Binary => Message::Binary(payload),
    }
}

/// One endpoint: what it says, and what it hears.
#[derive(Clone)]
struct Ear {
    own: Rc<Talk>,
    peer: Rc<Talk>,
    parts: Vec<u8>,
}

impl Ear {
    fn received(&mut self, received: Option<Result<Message, Error>>) {
        match received {
            Some(Ok(message)) => {
                assert!(!self.own.is_over.get(), "a message after the end");
                self.message(&message);
            }
            Some(Err(error)) => self.error_of_next(&error),
            None => self.own.is_over.set(true),
        }
    }

    fn message(&mut self, message: &Message) {
        match message {
            Message::Text(text) => self.whole(text.as_bytes()),
            Message::Binary(bytes) => self.whole(bytes),
            Message::Close(_) => self.close(),
            Message::Ping(_) | Message::Pong(_) => {}
        }
    }

    fn whole(&mut self, payload: &[u8]) {
        self.parts.clear();
        self.peer.hear(payload);
    }

    fn part(&mut self, part: Part<'_>) {
        match part {
            Part::Data { bytes, first, last, .. } => {
                if first {
                    self.parts.clear();
                }
                self.parts.extend_from_slice(bytes);
                if last {
                    self.peer.may_skip.set(false);
                    self.peer.hear(&std::mem::take(&mut self.parts));
                } else {
                    self.peer.may_skip.set(true);
                }
            }
            Part::Close(_) => self.close(),
            Part::Ping(_) | Part::Pong(_) => {}
        }
    }

    fn close(&mut self) {
        self.peer.hear_close();
    }

    fn error_of_next(&mut self, error: &Error) {
        self.own.errors.set(self.own.errors.get() + 1);
        assert_eq!(self.own.errors.get(), 1, "another error: {error}");
        assert!(!self.own.is_over.get(), "an error after the end");
        self.error(error);
    }

    fn error(&mut self, error: &Error) {
        self.own.failed.set(true);
        // Both keep to the protocol.
        if let Error::Protocol(error) = error {
            assert_eq!(error.close_code(), CloseCode::ABNORMAL, "{error}");
            assert!(!matches!(error, ProtocolError::InvalidDeflate));
        }
    }

    /// Notes the result of a method that sends a message and may flush.
    fn sent(&mut self, number: usize, sent: Option<Result<(), Error>>) {
        match sent {
            None => {}
            Some(Ok(())) => self.own.is_said(number, Said::Queued),
            Some(Err(error)) => {
                let is_failed = matches!(error, Error::Io(_) | Error::Protocol(_));
                if is_failed {
                    self.error(&error);
                } else {
                    self.own.is_said(number, Said::Refused);
                    if matches!(error, Error::Unsent { .. }) {
                        self.error(&error);
                    }
                }
            }
        }
    }

    fn flushed(&mut self, flushed: Option<Result<(), Error>>) {
        if let Some(Err(error)) = flushed
            && !matches!(error, Error::Send(_))
        {
            self.error(&error);
        }
    }
}

/// Polls a future until it is ready, but drops it if it is pending after `patience` polls, or if
/// everything shall stop.
async fn patiently<F: Future>(future: F, patience: Patience, talk: &Talk) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut polls = 0;
    let mut is_over = false;
    let result = poll_fn(|context| {
        if is_over || (talk.stop.get() && polls > 0) {
            return Poll::Ready(None);
        }
        polls += 1;
        if let Poll::Ready(result) = future.as_mut().poll(context) {
            return Poll::Ready(Some(result));
        }
        if talk.stop.get() {
            return Poll::Ready(None);
        }
        if patience.is_some_and(|most| polls > u32::from(most)) {
            is_over = true;
            context.waker().wake_by_ref();
        }
        Poll::Pending
    })
    .await;
    if result.is_some() {
        talk.done.set(talk.done.get() + 1);
    }
    result
}

/// The methods that receive, for the whole and for the half that receives.
macro_rules! receive {
    ($socket:expr, $op:expr, $patience:expr, $ear:expr) => {{
        let (socket, patience, ear) = ($socket, $patience, &mut *$ear);
        let own = Rc::clone(&ear.own);
        match $op {
            Op::Next => {
                if let Some(received) = patiently(socket.next(), patience, &own).await {
                    ear.received(received);
                }
            }
            Op::NextRef => {
                let received = patiently(socket.next_ref(), patience, &own).await;
                let received = received.map(|received| {
                    received.map(|received| received.map(|message: MessageRef<'_>| message.into()))
                });
                if let Some(received) = received {
                    ear.received(received);
                }
            }
            Op::NextPart => match patiently(socket.next_part(), patience, &own).await {
                None => {}
                Some(Some(Ok(part))) => {
                    assert!(!own.is_over.get(), "a part after the end");
                    ear.part(part);
                }
                Some(Some(Err(error))) => ear.error_of_next(&error),
                Some(None) => own.is_over.set(true),
            },
            Op::Finish => {
                own.finished_early.set(true);
                ear.peer.finished_early.set(true);
                if let Some(Err(error)) = patiently(socket.finish(), patience, &own).await {
                    ear.error(&error);
                }
            }
            Op::ReleaseMemory => socket.release_memory(),
            _ => {}
        }
    }};
}

/// The methods that send, for the whole and for the half that sends.
macro_rules! send {
    ($socket:expr, $op:expr, $patience:expr, $ear:expr, $conditions:expr) => {{
        let (socket, patience, ear, conditions) = ($socket, $patience, &mut *$ear, $conditions);
        let own = Rc::clone(&ear.own);
        match $op {
            Op::Feed(size) => {
                let (number, kind, payload) = own.message(size, conditions.longest());
                let sent = patiently(socket.feed(message(kind, payload)), patience, &own).await;
                if sent.is_none() {
                    // It waited for room.
                    own.is_said(number, Said::Refused);
                }
                ear.sent(number, sent);
            }
            Op::Send(size) => {
                let (number, kind, payload) = own.message(size, conditions.longest());
                let sent = patiently(socket.send(message(kind, payload)), patience, &own).await;
                ear.sent(number, sent);
            }
            Op::TrySend(size) => {
                let (number, kind, payload) = own.message(size, conditions.longest());
                ear.sent(number, Some(socket.try_send(message(kind, payload))));
            }
            Op::FeedPrepared(size) | Op::SendPrepared { size, .. } => {
                let (number, kind, payload) = own.message(size, conditions.longest());
                let mut prepared = match message(kind, payload) {
                    Message::Text(text) => Prepared::text(text),
                    message => Prepared::binary(message.into_payload().expect("bytes")),
                };
                let sent = match $op {
                    Op::SendPrepared { compressed, .. } => {
                        if compressed {
                            prepared = prepared.compressed(&conditions.deflate());
                        }
                        patiently(socket.send_prepared(&prepared), patience, &own).await
                    }
                    _ => patiently(socket.feed_prepared(&prepared), patience, &own).await,
                };
                ear.sent(number, sent);
            }
            Op::Fragments(size) if !own.is_vague.get() => {
                let (number, kind, mut payload) = own.message(size, conditions.longest());
                let first = payload.split_to(payload.len() / 2);
                let sent =
                    patiently(socket.send_fragment(kind, false, first), patience, &own).await;
                let is_begun = matches!(sent, Some(Ok(())));
                match sent {
                    Some(Ok(())) => {
                        let rest = socket.send_fragment(kind, true, payload);
                        let sent = patiently(rest, patience, &own).await;
                        if !matches!(sent, Some(Ok(()))) {
                            own.is_vague.set(true);
                        }
                        ear.sent(number, sent);
                    }
                    sent => ear.sent(number, sent),
                }
                own.is_vague.set(own.is_vague.get() || !is_begun);
            }
            Op::Ping => {
                let ping = patiently(socket.feed(Message::ping("i")), patience, &own).await;
                if let Some(Err(error @ Error::Unsent { .. })) = ping {
                    ear.error(&error);
                }
            }
            Op::Pong => {
                let pong = patiently(socket.send(Message::pong("o")), patience, &own).await;
                if let Some(Err(error @ (Error::Io(_) | Error::Protocol(_)))) = pong {
                    ear.error(&error);
                }
            }
            Op::Ready => ear.flushed(patiently(socket.ready(), patience, &own).await),
            Op::Flush => ear.flushed(patiently(socket.flush(), patience, &own).await),
            Op::Close { code } => {
                let close = socket.close(CloseCode(code), "");
                ear.flushed(patiently(close, patience, &own).await);
            }
            Op::SetCompression(choice) => socket.set_compression(match choice % 3 {
                0 => Compression::Auto,
                1 => Compression::Yes,
                _ => Compression::No,
            }),
            Op::ReleaseMemory => socket.release_memory(),
            _ => {}
        }
    }};
}

type Socket<R> = WebSocketStream<Scripted, R>;

/// One task with the whole.
async fn whole<R: Role + Unpin>(
    mut socket: Socket<R>,
    ops: Vec<(Op, Patience)>,
    mut ear: Ear,
    conditions: Conditions,
) {
    let own = Rc::clone(&ear.own);
    for (op, patience) in ops {
        receive!(&mut socket, op, patience, &mut ear);
        match op {
            Op::Both => both(&mut socket, patience, &mut ear).await,
            Op::SplitAndReunite { send } => {
                let (mut reader, mut writer) = socket.into_split();
                send!(&mut writer, Op::Send(send), patience, &mut ear, &conditions);
                receive!(&mut reader, Op::Next, patience, &mut ear);
                socket = reader.reunite(writer).expect("they belong together");
            }
            Op::ReleaseMemory => {}
            op => send!(&mut socket, op, patience, &mut ear, &conditions),
        }
        if own.stop.get() {
            break;
        }
    }
    own.stop.set(true);
    ear.flushed(Some(socket.close(CloseCode::NORMAL, "bye").await));
    while !own.is_over.get() {
        ear.received(socket.next().await);
    }
    assert!(socket.is_terminated());
    assert!(socket.next().await.is_none());
    if let Err(error) = socket.finish().await {
        ear.error(&error);
    }
}

/// Waits for a message and for the flush, whichever comes first.
async fn both<R: Role + Unpin>(socket: &mut Socket<R>, patience: Patience, ear: &mut Ear) {
    let own = Rc::clone(&ear.own);
    let waiting = poll_fn(|context| {
        if let Poll::Ready(received) = Pin::new(&mut *socket).poll_next(context) {
            return Poll::Ready(Ok(received));
        }
        Pin::new(&mut *socket).poll_flush(context).map(Err)
    });
    match patiently(waiting, patience, &own).await {
        None => {}
        Some(Ok(received)) => ear.received(received),
        Some(Err(flushed)) => ear.flushed(Some(flushed)),
    }
}

/// The halves that have ended.
type Ends<R> = Rc<RefCell<(Option<ReadHalf<Scripted, R>>, Option<WriteHalf<Scripted, R>>)>>;

/// The task with the half that receives.
async fn reading<R: Role>(
    mut reader: ReadHalf<Scripted, R>,
    ops: Vec<(Op, Patience)>,
    mut ear: Ear,
    ends: Ends<R>,
) {
    let own = Rc::clone(&ear.own);
    for (op, patience) in ops {
        receive!(&mut reader, op, patience, &mut ear);
        if own.stop.get() {
            break;
        }
    }
    while !own.is_over.get() {
        ear.received(reader.next().await);
    }
    assert!(reader.is_terminated());
    if let Err(error) = reader.finish().await {
        ear.error(&error);
    }
    ends.borrow_mut().0 = Some(reader);
    join(&ends);
}

/// The task with the half that sends.
async fn writing<R: Role>(
    mut writer: WriteHalf<Scripted, R>,
    ops: Vec<(Op, Patience)>,
    mut ear: Ear,
    conditions: Conditions,
    ends: Ends<R>,
) {
    for (op, patience) in ops {
        send!(&mut writer, op, patience, &mut ear, &conditions);
        if ear.own.stop.get() {
            break;
        }
    }
    ear.flushed(Some(writer.close(CloseCode::NORMAL, "bye").await));
    ends.borrow_mut().1 = Some(writer);
    join(&ends);
}

fn join<R: Role>(ends: &Ends<R>) {
    let mut ends = ends.borrow_mut();
    if ends.0.is_some()
        && let Some(writer) = ends.1.take()
        && let Some(reader) = ends.0.take()
    {
        drop(reader.reunite(writer).expect("they belong together"));
    }
}

/// The task that receives from a whole that it shares.
async fn streaming<R: Role + Unpin>(
    socket: Rc<RefCell<Socket<R>>>,
    ops: Vec<(Op, Patience)>,
    mut ear: Ear,
) {
    let own = Rc::clone(&ear.own);
    let next = || poll_fn(|context| Pin::new(&mut *socket.borrow_mut()).poll_next(context));
    for (_, patience) in ops {
        if let Some(received) = patiently(next(), patience, &own).await {
            ear.received(received);
        }
        if own.stop.get() {
            break;
        }
    }
    while !own.is_over.get() {
        ear.received(next().await);
    }
    assert!(socket.borrow().is_terminated());
}

/// The task that sends to a whole that it shares.
async fn sinking<R: Role + Unpin>(
    socket: Rc<RefCell<Socket<R>>>,
    ops: Vec<(Op, Patience)>,
    mut ear: Ear,
    conditions: Conditions,
) {
    let own = Rc::clone(&ear.own);
    let ready = || poll_fn(|context| Pin::new(&mut *socket.borrow_mut()).poll_ready(context));
    let flush = || poll_fn(|context| Pin::new(&mut *socket.borrow_mut()).poll_flush(context));
    let close = || poll_fn(|context| Pin::new(&mut *socket.borrow_mut()).poll_close(context));
    for (op, patience) in ops {
        match op {
            Op::Feed(size) | Op::Send(size) | Op::TrySend(size) | Op::FeedPrepared(size) => {
                match patiently(ready(), patience, &own).await {
                    None => continue,
                    Some(Err(error)) => {
                        ear.error(&error);
                        continue;
                    }
                    Some(Ok(())) => {}
                }
                let (number, kind, payload) = own.message(size, conditions.longest());
                let message = message(kind, payload);
                let sent = Pin::new(&mut *socket.borrow_mut()).start_send(message);
                ear.sent(number, Some(sent));
                if matches!(op, Op::Send(_)) {
                    ear.flushed(patiently(flush(), patience, &own).await);
                }
            }
            Op::Flush => ear.flushed(patiently(flush(), patience, &own).await),
            Op::Close { .. } => ear.flushed(patiently(close(), patience, &own).await),
            _ => {}
        }
        if own.stop.get() {
            break;
        }
    }
    ear.flushed(Some(close().await));
}

/// Whether a task was woken.
#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    woken: Arc<Flag>,
    is_done: bool,
}

struct Executor {
    tasks: Vec<Task>,
    world: Rc<RefCell<World>>,
    talks: [Rc<Talk>; 2],
}

impl Executor {
    fn spawn<R: Role + Unpin + 'static>(
        &mut self,
        socket: Socket<R>,
        plan: &Plan<'_>,
        own: &Rc<Talk>,
        peer: &Rc<Talk>,
    ) {
        let ear = Ear { own: Rc::clone(own), peer: Rc::clone(peer), parts: Vec::new() };
        let limited = |ops: &[(Op, Patience)]| ops.iter().take(40).copied().collect::<Vec<_>>();
        let (reads, writes) = (limited(&plan.reads), limited(&plan.writes));
        let conditions = plan.conditions.clone();
        match plan.mode {
            Mode::Whole => self.push(whole(socket, [reads, writes].concat(), ear, conditions)),
            Mode::Halves => {
                let (reader, writer) = socket.into_split();
                let ends = Ends::default();
                self.push(reading(reader, reads, ear.clone(), Rc::clone(&ends)));
                self.push(writing(writer, writes, ear, conditions, ends));
            }
            Mode::Shared => {
                let socket = Rc::new(RefCell::new(socket));
                self.push(streaming(Rc::clone(&socket), reads, ear.clone()));
                self.push(sinking(socket, writes, ear, conditions));
            }
        }
    }

    fn push(&mut self, future: impl Future<Output = ()> + 'static) {
        let woken = Arc::new(Flag(AtomicBool::new(true)));
        self.tasks.push(Task { future: Box::pin(future), woken, is_done: false });
    }

    fn poll(&mut self, index: usize) {
        let task = &mut self.tasks[index];
        if task.is_done {
            return;
        }
        task.woken.0.store(false, Ordering::Relaxed);
        let waker = Waker::from(Arc::clone(&task.woken));
        task.is_done = task.future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
    }

    fn run(mut self, schedule: &[u8]) {
        for byte in schedule.iter().take(200) {
            match byte {
                // For something or for nothing.
                0..160 => self.poll(usize::from(*byte) % self.tasks.len()),
                160..200 => self.world.borrow_mut().wake_all(),
                200..230 => {
                    let now =
                        self.world.borrow().now + Duration::from_millis(u64::from(*byte - 199));
                    self.world.borrow_mut().advance(now);
                }
                230.. => {
                    self.expire();
                }
            }
        }
        // Everything is written and read that can be, with the time that the time-outs leave.
        self.world.borrow_mut().release();
        self.settle();
        for _ in 0..4 {
            self.expire();
            self.settle();
        }
        for talk in &self.talks {
            talk.stop.set(true);
        }
        for task in &self.tasks {
            task.woken.0.store(true, Ordering::Relaxed);
        }
        self.settle();
        // From now on every wait has a limit.
        for _ in 0..20 {
            if self.tasks.iter().all(|task| task.is_done) {
                return;
            }
            assert!(self.expire(), "a task waits for ever");
            self.settle();
        }
        panic!("a task does not come to its end");
    }

    /// Lets time pass up to the next deadline, and returns whether there is one.
    fn expire(&mut self) -> bool {
        let timer = self.world.borrow().next_timer();
        if let Some(deadline) = timer {
            self.world.borrow_mut().advance(deadline);
        }
        timer.is_some()
    }

    /// Runs all tasks that are woken, until none is.
    fn settle(&mut self) {
        let calls = self.world.borrow().calls;
        for round in 0.. {
            let woken: VecDeque<usize> = (0..self.tasks.len())
                .filter(|&index| {
                    let task = &self.tasks[index];
                    !task.is_done && task.woken.0.load(Ordering::Relaxed)
                })
                .collect();
            if woken.is_empty() {
                break;
            }
            for index in woken {
                self.poll(index);
            }
            assert!(round < 200_000, "the tasks are never done");
        }
        let is_busy = self.world.borrow().calls - calls > 2_000_000;
        assert!(!is_busy, "too much work");
        self.assert_nothing_was_missed();
    }

    /// Polls the tasks that were not woken: none of them may have something to do.
    fn assert_nothing_was_missed(&mut self) {
        for index in 0..self.tasks.len() {
            let state = |this: &Self| {
                let done = this.talks.iter().map(|talk| talk.done.get()).sum::<u64>();
                (this.tasks[index].is_done, this.world.borrow().moved, done)
            };
            let before = state(self);
            self.poll(index);
            assert_eq!(state(self), before, "task {index} was not woken");
            // A future may lose its patience, which is no progress.
            let mut round = 0;
            while self
                .tasks
                .iter()
                .any(|task| !task.is_done && task.woken.0.load(Ordering::Relaxed))
            {
                for index in 0..self.tasks.len() {
                    if self.tasks[index].woken.0.load(Ordering::Relaxed) {
                        self.poll(index);
                    }
                }
                round += 1;
                assert!(round < 200_000, "the tasks are never done");
            }
        }
    }
}
