//! Two asynchronous WebSockets over scripted transports: what is accepted arrives, in order and
//! once, an error comes once, every task that can go on is woken, and every wait of the closing
//! handshake ends.
//!
//! Each endpoint is used by one task, by two tasks with a half each, or by two tasks that share it
//! as a `Stream` and a `Sink`. Every future may be dropped at any await.
#![no_main]

#[path = "common/conditions.rs"]
mod conditions;
#[path = "asynchronous/executor.rs"]
mod executor;
#[path = "asynchronous/scripted.rs"]
mod scripted;
#[path = "common/talk.rs"]
mod talk;
#[path = "asynchronous/tasks.rs"]
mod tasks;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use arbitrary::Arbitrary;
use bytes::BytesMut;
use conditions::{Conditions, opened};
use executor::Executor;
use libfuzzer_sys::fuzz_target;
use scripted::{End, Scripted, Stream, World};
use talk::{Said, Size, Talk};
use websocket_proto::asynchronous::WebSocketStream;
use websocket_proto::connection::{Client, Server};

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

fuzz_target!(|case: Case<'_>| {
    let [client, server] = &case.sides;
    let (client_opened, server_opened) = opened(&client.conditions, &server.conditions);
    let ends =
        [client, server].map(|plan| End::new(plan.read_script, plan.write_script, plan.is_dead));
    let capacity = usize::from(case.capacity).pow(2) + 16;
    let world = World { now: Duration::ZERO, ends, capacity, moved: 0 };
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
