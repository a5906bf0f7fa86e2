//! The errors of the adapters, by what was under way.

use alloc::boxed::Box;
use core::convert::Infallible;
use core::error::Error as StdError;
use core::fmt;
use std::io;

use super::url::UrlError;
use crate::error::{ProtocolError, SendError};
use crate::handshake::{HttpAnswer, RequestError, ResponseError, WriteError};
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
    /// `reply` was called before the request had arrived. Wait for the request first.
    NoRequest,
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
            Self::NoRequest => f.write_str("there is no request to reply to yet"),
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
            Self::NotWebSocket { .. } | Self::Refused { .. } | Self::NoRequest | Self::Finished => {
                None
            }
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
    /// The proxy opened no way to the server.
    Proxy(ProxyError),
    /// There is no TLS with the server: its certificate is not trusted or not for this host, or
    /// the two have no version in common.
    #[cfg(feature = "tls")]
    Tls(tokio_rustls::rustls::Error),
    /// The URL is `wss`, and there are no root certificates by which to trust a server: neither
    /// the feature `webpki-roots` nor `rustls-native-certs` is enabled, or the system has none.
    #[cfg(feature = "tls")]
    NoRoots,
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
            Self::Proxy(error) => error.fmt(f),
            #[cfg(feature = "tls")]
            Self::Tls(error) => write!(f, "there is no TLS with the server: {error}"),
            #[cfg(feature = "tls")]
            Self::NoRoots => f.write_str(
                "there are no root certificates to trust a wss server by: enable the feature \
                 webpki-roots or rustls-native-certs, or bring a TLS configuration",
            ),
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
            Self::Proxy(error) => Some(error),
            #[cfg(feature = "tls")]
            Self::Tls(error) => Some(error),
            #[cfg(feature = "tls")]
            Self::NoRoots => None,
            Self::Refused(_) | Self::Finished => None,
        }
    }
}

/// Options that were built before do not fail: the functions that connect take what can become
/// [`ConnectOptions`](super::ConnectOptions), and so the options themselves.
impl From<Infallible> for ConnectError {
    fn from(never: Infallible) -> Self {
        match never {}
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

/// Why a proxy opened no way to the server.
#[derive(Debug)]
#[non_exhaustive]
pub enum ProxyError {
    /// It answered with a status other than 2xx, such as 407 (RFC 9110 9.3.6).
    Refused(Box<HttpAnswer>),
    /// Its answer is not HTTP, or exceeds the limits.
    Response(ResponseError),
    /// There were bytes behind its answer. Over TLS and over WebSocket the client speaks first, so
    /// they cannot be the server's.
    EarlyBytes,
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(answer) => {
                write!(f, "the proxy answered with status {} and opened no way", answer.status)
            }
            Self::Response(error) => write!(f, "the proxy's answer: {error}"),
            Self::EarlyBytes => f.write_str("the proxy sent bytes before anything was asked"),
        }
    }
}

impl StdError for ProxyError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Response(error) => Some(error),
            Self::Refused(_) | Self::EarlyBytes => None,
        }
    }
}
