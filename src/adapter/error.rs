//! The errors of the adapters, by what was under way.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::error::Error as StdError;
use core::fmt;
use std::io;

use bytes::Bytes;

use super::options::UrlError;
use crate::error::{ProtocolError, SendError};
use crate::handshake::{RequestError, ResponseError, WriteError};
use crate::websocket::Rejected;

/// What can go wrong on an open WebSocket.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The transport failed. `WouldBlock` and `TimedOut` leave everything as it was: the call can
    /// be made again.
    Io(io::Error),
    /// The peer broke the protocol, or went away without a Close. The Close frame that reports it
    /// has been sent, if the transport took it.
    Protocol(ProtocolError),
    /// A message was not taken; here it is.
    Rejected(Box<Rejected>),
    /// What the call was to send was not taken: a fragment, a prepared message, or a Close.
    Send(SendError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Protocol(error) => error.fmt(f),
            Self::Rejected(rejected) => rejected.fmt(f),
            Self::Send(error) => error.fmt(f),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Protocol(error) => Some(error),
            Self::Rejected(rejected) => Some(rejected),
            Self::Send(error) => Some(error),
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
    /// This handshake was over before the call.
    Finished,
}

impl fmt::Display for AcceptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Request(error) => error.fmt(f),
            Self::NotWebSocket { status } => {
                write!(f, "the request asked for no WebSocket and was answered with {status}")
            }
            Self::Refused { status } => write!(f, "the request was refused with {status}"),
            Self::Reply(error) => write!(f, "the answer cannot be sent: {error}"),
            Self::Finished => f.write_str("the handshake is over already"),
        }
    }
}

impl StdError for AcceptError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Request(error) => Some(error),
            Self::Reply(error) => Some(error),
            Self::NotWebSocket { .. } | Self::Refused { .. } | Self::Finished => None,
        }
    }
}

impl From<io::Error> for AcceptError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Why a client's opening handshake opened no WebSocket.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL is none to connect to.
    Url(UrlError),
    /// A part of the request is not what its grammar says.
    Request(WriteError),
    /// The transport failed, or ended before the response did. `WouldBlock` and `TimedOut` leave
    /// everything as it was: the call can be made again.
    Io(io::Error),
    /// The server's response is not what RFC 6455 4.1 wants.
    Response(ResponseError),
    /// The server answered with another status, such as a redirect or 401.
    Refused(Box<HttpAnswer>),
    /// This handshake was over before the call.
    Finished,
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(error) => error.fmt(f),
            Self::Request(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
            Self::Response(error) => error.fmt(f),
            Self::Refused(answer) => {
                write!(f, "the server answered with status {} and no WebSocket", answer.status)
            }
            Self::Finished => f.write_str("the handshake is over already"),
        }
    }
}

impl StdError for ConnectError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Url(error) => Some(error),
            Self::Request(error) => Some(error),
            Self::Io(error) => Some(error),
            Self::Response(error) => Some(error),
            Self::Refused(_) | Self::Finished => None,
        }
    }
}

impl From<io::Error> for ConnectError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<UrlError> for ConnectError {
    fn from(error: UrlError) -> Self {
        Self::Url(error)
    }
}

impl From<WriteError> for ConnectError {
    fn from(error: WriteError) -> Self {
        Self::Request(error)
    }
}

impl From<ResponseError> for ConnectError {
    fn from(error: ResponseError) -> Self {
        Self::Response(error)
    }
}

/// What a server answered instead of opening the WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpAnswer {
    /// The status: 200 or more.
    pub status: u16,
    /// The headers, in the order in which they came.
    pub headers: Vec<(String, Bytes)>,
    /// The body, in its transfer coding if it has one: as much of it as came, up to 64 KiB.
    pub body: Bytes,
}

impl HttpAnswer {
    /// The value of the first header with this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let named = |(header, _): &&(String, Bytes)| header.eq_ignore_ascii_case(name);
        self.headers.iter().find(named).map(|(_, value)| &value[..])
    }
}
