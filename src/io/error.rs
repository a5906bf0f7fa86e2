//! The errors of an open WebSocket, and those of a server's opening handshake.
//!
//! One rule holds for every error of this crate. `Display` says what this layer knows, and `source`
//! returns the cause, whose text is not in the text of the error above it. A variant that knows
//! nothing more than its cause has the text and the source of the cause.

use alloc::boxed::Box;
use core::error::Error as StdError;
use core::fmt;
use core::time::Duration;
use std::io::{self, ErrorKind};

use bytes::Bytes;

use crate::close::CloseCode;
use crate::error::{ProtocolError, SendError};
use crate::handshake::{RequestError, WriteError};
use crate::message::Message;
use crate::websocket::Rejected;

/// An error of an open WebSocket.
///
/// [`is_disconnected`](Self::is_disconnected), [`close_code`](Self::close_code) and
/// [`is_would_block`](Self::is_would_block) answer the usual questions about every variant.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The transport failed. `WouldBlock` and `TimedOut` leave everything as it was: the call can
    /// be made again.
    Io(io::Error),
    /// The peer broke the protocol, or went away without a Close. The Close frame that reports it
    /// has been sent, if the transport took it.
    Protocol(ProtocolError),
    /// A message was not accepted. The error contains it.
    Rejected(Box<Rejected>),
    /// A fragment was not accepted. The error contains its payload.
    RejectedFragment(Box<Rejected<Bytes>>),
    /// The transport failed before the queue had room for a message or a fragment. Nothing of it was
    /// queued, and the error contains it.
    Unsent {
        /// The message or the fragment.
        unsent: Box<Unsent>,
        /// The failure of the transport.
        error: io::Error,
    },
    /// Something of which the caller keeps its own copy was not accepted: a prepared message or a
    /// Close.
    Send(SendError),
}

/// A message or a fragment that comes back to the caller, because it was not queued.
///
/// This enum is exhaustive on purpose, because there is nothing else to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// A message.
    Message(Message),
    /// The payload of a fragment.
    Fragment(Bytes),
}

impl Error {
    /// Returns whether the peer is gone, in whatever way it went: the end of the transport without a
    /// Close frame, a reset, TLS that was cut without `close_notify`, or a keepalive without an
    /// answer.
    ///
    /// It is not an error when the transport ends after the closing handshake.
    #[must_use]
    pub fn is_disconnected(&self) -> bool {
        match self {
            Self::Io(error) | Self::Unsent { error, .. } => is_disconnect(error),
            Self::Protocol(error) => error.close_code() == CloseCode::ABNORMAL,
            Self::Rejected(_) | Self::RejectedFragment(_) | Self::Send(_) => false,
        }
    }

    /// Returns the close code of an error that ends the connection (RFC 6455, section 7.1.5): the
    /// code of the Close frame that reports a fault of the peer, or 1006 if the transport failed.
    ///
    /// Returns `None` if the connection goes on, or if only the call was at fault.
    #[must_use]
    pub fn close_code(&self) -> Option<CloseCode> {
        match self {
            Self::Io(error) | Self::Unsent { error, .. } => {
                (!is_would_block(error)).then_some(CloseCode::ABNORMAL)
            }
            Self::Protocol(error) => Some(error.close_code()),
            Self::Rejected(_) | Self::RejectedFragment(_) | Self::Send(_) => None,
        }
    }

    /// Returns whether the same call can be made again later: the transport is not ready
    /// (`WouldBlock`), or a time-out of the transport or of the call ran out (`TimedOut`). Nothing is
    /// lost.
    ///
    /// It is `false` for [`QueueFull`](SendError::QueueFull): flush first. The flush tells whether
    /// the transport is not ready or has failed.
    #[must_use]
    pub fn is_would_block(&self) -> bool {
        match self {
            Self::Io(error) | Self::Unsent { error, .. } => is_would_block(error),
            _ => false,
        }
    }

    /// Returns the message or the fragment that was not queued. Returns `None` if the error is about
    /// something else.
    #[must_use]
    pub fn into_unsent(self) -> Option<Unsent> {
        match self {
            Self::Rejected(rejected) => Some(Unsent::Message(rejected.message)),
            Self::RejectedFragment(rejected) => Some(Unsent::Fragment(rejected.message)),
            Self::Unsent { unsent, .. } => Some(*unsent),
            Self::Io(_) | Self::Protocol(_) | Self::Send(_) => None,
        }
    }

    /// Adds to an error of the wait for room what then had no room.
    pub(crate) fn with_unsent(self, unsent: Unsent) -> Self {
        match (self, unsent) {
            (Self::Io(error), unsent) => Self::Unsent { unsent: Box::new(unsent), error },
            (Self::Send(error), Unsent::Message(message)) => Rejected { message, error }.into(),
            (Self::Send(error), Unsent::Fragment(message)) => Rejected { message, error }.into(),
            (error, _) => error,
        }
    }
}

/// Whether an error of the transport means that the peer can no longer be reached.
fn is_disconnect(error: &io::Error) -> bool {
    match error.kind() {
        ErrorKind::BrokenPipe
        | ErrorKind::ConnectionAborted
        | ErrorKind::ConnectionReset
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NotConnected
        | ErrorKind::UnexpectedEof
        | ErrorKind::WriteZero => true,
        ErrorKind::TimedOut => is_tcp_time_out(error),
        _ => false,
    }
}

/// Whether a call on the transport can be made again later.
pub(crate) fn is_would_block(error: &io::Error) -> bool {
    match error.kind() {
        ErrorKind::WouldBlock => true,
        ErrorKind::TimedOut => !is_tcp_time_out(error),
        _ => false,
    }
}

/// Whether TCP has given the connection up (`ETIMEDOUT`). On Unix the time-out of a socket is
/// another error, `EAGAIN`; on Windows the two look alike.
fn is_tcp_time_out(error: &io::Error) -> bool {
    cfg!(unix) && error.raw_os_error().is_some()
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) if is_disconnect(error) => f.write_str("the peer is gone"),
            Self::Io(error) if is_would_block(error) => {
                f.write_str("the transport did not complete the call in time")
            }
            Self::Io(_) => f.write_str("the transport failed"),
            Self::Unsent { unsent, error } => {
                let what = match **unsent {
                    Unsent::Message(_) => "message",
                    Unsent::Fragment(_) => "fragment",
                };
                let why =
                    if is_disconnect(error) { "the peer is gone" } else { "the transport failed" };
                write!(f, "the {what} was not queued, because {why}")
            }
            Self::Protocol(error) => error.fmt(f),
            Self::Rejected(rejected) => rejected.fmt(f),
            Self::RejectedFragment(rejected) => rejected.fmt(f),
            Self::Send(error) => error.fmt(f),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Io(error) | Self::Unsent { error, .. } => Some(error),
            Self::Protocol(error) => error.source(),
            Self::Rejected(rejected) => rejected.source(),
            Self::RejectedFragment(rejected) => rejected.source(),
            Self::Send(error) => error.source(),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<ProtocolError> for Error {
    fn from(error: ProtocolError) -> Self {
        Self::Protocol(error)
    }
}

impl From<Rejected> for Error {
    fn from(rejected: Rejected) -> Self {
        Self::Rejected(Box::new(rejected))
    }
}

impl From<Rejected<Bytes>> for Error {
    fn from(rejected: Rejected<Bytes>) -> Self {
        Self::RejectedFragment(Box::new(rejected))
    }
}

/// Why a server's opening handshake opened no WebSocket. Where an HTTP response was due, it has
/// been sent.
#[derive(Debug)]
#[non_exhaustive]
pub enum AcceptError {
    /// The transport failed, or ended before the request did. `WouldBlock` and `TimedOut` leave
    /// everything as it was: the call can be made again.
    Io(io::Error),
    /// The client's request is not what RFC 6455 4.2.1 wants.
    Request(RequestError),
    /// The request asked for no WebSocket, and got this status.
    NotWebSocket {
        /// The status.
        status: u16,
    },
    /// The application refused the request.
    Refused {
        /// The status that it answered.
        status: u16,
    },
    /// The application's answer cannot be sent; the client got a 500.
    Reply(WriteError),
    /// `reply` was called before the request had arrived. Wait for the request first.
    NoRequest,
    /// The time limit of the handshake ran out. If the request was not answered yet, the client got
    /// status 408.
    TimedOut {
        /// The time limit.
        limit: Duration,
    },
    /// This handshake was over before the call.
    Finished,
}

impl fmt::Display for AcceptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) if error.kind() == ErrorKind::UnexpectedEof => {
                f.write_str("opening handshake: the client left before its request was complete")
            }
            Self::Io(error) if is_disconnect(error) => {
                f.write_str("opening handshake: the client is gone")
            }
            Self::Io(error) if is_would_block(error) => {
                f.write_str("opening handshake: the transport did not complete the call in time")
            }
            Self::Io(_) => f.write_str("opening handshake: the transport failed"),
            Self::Request(error) => write!(
                f,
                "opening handshake: the request of the client was refused with status {}",
                error.status()
            ),
            Self::NotWebSocket { status } => {
                write!(f, "the request asked for no WebSocket and was answered with {status}")
            }
            Self::Refused { status } => write!(f, "the request was refused with {status}"),
            Self::Reply(_) => f.write_str(
                "opening handshake: the reply of the application cannot be written, and the client \
                 got status 500",
            ),
            Self::NoRequest => f.write_str("there is no request to reply to yet"),
            Self::TimedOut { limit } => {
                write!(f, "opening handshake: the time limit of {limit:?} ran out")
            }
            Self::Finished => f.write_str("the opening handshake is over already"),
        }
    }
}

impl StdError for AcceptError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Request(error) => Some(error),
            Self::Reply(error) => Some(error),
            Self::NotWebSocket { .. }
            | Self::Refused { .. }
            | Self::NoRequest
            | Self::TimedOut { .. }
            | Self::Finished => None,
        }
    }
}

impl From<io::Error> for AcceptError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
