//! Both ends of every time limit and of the clock: zero means at once, `Duration::MAX` never, and
//! no sum of a time and a limit panics. The clock ends after 584 years.

use core::time::Duration;

use support::messages::{From, server};
use websocket_proto::connection::{Server, State};
use websocket_proto::websocket::{Config, Keepalive};
use websocket_proto::{CloseCode, Message, ProtocolError, WebSocket};

const ZERO: Duration = Duration::ZERO;
const NEVER: Duration = Duration::MAX;
const SHORTEST: Duration = Duration::from_nanos(1);
const ENDLESS: Duration = Duration::from_nanos(u64::MAX - 1);
const NEAR_THE_END: Duration = ENDLESS.saturating_sub(SHORTEST);
const CLOCKS: [Duration; 5] = [ZERO, Duration::from_secs(1), NEAR_THE_END, ENDLESS, Duration::MAX];

/// A limit, a connection that waits for it, and the error at its end.
struct Case {
    name: &'static str,
    wait: fn(Duration) -> WebSocket<Server>,
    error: fn(Duration) -> ProtocolError,
}

const CASES: [Case; 4] = [
    Case {
        name: "write_timeout",
        wait: |timeout| {
            let mut websocket = server(Config::new().write_timeout(timeout));
            websocket.send(Message::text("stuck")).expect("it is open");
            websocket
        },
        error: |timeout| ProtocolError::WriteTimeout { timeout },
    },
    Case {
        name: "message_timeout",
        wait: |timeout| {
            let mut websocket = server(Config::new().message_timeout(timeout));
            websocket.input().extend_from_slice(&From::Client.header(0x82, 5));
            assert_eq!(websocket.receive(), Ok(None));
            websocket
        },
        error: |timeout| ProtocolError::MessageTimeout { timeout },
    },
    Case {
        name: "close_timeout",
        wait: |timeout| {
            let mut websocket = server(Config::new().close_timeout(timeout));
            websocket.close(CloseCode::NORMAL, "").expect("it is open");
            websocket
        },
        error: |timeout| ProtocolError::CloseTimeout { timeout },
    },
    Case {
        name: "keepalive timeout",
        wait: |timeout| {
            let keepalive = Keepalive { interval: ZERO, timeout };
            let mut websocket = server(Config::new().keepalive(keepalive));
            // The Ping is due, and is written.
            websocket.handle_deadline(ZERO);
            let ping = websocket.output().len();
            bytes::Buf::advance(websocket.output(), ping);
            assert_eq!(ping, 2);
            websocket
        },
        error: |timeout| ProtocolError::KeepaliveTimeout { timeout },
    },
];

#[test]
fn a_limit_of_zero_ends_the_wait_at_once() {
    for Case { name, wait, error } in CASES {
        // At the last moment of the clock no limit is ever reached.
        for now in &CLOCKS[..3] {
            let mut websocket = wait(ZERO);
            assert_eq!(websocket.deadline(*now), Some(*now), "{name} at {now:?}");
            websocket.handle_deadline(*now);
            assert_eq!(websocket.receive(), Err(error(ZERO)), "{name} at {now:?}");
        }
    }
}

#[test]
fn a_limit_of_duration_max_never_ends_the_wait() {
    for Case { name, wait, .. } in CASES {
        for now in CLOCKS {
            for never in [NEVER, ENDLESS, NEVER.saturating_sub(now)] {
                let mut websocket = wait(never);
                assert_eq!(websocket.deadline(now), None, "{name} at {now:?}");
                websocket.handle_deadline(NEVER);
                assert_eq!(websocket.deadline(NEVER), None, "{name} at {now:?}");
                assert_eq!(websocket.receive(), Ok(None), "{name} at {now:?}");
            }
        }
    }
}

#[test]
fn a_limit_near_an_end_is_exact() {
    for Case { name, wait, error } in CASES {
        for (now, limit) in [(ZERO, SHORTEST), (ZERO, NEAR_THE_END), (SHORTEST, NEAR_THE_END / 2)] {
            let mut websocket = wait(limit);
            let end = now + limit;
            assert_eq!(websocket.deadline(now), Some(end), "{name}");
            websocket.handle_deadline(end - SHORTEST);
            assert_eq!(websocket.receive(), Ok(None), "{name}");
            websocket.handle_deadline(end);
            assert_eq!(websocket.receive(), Err(error(limit)), "{name}");
        }
    }
}

#[test]
fn a_keepalive_with_an_interval_of_duration_max_sends_no_ping_and_one_of_zero_does_at_once() {
    for timeout in [ZERO, NEVER] {
        for now in CLOCKS {
            let keepalive = |interval| Config::new().keepalive(Keepalive { interval, timeout });
            let mut websocket = server(keepalive(NEVER));
            assert_eq!(websocket.deadline(now), None);
            websocket.handle_deadline(now);
            assert_eq!(websocket.output().len(), 0);

            let mut websocket = server(keepalive(ZERO));
            websocket.handle_deadline(now);
            assert_eq!(websocket.output().len(), 2, "{now:?}");
            assert_eq!(websocket.state(), State::Open);
        }
    }
}

#[test]
fn a_clock_that_goes_back_does_not_panic() {
    for Case { wait, .. } in CASES {
        for limit in [ZERO, SHORTEST, NEAR_THE_END, NEVER] {
            let mut websocket = wait(limit);
            for now in CLOCKS.into_iter().rev().chain(CLOCKS) {
                let _ = websocket.deadline(now);
                websocket.handle_deadline(now);
                let _ = websocket.receive();
            }
        }
    }
}
