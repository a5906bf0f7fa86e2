//! Two endpoints that are joined by partial vectored writes and driven by a list of operations:
//! what arrives is what was sent, in order and once, both agree on the Close, and nothing is stuck.
#![no_main]

#[path = "common/conditions.rs"]
mod conditions;
#[path = "messages_pair/endpoint.rs"]
mod endpoint;
#[path = "messages_pair/payload.rs"]
mod payload;

use std::time::Duration;

use arbitrary::Arbitrary;
use conditions::{Conditions, opened};
use endpoint::{Amount, Endpoint, Op};
use libfuzzer_sys::fuzz_target;
use websocket_proto::connection::{Client, Role, Server, TransportAction};

#[derive(Arbitrary, Debug)]
struct Case<'a> {
    client: Conditions,
    server: Conditions,
    operations: Vec<(bool, Step<'a>)>,
}

#[derive(Arbitrary, Debug)]
enum Step<'a> {
    /// An endpoint does something by itself. This is the most likely step.
    Do(Op<'a>),
    AlsoDo(Op<'a>),
    /// Bytes arrive at the endpoint.
    Deliver {
        len: Amount,
        how: u8,
    },
    Rarely {
        odds: u8,
        what: Rare,
    },
}

/// What ends many connections. If it happened often, few would go on for long.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Rare {
    /// The end of the transport arrives, and the last `lost` bytes before it do not.
    Cut { lost: u8 },
    /// Time passes.
    Wait(u16),
    /// Time passes up to the next deadline of the endpoint.
    WaitForDeadline,
}

fuzz_target!(|case: Case<'_>| {
    let (client, server) = opened(&case.client, &case.server);
    let client = Endpoint::new(Client::new([7; 32]), case.client, client);
    let server = Endpoint::new(Server, case.server, server);
    let mut pair = Pair { client, server, now: Duration::ZERO, is_cut: false };
    for (by_client, step) in case.operations.iter().take(100) {
        pair.step(*by_client, step);
    }
    pair.finish();
});

impl Rare {
    fn threshold(self) -> u8 {
        if matches!(self, Self::Cut { .. }) { 240 } else { 160 }
    }
}

struct Pair {
    client: Endpoint<Client>,
    server: Endpoint<Server>,
    now: Duration,
    /// Whether the transport ended before the closing handshake.
    is_cut: bool,
}

impl Pair {
    fn step(&mut self, by_client: bool, step: &Step<'_>) {
        match *step {
            Step::Do(ref op) | Step::AlsoDo(ref op) if by_client => {
                self.client.operate(op, &mut self.server, self.now);
            }
            Step::Do(ref op) | Step::AlsoDo(ref op) => {
                self.server.operate(op, &mut self.client, self.now);
            }
            Step::Deliver { len, how } if by_client => {
                self.client.deliver(&mut self.server, len.bytes(), how);
            }
            Step::Deliver { len, how } => self.server.deliver(&mut self.client, len.bytes(), how),
            Step::Rarely { odds, what } if odds >= what.threshold() => self.happen(by_client, what),
            Step::Rarely { .. } => {}
        }
    }

    fn happen(&mut self, by_client: bool, what: Rare) {
        match what {
            Rare::Wait(time) => self.now += Duration::from_millis(time.into()),
            Rare::Cut { lost } => {
                self.is_cut = true;
                if by_client {
                    cut(&mut self.client, &mut self.server, lost);
                } else {
                    cut(&mut self.server, &mut self.client, lost);
                }
            }
            Rare::WaitForDeadline => {
                let deadline = if by_client {
                    self.client.deadline(self.now)
                } else {
                    self.server.deadline(self.now)
                };
                self.now = deadline.unwrap_or_default().max(self.now);
                if by_client {
                    self.client.handle_deadline(self.now);
                } else {
                    self.server.handle_deadline(self.now);
                }
            }
        }
    }

    /// Lets everything arrive, then closes, and waits for the end.
    fn finish(&mut self) {
        self.pump();
        let is_whole = self.client.is_well() && self.server.is_well() && !self.is_cut;
        if is_whole {
            self.client.complete_fragments();
            self.server.complete_fragments();
            self.pump();
        }
        // A transport that was cut may have ended in the middle of this.
        let is_whole = is_whole && self.client.is_well() && self.server.is_well();
        if is_whole {
            self.client.assert_all_was_heard(&self.server);
            self.server.assert_all_was_heard(&self.client);
        }
        self.client.close();
        self.pump();
        // The application may have to answer the Close by itself.
        self.server.close();
        self.pump();
        for _ in 0..8 {
            let deadlines = [self.client.deadline(self.now), self.server.deadline(self.now)];
            let Some(deadline) = deadlines.into_iter().flatten().min() else { break };
            self.now = deadline.max(self.now);
            self.client.handle_deadline(self.now);
            self.server.handle_deadline(self.now);
            self.pump();
        }
        if is_whole {
            assert!(self.client.is_well() && self.server.is_well());
            self.client.assert_ended_cleanly();
            self.server.assert_ended_cleanly();
        }
        // Only a limit that was switched off may leave an endpoint without an end, and only if its
        // peer says nothing more.
        for (action, deadline) in [
            (self.client.transport_action(), self.client.deadline(self.now)),
            (self.server.transport_action(), self.server.deadline(self.now)),
        ] {
            let is_over = action == TransportAction::Drop;
            assert!(is_over || (self.is_cut && deadline.is_none()), "{action:?} {deadline:?}");
        }
    }

    /// Lets everything arrive that is queued, until both are silent.
    fn pump(&mut self) {
        for _ in 0..1000 {
            let by_client = pump(&mut self.client, &mut self.server);
            let by_server = pump(&mut self.server, &mut self.client);
            if !by_client && !by_server {
                return;
            }
        }
        panic!("the two never become silent");
    }
}

/// Moves everything from one endpoint to the other, and returns whether anything has happened.
fn pump<R: Role, P: Role>(from: &mut Endpoint<R>, to: &mut Endpoint<P>) -> bool {
    from.finish_encoding();
    from.settle();
    let wrote = from.write(usize::MAX, 64) > 0;
    let sent = !from.wire.is_empty();
    to.deliver(from, usize::MAX, 0);
    to.receive_all(from);
    let ended = to.take_end(from);
    let shut = from.obey();
    wrote || sent || ended || shut
}

/// Ends the transport towards `to`.
fn cut<R: Role, P: Role>(to: &mut Endpoint<R>, from: &mut Endpoint<P>, lost: u8) {
    let len = from.wire.len();
    from.wire.truncate(len - usize::from(lost).min(len));
    from.shut = true;
    from.is_lossy = true;
    to.deliver(from, usize::MAX, 0);
    to.receive_all(from);
    to.take_end(from);
}
