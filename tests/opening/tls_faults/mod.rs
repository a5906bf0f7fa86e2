//! A WebSocket over TLS, over a transport that gives and takes a few bytes at a time and has a
//! fault at one step between the handshake of TLS and the end. In both roles the tokio adapter and
//! the blocking adapter report one error, once, within the time limit. The messages that arrive are
//! the first messages of the script, in order.

mod blocking_end;
mod far_end;
mod tokio_end;

use std::fmt;
use std::io::{self, ErrorKind};
use std::time::Duration;

use support::echo::script;
use support::transport::{Fault, Peer, whole_messages};
use support::{SEED, Side};
use websocket_proto::connection::{Client, Server};
use websocket_proto::io::{AcceptError, ConnectError, Error};
use websocket_proto::websocket::{Config, Keepalive};
use websocket_proto::{Message, ProtocolError};

use crate::identity::Identity;
use far_end::FarEnd;

/// The result of one end.
#[derive(Default)]
struct Ended {
    /// The messages that it received.
    received: Vec<Message>,
    /// Each error that it reported.
    errors: Vec<Problem>,
    /// How long it waited.
    waited: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Problem {
    /// An error of the transport that the test has caused.
    Aborted,
    /// A time limit.
    Time,
    /// The peer is gone.
    Gone,
}

/// The configuration of one end. `limit` limits each wait after the handshakes.
fn config(limit: Duration) -> Config {
    Config::new()
        .keepalive(Keepalive { interval: limit, timeout: limit })
        .write_timeout(limit)
        .close_timeout(limit)
}

/// Runs one end over the transport, together with the far end. The time is the limit for each
/// handshake and for each wait after the handshakes.
type Run = fn(&Identity, FarEnd, support::transport::Transport, Duration) -> (Ended, FarEnd);

/// Shows no long messages.
impl fmt::Debug for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { received, errors, waited } = self;
        write!(f, "{} messages, {errors:?} after {waited:?}", received.len())
    }
}

impl Ended {
    fn with(problem: Problem) -> Self {
        Self { errors: vec![problem], ..Self::default() }
    }
}

impl Problem {
    #[track_caller]
    fn of(error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::ConnectionAborted => Self::Aborted,
            ErrorKind::UnexpectedEof => Self::Gone,
            ErrorKind::WouldBlock | ErrorKind::TimedOut => Self::Time,
            _ => panic!("{error:?}"),
        }
    }

    #[track_caller]
    fn of_connect(error: &ConnectError) -> Self {
        match error {
            ConnectError::Io { error, .. } => Self::of(error),
            ConnectError::Ended { .. } => Self::Gone,
            ConnectError::TimedOut { .. } => Self::Time,
            _ => panic!("{error:?}"),
        }
    }

    #[track_caller]
    fn of_accept(error: &AcceptError) -> Self {
        match error {
            AcceptError::Io(error) => Self::of(error),
            AcceptError::TimedOut { .. } => Self::Time,
            _ => panic!("{error:?}"),
        }
    }

    #[track_caller]
    fn of_error(error: &Error) -> Self {
        match error {
            Error::Io(error) | Error::Unsent { error, .. } => Self::of(error),
            Error::Protocol(ProtocolError::UnexpectedEof) => Self::Gone,
            Error::Protocol(
                ProtocolError::KeepaliveTimeout { .. }
                | ProtocolError::WriteTimeout { .. }
                | ProtocolError::CloseTimeout { .. },
            ) => Self::Time,
            _ => panic!("{error:?}"),
        }
    }
}

/// How one fault is tried at many steps.
struct Plan {
    limit: Duration,
    /// The most bytes of one read or write, and the distance between two steps that are tried.
    bites: &'static [(usize, usize)],
}

fn check(side: Side, run: Run, plan: impl Fn(Fault) -> Plan) {
    let identity = Identity::of(&["localhost"]);
    let (_, expected) = script();
    let data = |messages: &[Message]| -> Vec<Message> {
        messages.iter().filter(|message| message.is_data()).cloned().collect()
    };
    for fault in [Fault::Fails, Fault::FailsOnce, Fault::Ends, Fault::Waits] {
        let Plan { limit, bites } = plan(fault);
        for &(bite, stride) in bites {
            let (mut step, mut faults) = (1, 0);
            loop {
                let place = format!("{side:?}, {fault:?} at step {step} of {bite} bytes");
                let (near, peer) = support::transport::transport();
                peer.bite(bite);
                peer.fault_at(step, fault);
                let far = FarEnd::new(&identity, side, peer.clone());
                let (ended, mut far) = run(&identity, far, near, limit);
                far.pump();

                assert!(expected.starts_with(&ended.received), "{place}: {ended:?}");
                let sent = match side {
                    Side::Server => whole_messages(Client::new(SEED), far.frames()).0,
                    Side::Client => whole_messages(Server, far.frames()).0,
                };
                assert!(
                    data(&expected).starts_with(&data(&sent)),
                    "{place}: {} messages",
                    sent.len()
                );
                assert!(ended.errors.len() <= 1, "{place}: {ended:?}");
                if reached(&peer) < step {
                    assert_eq!(ended.errors, [], "{place}");
                    assert!(ended.received == expected, "{place}: {ended:?}");
                    assert!(data(&sent) == data(&expected), "{place}");
                    break;
                }
                match (fault, &ended.errors[..]) {
                    (Fault::Fails | Fault::FailsOnce, [Problem::Aborted])
                    | (Fault::Ends, [Problem::Gone])
                    | (Fault::Waits, [Problem::Time]) => faults += 1,
                    // The fault came after the last message.
                    (_, []) => assert!(ended.received == expected, "{place}: {ended:?}"),
                    (_, errors) => panic!("{place}: {errors:?}"),
                }
                // Only a step that waits lets the time limit pass.
                assert!(fault == Fault::Waits || ended.waited < limit, "{place}: {ended:?}");
                // A wait for the end of the transport may follow the wait that has failed. The
                // refusal of a request that did not arrive in time may take a second for each
                // direction of TLS.
                let most = 4 * limit + Duration::from_secs(2);
                assert!(ended.waited <= most, "{place}: {ended:?}");
                step += stride;
            }
            assert!(faults > 5, "{side:?}, {fault:?}, {bite} bytes: {faults} errors");
        }
    }
}

fn reached(peer: &Peer) -> usize {
    peer.state().steps
}

/// The clock of tokio stands still while an end runs, so the limit may be long.
fn virtual_time(_: Fault) -> Plan {
    Plan { limit: Duration::from_secs(30), bites: &[(1000, 2), (100, 31)] }
}

/// Only a fault that waits takes time.
fn real_time(fault: Fault) -> Plan {
    match fault {
        Fault::Waits => Plan { limit: Duration::from_millis(200), bites: &[(1000, 7)] },
        _ => virtual_time(fault),
    }
}

#[test]
fn a_client_of_the_tokio_adapter_reports_a_fault_at_any_step_once() {
    check(Side::Client, tokio_end::client, virtual_time);
}

#[test]
fn a_server_of_the_tokio_adapter_reports_a_fault_at_any_step_once() {
    check(Side::Server, tokio_end::server, virtual_time);
}

#[test]
fn a_client_of_the_blocking_adapter_reports_a_fault_at_any_step_once() {
    check(Side::Client, blocking_end::client, real_time);
}

#[test]
fn a_server_of_the_blocking_adapter_reports_a_fault_at_any_step_once() {
    check(Side::Server, blocking_end::server, real_time);
}
