//! The errors of an open WebSocket, and those of a server's opening handshake.
//!
//! One rule holds for every error of this crate. `Display` says what this layer knows, and `source`
//! returns the cause. The text of an error does not repeat the text of its cause. A variant that
//! knows nothing more than its cause has the text and the source of the cause.

use alloc::boxed::Box;
use alloc::string::ToString as _;
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
    /// The transport failed. After `WouldBlock` and `TimedOut` nothing is lost: the call can be
    /// repeated.
    Io(io::Error),
    /// The peer violated the protocol, the transport ended without a Close, or a time limit of the
    /// configuration ran out. A violation is reported in a Close, which has been sent if the
    /// transport accepted it.
    Protocol(ProtocolError),
    /// A message was not accepted. The error contains it.
    Rejected(Box<Rejected>),
    /// A fragment was not accepted. The error contains its payload.
    RejectedFragment(Box<Rejected<Bytes>>),
    /// The transport failed before the queue had room for a message or a fragment. Nothing of it
    /// was queued, and the error contains it.
    Unsent {
        /// The message or the fragment.
        unsent: Box<Unsent>,
        /// The failure of the transport.
        error: io::Error,
    },
    /// A prepared message or a Close was not accepted. The caller still has it.
    Send(SendError),
}

/// A message or a fragment that comes back to the caller, because it was not queued.
///
/// This enum is exhaustive on purpose, because there is nothing else to send.
#[derive(Clone, PartialEq, Eq)]
pub enum Unsent {
    /// A message.
    Message(Message),
    /// The payload of a fragment.
    Fragment(Bytes),
}

/// Shows the length, and no byte, because programs write errors into logs.
impl fmt::Debug for Unsent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(message) => write!(f, "Message({} bytes)", message.len()),
            Self::Fragment(payload) => write!(f, "Fragment({} bytes)", payload.len()),
        }
    }
}

impl Error {
    /// Returns whether the peer is gone: after the end of the transport without a Close frame,
    /// after a reset, after the end of TLS without `close_notify`, and after a time-out with code
    /// 1006, for example [`KeepaliveTimeout`](crate::ProtocolError::KeepaliveTimeout).
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

    /// Returns whether the same call can be repeated later: the transport is not ready
    /// (`WouldBlock`), or a time-out of the transport ran out (`TimedOut`). Nothing is lost.
    ///
    /// The result is `false` for [`QueueFull`](SendError::QueueFull). Flush first in this case: the
    /// flush tells whether the transport is not ready or has failed.
    #[must_use]
    pub fn is_would_block(&self) -> bool {
        match self {
            Self::Io(error) | Self::Unsent { error, .. } => is_would_block(error),
            _ => false,
        }
    }

    /// Returns the message or the fragment that was not queued. Returns `None` if the error is
    /// about something else.
    #[must_use]
    pub fn into_unsent(self) -> Option<Unsent> {
        match self {
            Self::Rejected(rejected) => Some(Unsent::Message(rejected.message)),
            Self::RejectedFragment(rejected) => Some(Unsent::Fragment(rejected.message)),
            Self::Unsent { unsent, .. } => Some(*unsent),
            Self::Io(_) | Self::Protocol(_) | Self::Send(_) => None,
        }
    }

    /// Adds the message or the fragment that was not queued to the error of the wait for room.
    pub(crate) fn with_unsent(self, unsent: Unsent) -> Self {
        match (self, unsent) {
            (Self::Io(error), unsent) => Self::Unsent { unsent: Box::new(unsent), error },
            (Self::Send(error), Unsent::Message(message)) => Rejected { message, error }.into(),
            (Self::Send(error), Unsent::Fragment(message)) => Rejected { message, error }.into(),
            (error, _) => error,
        }
    }
}

/// Returns whether an error of the transport means that the peer can no longer be reached.
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

/// Returns whether a call on the transport can be repeated later.
pub(crate) fn is_would_block(error: &io::Error) -> bool {
    match error.kind() {
        ErrorKind::WouldBlock => true,
        ErrorKind::TimedOut => !is_tcp_time_out(error),
        _ => false,
    }
}

/// Returns an error with the kind, the code and the text of `error`.
pub(crate) fn copy(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

/// Returns whether TCP has given up the connection (`ETIMEDOUT`). On Unix the time-out of a socket
/// is another error, `EAGAIN`. On Windows the two errors are the same.
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

/// The reason why the opening handshake of a server opened no WebSocket. If the client had to get
/// an HTTP response, the response has been sent, unless the transport failed or the time ran out.
#[derive(Debug)]
#[non_exhaustive]
pub enum AcceptError {
    /// The transport failed, or ended before the request was complete. After `WouldBlock` and
    /// `TimedOut` nothing is lost: the call can be repeated.
    Io(io::Error),
    /// The request of the client does not meet RFC 6455, section 4.2.1.
    Request(RequestError),
    /// The request did not ask for a WebSocket.
    NotWebSocket {
        /// The status of the response.
        status: u16,
    },
    /// The application refused the request.
    Refused {
        /// The status of the response.
        status: u16,
    },
    /// The reply of the application cannot be sent. The client got status 500.
    Reply(WriteError),
    /// `reply` was called before the request had arrived. Wait for the request first.
    NoRequest,
    /// The time limit of the handshake ran out. If the request was not answered yet, the client got
    /// status 408, unless the transport did not accept that response within a second.
    TimedOut {
        /// The time limit.
        limit: Duration,
    },
    /// The handshake was already over before this call.
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
                write!(
                    f,
                    "the request asked for no WebSocket and was answered with status {status}"
                )
            }
            Self::Refused { status } => {
                write!(f, "the application refused the request with status {status}")
            }
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
