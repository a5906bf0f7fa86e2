//! The time limits of an open and of a closing connection, as data
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), sections 5.5.2 and 7.1.1).
//!
//! Times are durations since a fixed moment that the caller chooses.

use core::mem;
use core::time::Duration;

use super::Config;
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
    keepalive: Option<Keepalive>,
    write_timeout: Duration,
    close_timeout: Duration,
    message_timeout: Duration,
    /// The message that is arriving, and the time since which it does.
    message: Option<(u16, Duration)>,
    /// Whether bytes have arrived since the last look at the clock.
    heard: bool,
    silence: Silence,
    /// The time since which the transport has accepted no byte, although bytes wait.
    stuck: Option<Duration>,
    /// The time at which the connection began to close.
    closing: Option<Duration>,
}

/// The silence of the peer.
#[derive(Clone, Copy, Debug)]
enum Silence {
    /// The last sign of life came at this time.
    Heard(Duration),
    /// A Ping waits to be written. There is no deadline for its answer, because a peer that reads
    /// slowly has not disappeared.
    Asking,
    /// The Ping was written at this time, and there has been no sign of life since.
    Asked(Duration),
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
    pub(super) const fn new(config: &Config) -> Self {
        Self {
            keepalive: config.keepalive,
            write_timeout: config.write_timeout,
            close_timeout: config.close_timeout,
            message_timeout: config.message_timeout,
            message: None,
            heard: false,
            silence: Silence::Heard(Duration::ZERO),
            stuck: None,
            closing: None,
        }
    }

    /// Records that bytes have arrived.
    #[inline]
    pub(super) const fn receive(&mut self) {
        self.heard = true;
    }

    /// Returns the next deadline, after a look at the clock.
    pub(super) fn next(&mut self, now: Duration, situation: Situation) -> Option<Duration> {
        self.observe(now, situation);
        self.earliest(situation).map(|(deadline, _)| deadline)
    }

    /// Returns the action that is due at `now`, if there is one.
    pub(super) fn due(&mut self, now: Duration, situation: Situation) -> Option<DeadlineAction> {
        self.observe(now, situation);
        let (_, action) = self.earliest(situation).filter(|(deadline, _)| *deadline <= now)?;
        if action == DeadlineAction::Ping {
            self.silence = Silence::Asking;
        }
        Some(action)
    }

    pub(super) const fn close_timeout(&self) -> Duration {
        self.close_timeout
    }

    /// Updates the clocks with all that happened since the last call.
    fn observe(&mut self, now: Duration, situation: Situation) {
        if mem::take(&mut self.heard) {
            self.silence = Silence::Heard(now);
        }
        let was_stuck = self.stuck.is_some();
        self.stuck = match self.stuck {
            _ if !situation.has_output => None,
            Some(since) if !situation.has_written => Some(since),
            _ => Some(now),
        };
        if was_stuck && situation.has_written {
            // The peer reads, so it has not disappeared.
            self.silence = match self.silence {
                Silence::Heard(_) | Silence::Asked(_) => Silence::Heard(now),
                Silence::Asking => Silence::Asking,
            };
        }
        if let (Silence::Asking, false) = (self.silence, situation.has_output) {
            self.silence = Silence::Asked(now);
        }
        if situation.receives {
            self.message = match (situation.message, self.message) {
                (Some(message), Some((same, since))) if message == same => Some((same, since)),
                (message, _) => message.map(|message| (message, now)),
            };
        }
        if !situation.is_open {
            self.closing.get_or_insert(now);
        }
    }

    /// Returns the earliest deadline. `Duration::MAX` means never.
    fn earliest(&self, situation: Situation) -> Option<(Duration, DeadlineAction)> {
        if let Some(since) = self.closing {
            return at(since, self.close_timeout, DeadlineAction::End);
        }
        let write = self.stuck.and_then(|since| {
            let error = ProtocolError::WriteTimeout { timeout: self.write_limit() };
            at(since, self.write_limit(), DeadlineAction::Fail(error))
        });
        let read = self.keepalive.filter(|_| situation.receives).and_then(|keepalive| {
            let Keepalive { interval, timeout } = keepalive;
            match self.silence {
                Silence::Heard(since) => at(since, interval, DeadlineAction::Ping),
                Silence::Asking => None,
                Silence::Asked(since) => {
                    let error = ProtocolError::KeepaliveTimeout { timeout };
                    at(since, timeout, DeadlineAction::Fail(error))
                }
            }
        });
        let message = self.message.filter(|_| situation.receives).and_then(|(_, since)| {
            let timeout = self.message_timeout;
            at(since, timeout, DeadlineAction::Report(ProtocolError::MessageTimeout { timeout }))
        });
        [write, read, message].into_iter().flatten().min_by_key(|(deadline, _)| *deadline)
    }

    /// Returns how long the transport may accept no byte.
    fn write_limit(&self) -> Duration {
        let keepalive = self.keepalive.map_or(Duration::MAX, |keepalive| {
            keepalive.interval.saturating_add(keepalive.timeout)
        });
        self.write_timeout.min(keepalive)
    }
}

fn at(
    since: Duration,
    limit: Duration,
    action: DeadlineAction,
) -> Option<(Duration, DeadlineAction)> {
    // A deadline that the clock cannot show is never reached.
    let deadline = since.checked_add(limit).filter(|deadline| *deadline < Duration::MAX)?;
    Some((deadline, action))
}
