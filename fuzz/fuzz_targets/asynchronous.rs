//! Two asynchronous WebSockets over scripted byte streams, or over TLS on such streams: what is accepted
//! arrives, in order and once, an error comes once, every task that can go on is woken, and every
//! wait of the closing handshake ends.
//!
//! Each endpoint is used by one task, by two tasks with a half each, or by two tasks that share it
//! as a `Stream` and a `Sink`. Every future may be dropped at any await.
#![no_main]

#[path = "common/certificate.rs"]
mod certificate;
#[path = "common/conditions.rs"]
mod conditions;
#[path = "asynchronous/executor.rs"]
mod executor;
#[path = "asynchronous/plain.rs"]
mod plain;
#[path = "asynchronous/scripted.rs"]
mod scripted;
#[path = "common/talk.rs"]
mod talk;
#[path = "asynchronous/tasks.rs"]
mod tasks;
#[path = "asynchronous/tls.rs"]
mod tls;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use arbitrary::Arbitrary;
use bytes::BytesMut;
use conditions::{Conditions, opened};
use executor::Executor;
use libfuzzer_sys::fuzz_target;
use plain::Plain;
use scripted::{Stream, World};
use talk::{Said, Size, Talk};
use tls::Tls;
use websocket_proto::asynchronous::{Transport, WebSocketStream};
use websocket_proto::connection::{Client, Server};

#[derive(Arbitrary, Debug)]
struct Case<'a> {
    sides: [Plan<'a>; 2],
    below: Below,
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

fuzz_target!(|case: Case<'_>| {
    let world =
        World { now: Duration::ZERO, ends: Default::default(), capacity: usize::MAX, moved: 0 };
    let world = Rc::new(RefCell::new(world));
    let streams = [0, 1].map(|side| Stream { world: Rc::clone(&world), side });
    if case.below.is_tls() {
        run::<Tls>(&case, &world, tls::handshake(streams));
    } else {
        run::<Plain>(&case, &world, streams);
    }
});

fn run<T: Transport + Unpin + 'static>(
    case: &Case<'_>,
    world: &Rc<RefCell<World>>,
    [client_stream, server_stream]: [T::Stream; 2],
) {
    let mut inner = world.borrow_mut();
    inner.capacity = case.below.capacity();
    for (end, plan) in inner.ends.iter_mut().zip(&case.sides) {
        end.follow(plan.read_script, plan.write_script, plan.is_dead);
    }
    drop(inner);
    let [client, server] = &case.sides;
    let (client_opened, server_opened) = opened(&client.conditions, &server.conditions);
    let talks = [Rc::new(Talk::default()), Rc::new(Talk::default())];
    let mut executor =
        Executor { tasks: Vec::new(), world: Rc::clone(world), talks: talks.clone() };
    let socket = WebSocketStream::<T, _>::from_parts(
        client_stream,
        Client::new([7; 32]),
        client.conditions.config_that_ends(),
        client_opened,
        BytesMut::new(),
    );
    executor.spawn(socket, client, &talks[0], &talks[1]);
    let socket = WebSocketStream::<T, _>::from_parts(
        server_stream,
        Server,
        server.conditions.config_that_ends(),
        server_opened,
        BytesMut::new(),
    );
    executor.spawn(socket, server, &talks[1], &talks[0]);
    executor.run(case.schedule);

    let world = world.borrow();
    let is_whole = talks.iter().all(|talk| !talk.failed.get() && !talk.finished_early.get())
        && world.ends.iter().all(|end| !end.failed && !end.refuses && !end.is_dead);
    if is_whole {
        for talk in &talks {
            assert!(!talk.said.borrow().contains(&Said::Queued), "a message was lost");
        }
    }
}

/// The transport: a byte stream or TLS, and how many bytes the stream holds.
#[derive(Arbitrary, Clone, Copy, Debug)]
struct Below(u8);

impl Below {
    fn is_tls(self) -> bool {
        self.0 % 8 == 7
    }

    /// How many bytes one direction holds.
    fn capacity(self) -> usize {
        usize::from(self.0).pow(2) + 16
    }
}
