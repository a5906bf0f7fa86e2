//! The time limits of an open and of a closing connection, as data
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), sections 5.5.2 and 7.1.1).
//!
//! Times are durations since a fixed moment that the caller chooses.

use core::mem;
use core::time::Duration;

use super::Config;
use super::time::Time;
use crate::error::ProtocolError;

/// The times after which a silent peer gets a Ping, and after which the connection fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keepalive {
    /// A Ping is sent if no byte arrives for this long.
    pub interval: Duration,
    /// The connection fails with code 1006 if no byte arrives for this long after the Ping was
    /// written. It also fails if the transport accepts no byte for `interval` and `timeout`
    /// together.
    pub timeout: Duration,
}

/// What a program waits for, when it asks for the next deadline.
///
/// A half that only sends does not know whether the peer is silent, because it does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The program reads from the transport.
    pub to_receive: bool,
    /// The transport holds bytes that it has accepted and not flushed.
    pub to_flush: bool,
    /// The result of [`MessageReceiver::message_in_progress`](super::MessageReceiver::message_in_progress)
    /// if the program reads. Only a [`message_timeout`](Config::message_timeout) needs it.
    pub message: Option<u16>,
}

/// The clocks of one connection.
#[derive(Debug)]
pub(super) struct Deadlines {
    keepalive: Option<Limits>,
    write_timeout: Time,
    close_timeout: Time,
    message_timeout: Time,
    /// The message that is arriving, and the time since which it does.
    message: Option<(u16, Time)>,
    /// Whether bytes have arrived since the last look at the clock.
    heard: bool,
    /// Whether a Pong that may answer the last Ping has arrived since the last look at the clock.
    answered: bool,
    watch: Watch,
    /// The time at which the last Ping was written, until it is answered.
    asked: Option<Time>,
    /// The time from the last answered Ping to its Pong.
    round_trip: Option<Time>,
    /// The time since which the transport has accepted no byte, although bytes wait.
    stuck: Option<Time>,
}

/// The times of a [`Keepalive`].
#[derive(Clone, Copy, Debug)]
struct Limits {
    interval: Time,
    timeout: Time,
}

/// What the connection waits for.
#[derive(Clone, Copy, Debug)]
enum Watch {
    /// The last sign of life came at this time.
    Heard(Time),
    /// A Ping waits to be written. There is no deadline for its answer, because a peer that reads
    /// slowly has not disappeared.
    Asking,
    /// The Ping was written at this time, and there has been no sign of life since.
    Asked(Time),
    /// The connection began to close at this time.
    Closing(Time),
}

/// The state of the connection when a deadline is computed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Situation {
    pub(super) is_open: bool,
    /// Whether bytes wait to be written or flushed.
    pub(super) has_output: bool,
    /// Whether the transport has accepted bytes since the last look at the clock.
    pub(super) has_written: bool,
    pub(super) receives: bool,
    /// The message that is arriving.
    pub(super) message: Option<u16>,
}

/// The action that is due at a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DeadlineAction {
    Ping,
    /// The connection has failed, and the peer is gone.
    Fail(ProtocolError),
    /// The connection has failed, and the peer learns why.
    Report(ProtocolError),
    /// The close time-out has run out.
    End,
}

impl Deadlines {
    pub(super) fn new(config: &Config) -> Self {
        let limits = |Keepalive { interval, timeout }| Limits {
            interval: Time::new(interval),
            timeout: Time::new(timeout),
        };
        Self {
            keepalive: config.keepalive.map(limits),
            write_timeout: Time::new(config.write_timeout),
            close_timeout: Time::new(config.close_timeout),
            message_timeout: Time::new(config.message_timeout),
            message: None,
            heard: false,
            answered: false,
            watch: Watch::Heard(Time::ZERO),
            asked: None,
            round_trip: None,
            stuck: None,
        }
    }

    /// Records that bytes have arrived.
    #[inline]
    pub(super) const fn receive(&mut self) {
        self.heard = true;
    }

    /// Records the arrival of a Pong that may answer the last Ping.
    pub(super) const fn answer(&mut self) {
        self.answered = true;
    }

    /// Returns the time from the last answered Ping to its Pong.
    pub(super) fn round_trip(&self) -> Option<Duration> {
        self.round_trip.map(Time::duration)
    }

    /// Returns the next deadline, after a look at the clock.
    pub(super) fn next(&mut self, now: Duration, situation: Situation) -> Option<Duration> {
        self.observe(Time::new(now), situation);
        self.earliest(situation).map(|(deadline, _)| deadline.duration())
    }

    /// Returns the action that is due at `now`, if there is one.
    pub(super) fn due(&mut self, now: Duration, situation: Situation) -> Option<DeadlineAction> {
        let now = Time::new(now);
        self.observe(now, situation);
        let (_, action) = self.earliest(situation).filter(|(deadline, _)| *deadline <= now)?;
        if action == DeadlineAction::Ping {
            self.watch = Watch::Asking;
            // A late Pong for an earlier Ping does not answer the new Ping.
            self.asked = None;
        }
        Some(action)
    }

    pub(super) fn close_timeout(&self) -> Duration {
        self.close_timeout.duration()
    }

    /// Updates the clocks with all that happened since the last call.
    fn observe(&mut self, now: Time, situation: Situation) {
        if mem::take(&mut self.answered)
            && let Some(asked) = self.asked.take()
        {
            self.round_trip = Some(now.since(asked));
        }
        let was_stuck = self.stuck.is_some();
        self.stuck = match self.stuck {
            _ if !situation.has_output => None,
            Some(since) if !situation.has_written => Some(since),
            _ => Some(now),
        };
        let heard = mem::take(&mut self.heard);
        // If the transport accepts bytes again, the peer reads. So the peer has not disappeared.
        let reads = was_stuck && situation.has_written;
        self.watch = match self.watch {
            Watch::Closing(since) => Watch::Closing(since),
            _ if !situation.is_open => Watch::Closing(now),
            _ if heard => Watch::Heard(now),
            Watch::Heard(_) | Watch::Asked(_) if reads => Watch::Heard(now),
            Watch::Asking if !situation.has_output => {
                self.asked = Some(now);
                Watch::Asked(now)
            }
            unchanged => unchanged,
        };
        if situation.receives {
            self.message = match (situation.message, self.message) {
                (Some(message), Some((same, since))) if message == same => Some((same, since)),
                (message, _) => message.map(|message| (message, now)),
            };
        }
    }

    /// Returns the earliest deadline. An endless limit has no deadline.
    fn earliest(&self, situation: Situation) -> Option<(Time, DeadlineAction)> {
        let write = self.stuck.and_then(|since| {
            let timeout = self.write_limit();
            let error = ProtocolError::WriteTimeout { timeout: timeout.duration() };
            at(since, timeout, DeadlineAction::Fail(error))
        });
        let keepalive = self.keepalive.filter(|_| situation.receives);
        let read = match (self.watch, keepalive) {
            (Watch::Closing(since), _) => {
                return at(since, self.close_timeout, DeadlineAction::End);
            }
            (Watch::Heard(since), Some(Limits { interval, .. })) => {
                at(since, interval, DeadlineAction::Ping)
            }
            (Watch::Asked(since), Some(Limits { timeout, .. })) => {
                let error = ProtocolError::KeepaliveTimeout { timeout: timeout.duration() };
                at(since, timeout, DeadlineAction::Fail(error))
            }
            (Watch::Asking, _) | (_, None) => None,
        };
        let message = self.message.filter(|_| situation.receives).and_then(|(_, since)| {
            let timeout = self.message_timeout.duration();
            let error = ProtocolError::MessageTimeout { timeout };
            at(since, self.message_timeout, DeadlineAction::Report(error))
        });
        [write, read, message].into_iter().flatten().min_by_key(|(deadline, _)| *deadline)
    }

    /// Returns how long the transport may accept no byte.
    fn write_limit(&self) -> Time {
        match self.keepalive {
            Some(Limits { interval, timeout }) => self.write_timeout.min(interval.plus(timeout)),
            None => self.write_timeout,
        }
    }
}

fn at(since: Time, limit: Time, action: DeadlineAction) -> Option<(Time, DeadlineAction)> {
    // A deadline that the clock cannot show is never reached.
    Some((since.plus(limit), action)).filter(|(deadline, _)| !deadline.is_endless())
}
