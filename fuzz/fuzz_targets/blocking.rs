//! Two blocking WebSockets in one thread, over transports that never block: what is accepted
//! arrives, in order and once, an error comes once, every call can be repeated after `WouldBlock`
//! and `TimedOut`, and the closing handshake ends.
//!
//! The transports are scripted (short, not ready, interrupted, failing at any step), with or
//! without TLS, or they are a pair of sockets. Over sockets a WebSocket can also be split into
//! halves and joined again.
#![no_main]

#[path = "common/certificate.rs"]
mod certificate;
#[path = "common/conditions.rs"]
mod conditions;
#[path = "blocking/endpoint.rs"]
mod endpoint;
#[path = "blocking/scripted.rs"]
mod scripted;
#[path = "blocking/sockets.rs"]
mod sockets;
#[path = "common/talk.rs"]
mod talk;
#[path = "blocking/tls.rs"]
mod tls;

use std::rc::Rc;
use std::time::Duration;

use arbitrary::Arbitrary;
use bytes::BytesMut;
use conditions::{Conditions, opened};
use endpoint::{Endpoint, Op, Shape};
use libfuzzer_sys::fuzz_target;
use scripted::Below;
use talk::{Ear, Said, Talk};
use websocket_proto::blocking::WebSocketStream;
use websocket_proto::connection::{Client, Role, Server};
use websocket_proto::websocket::Config;

#[derive(Arbitrary, Debug)]
struct Case<'a> {
    sides: [Plan<'a>; 2],
    capacity: u8,
    transport: Kind,
    operations: Vec<(bool, Op)>,
}

/// The kind of the transports, as a byte. Odd bytes mean sockets.
#[derive(Arbitrary, Clone, Copy, Debug)]
struct Kind(u8);

/// One endpoint and its transport.
#[derive(Arbitrary, Debug)]
pub struct Plan<'a> {
    conditions: Conditions,
    /// Whether the closing handshake may take no time at all.
    hurries: bool,
    reads: &'a [u8],
    writes: &'a [u8],
    /// Whether the calls of the transport can be limited in time.
    has_time_limits: bool,
    /// Whether an attempt to set such a limit fails.
    refuses_time_limits: bool,
    /// The time-outs that the application has set.
    own_timeouts: [Option<u8>; 2],
    can_shut_down: bool,
    reads_while_writing: bool,
}

fuzz_target!(
    // A write to a socket without a peer is an error, as in every program of Rust.
    init: {
        let flag = std::sync::Arc::default();
        signal_hook::flag::register(signal_hook::consts::SIGPIPE, flag).expect("a handler");
    },
    |case: Case<'_>| {
        if case.transport.is_sockets() {
            let [client, server] = sockets::pair();
            run(&case, client, server, |_| false);
            return;
        }
        let below = if case.transport.is_tls() {
            Below::Tls
        } else {
            Below::WebSocket { capacity: usize::from(case.capacity).pow(2) + 1024 }
        };
        let (world, scripted) = scripted::pair(&case.sides, below);
        let has_failed = |side: usize| world.borrow().ends[side].failed;
        if case.transport.is_tls() {
            let [client, server] = tls::pair(scripted);
            run(&case, client, server, has_failed);
        } else {
            let [client, server] = scripted;
            run(&case, client, server, has_failed);
        }
    }
);

fn run<S: sockets::Splits>(
    case: &Case<'_>,
    client_stream: S,
    server_stream: S,
    has_failed: impl Fn(usize) -> bool,
) {
    let [client, server] = &case.sides;
    let (client_opened, server_opened) = opened(&client.conditions, &server.conditions);
    let talks = [Rc::new(Talk::default()), Rc::new(Talk::default())];
    let socket = WebSocketStream::from_parts(
        client_stream,
        Client::new([7; 32]),
        client.config(case.transport),
        client_opened,
        BytesMut::new(),
    );
    let mut client = endpoint(socket, client, &talks[0], &talks[1]);
    let socket = WebSocketStream::from_parts(
        server_stream,
        Server,
        server.config(case.transport),
        server_opened,
        BytesMut::new(),
    );
    let mut server = endpoint(socket, server, &talks[1], &talks[0]);

    for (by_client, op) in case.operations.iter().take(80) {
        if *by_client {
            client.operate(*op);
        } else {
            server.operate(*op);
        }
    }
    client.release();
    server.release();
    // Everything arrives, and then the closing handshake ends.
    let mut rounds = 0;
    while client.shape.is_some() || server.shape.is_some() {
        client.end();
        server.end();
        rounds += 1;
        assert!(rounds < 2000, "the closing handshake does not end");
    }
    let is_whole = talks.iter().all(|talk| !talk.failed.get() && !talk.finished_early.get())
        && !(0..2).any(has_failed);
    if is_whole {
        for talk in &talks {
            assert!(!talk.said.borrow().contains(&Said::Queued), "a message was lost");
        }
    }
}

fn endpoint<'p, S: sockets::Splits, R: Role>(
    socket: WebSocketStream<S, R>,
    plan: &'p Plan<'_>,
    own: &Rc<Talk>,
    peer: &Rc<Talk>,
) -> Endpoint<'p, S, R> {
    let ear = Ear {
        own: Rc::clone(own),
        peer: Rc::clone(peer),
        parts: Vec::new(),
        skips_above: plan.conditions.skips_above,
    };
    Endpoint { shape: Some(Shape::Whole(socket)), ear, reads: 0, conditions: &plan.conditions }
}

impl Kind {
    fn is_sockets(self) -> bool {
        self.0 % 2 == 1
    }

    fn is_tls(self) -> bool {
        self.0 % 4 == 2
    }
}

impl Plan<'_> {
    /// The adapter reads the clock of the machine, so a time limit here has either run out at once
    /// or never runs out. Over sockets a half may wait until its peer reads, which never happens in
    /// the same thread. So the close time-out is short there.
    fn config(&self, kind: Kind) -> Config {
        let mut config = self.conditions.config();
        config.keepalive = None;
        config.write_timeout = Duration::MAX;
        config.message_timeout = Duration::MAX;
        config.close_timeout = match (self.hurries, kind.is_sockets()) {
            (true, _) => Duration::ZERO,
            (false, true) => Duration::from_millis(20),
            (false, false) => Duration::MAX,
        };
        config
    }
}
