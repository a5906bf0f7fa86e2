//! The errors of a client that connects, and the steps of connecting
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4.1).

use alloc::boxed::Box;
use alloc::string::String;
use core::convert::Infallible;
use core::error::Error as StdError;
use core::fmt;
use core::net::SocketAddr;
use core::time::Duration;
use std::io::{self, ErrorKind};

use super::url_error::UrlError;
use crate::handshake::{HttpAnswer, ResponseError, WriteError};

/// The reason why a client opened no WebSocket.
///
/// [`is_transient`](Self::is_transient) tells whether the same call may succeed later.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL does not name a WebSocket that can be opened.
    Url(UrlError),
    /// A part of the request does not match its grammar.
    Request(WriteError),
    /// The operating system has no random bytes for the key of the handshake and for masking.
    Entropy(io::Error),
    /// The transport or the look-up of a name failed. In a `Connector`, nothing is lost after
    /// `WouldBlock` and `TimedOut`: the call can be repeated.
    Io {
        /// The step that failed.
        step: ConnectStep,
        /// The cause.
        error: io::Error,
    },
    /// The time limit for the whole connect ran out
    /// ([`connect_timeout`](super::ConnectOptions::connect_timeout)).
    TimedOut {
        /// The step that was in progress when the time ran out.
        step: ConnectStep,
        /// The time limit.
        limit: Duration,
    },
    /// The server or the proxy ended the connection before its response was complete.
    Ended {
        /// The step that failed.
        step: ConnectStep,
        /// How many bytes of the response had arrived.
        received: usize,
    },
    /// The server's response does not meet RFC 6455, section 4.1.
    Response {
        /// The host and the port of the server.
        server: String,
        /// The cause.
        error: ResponseError,
    },
    /// The server answered with a status other than 101, such as a redirect or 401.
    Refused {
        /// The host and the port of the server.
        server: String,
        /// The response.
        answer: Box<HttpAnswer>,
    },
    /// The proxy opened no tunnel to the server.
    Proxy {
        /// The host and the port of the proxy.
        proxy: String,
        /// The cause.
        error: ProxyError,
    },
    /// TLS with the server failed. For example, its certificate is not trusted or is not for this
    /// host, or the two sides have no version in common.
    #[cfg(feature = "tls")]
    Tls {
        /// The step that failed.
        step: ConnectStep,
        /// The cause: a `rustls::Error` of the version that `websocket_proto::tokio::tokio_rustls`
        /// re-exports, or the error of a failed attempt to read the root certificates.
        error: Box<dyn StdError + Send + Sync>,
    },
    /// The scheme is `wss`, and there are no root certificates to trust a server by. Either neither
    /// of the features `webpki-roots` and `rustls-native-certs` is enabled, or the operating system
    /// has no root certificates.
    #[cfg(feature = "tls")]
    NoRoots,
    /// The handshake was already over before this call.
    Finished,
}

impl ConnectError {
    /// Returns whether the same call may succeed later, without a change by the caller.
    ///
    /// This is so after a failure of the network or of a look-up, after a time limit that ran out,
    /// after a peer that left, and after a refusal with status 408, 425, 429, 502, 503 or 504. Wait
    /// before you try again, and wait longer each time.
    ///
    /// The operating system does not tell whether a name has no address now or never has one. So
    /// the result is `true` for every failed look-up.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Io { error, .. } => !matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::PermissionDenied | ErrorKind::Unsupported
            ),
            Self::TimedOut { .. } | Self::Ended { .. } => true,
            Self::Refused { answer, .. }
            | Self::Proxy { error: ProxyError::Refused(answer), .. } => {
                matches!(answer.status, 408 | 425 | 429 | 502 | 503 | 504)
            }
            _ => false,
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(error) => error.fmt(f),
            Self::Request(_) => f.write_str("the WebSocket request cannot be written"),
            Self::Entropy(_) => f.write_str("the operating system has no random bytes"),
            Self::Io { step, .. } => write!(f, "cannot {step}"),
            Self::TimedOut { step, limit } => {
                write!(f, "cannot {step}: the time limit of {limit:?} ran out")
            }
            Self::Ended { step, received } => write!(
                f,
                "cannot {step}: the peer ended the connection after {received} bytes of a response"
            ),
            Self::Response { server, .. } => {
                write!(f, "the response of the server {server} opens no WebSocket")
            }
            Self::Refused { server, answer } => {
                let status = answer.status;
                write!(f, "the server {server} refused the WebSocket with status {status}")?;
                write_headers(f, answer, &["Location", "WWW-Authenticate"])
            }
            Self::Proxy { proxy, .. } => {
                write!(f, "cannot {}", ConnectStep::new(ConnectPhase::Proxy, proxy.as_str()))
            }
            #[cfg(feature = "tls")]
            Self::Tls { step, .. } => write!(f, "cannot {step}"),
            #[cfg(feature = "tls")]
            Self::NoRoots => f.write_str(
                "there are no root certificates to trust a wss server by: enable the feature \
                 webpki-roots or rustls-native-certs, or bring a TLS configuration",
            ),
            Self::Finished => f.write_str("the opening handshake is over already"),
        }
    }
}

/// Writes the headers that tell a client what to do instead. Bytes that are not visible ASCII are
/// escaped, and long values are cut.
fn write_headers(f: &mut fmt::Formatter<'_>, answer: &HttpAnswer, names: &[&str]) -> fmt::Result {
    const MAX_SHOWN: usize = 200;
    for name in names {
        if let Some(value) = answer.header(name) {
            let shown = value.get(..MAX_SHOWN).unwrap_or(value);
            write!(f, ", {name}: ")?;
            // A header value may contain quotes and backslashes. They are not escaped.
            for &byte in shown {
                match byte {
                    b' '..=b'~' => fmt::Write::write_char(f, char::from(byte))?,
                    byte => write!(f, "{}", byte.escape_ascii())?,
                }
            }
            if shown.len() < value.len() {
                f.write_str("...")?;
            }
        }
    }
    Ok(())
}

impl StdError for ConnectError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Url(error) => error.source(),
            Self::Request(error) => Some(error),
            Self::Entropy(error) | Self::Io { error, .. } => Some(error),
            Self::Response { error, .. } => Some(error),
            Self::Proxy { error, .. } => Some(error),
            #[cfg(feature = "tls")]
            Self::Tls { error, .. } => Some(&**error),
            #[cfg(feature = "tls")]
            Self::NoRoots => None,
            Self::TimedOut { .. } | Self::Ended { .. } | Self::Refused { .. } | Self::Finished => {
                None
            }
        }
    }
}

/// The conversion of [`ConnectOptions`](super::ConnectOptions) to themselves cannot fail. A
/// function that connects needs this error type to accept options as well as URLs.
impl From<Infallible> for ConnectError {
    fn from(never: Infallible) -> Self {
        match never {}
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

/// A step of connecting, and the host that it concerns.
///
/// `Display` writes it as a task, such as `open a TCP connection to 127.0.0.1:9001`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectStep {
    /// The phase.
    pub phase: ConnectPhase,
    /// The host and the port. If there is a proxy, they are those of the proxy up to the phase
    /// [`Proxy`](ConnectPhase::Proxy), and those of the server after it.
    pub host: String,
    /// The address of the attempt in the phase [`Tcp`](ConnectPhase::Tcp). `None` in other phases.
    pub address: Option<SocketAddr>,
}

/// The phases of connecting, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ConnectPhase {
    /// The look-up of the addresses of a name.
    LookUp,
    /// The TCP connection.
    Tcp,
    /// The tunnel through an HTTP proxy (RFC 9110, section 9.3.6).
    Proxy,
    /// The handshake of TLS.
    Tls,
    /// The opening handshake of the WebSocket (RFC 6455, section 4).
    Handshake,
}

impl ConnectStep {
    /// Creates a step without an address. `host` is a host with its port.
    #[must_use]
    pub fn new(phase: ConnectPhase, host: impl Into<String>) -> Self {
        Self { phase, host: host.into(), address: None }
    }

    /// Sets the address.
    #[must_use]
    pub fn at(mut self, address: SocketAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// Returns the error for a failure of this step.
    pub(crate) fn failed(&self, error: io::Error) -> ConnectError {
        ConnectError::Io { step: self.clone(), error }
    }
}

impl fmt::Display for ConnectStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { phase, host, address } = self;
        let task = match phase {
            ConnectPhase::LookUp => "look up the addresses of",
            ConnectPhase::Tcp => "open a TCP connection to",
            ConnectPhase::Proxy => "open a tunnel through the proxy",
            ConnectPhase::Tls => "open a TLS session with",
            ConnectPhase::Handshake => "open a WebSocket with",
        };
        write!(f, "{task} {host}")?;
        match address {
            // The host may be the address.
            Some(address) if alloc::format!("{address}") != *host => write!(f, " ({address})"),
            _ => Ok(()),
        }
    }
}

/// The reason why a proxy opened no tunnel to the server.
#[derive(Debug)]
#[non_exhaustive]
pub enum ProxyError {
    /// The proxy answered with a status other than 2xx, such as 407
    /// ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110), section 9.3.6).
    Refused(Box<HttpAnswer>),
    /// The answer of the proxy is not HTTP, or exceeds the limits.
    Response(ResponseError),
    /// The proxy sent bytes after its response. They cannot come from the server, because the
    /// client sends first both in TLS and in the opening handshake.
    EarlyBytes,
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(answer) => {
                write!(f, "the proxy refused the tunnel with status {}", answer.status)?;
                write_headers(f, answer, &["Location", "Proxy-Authenticate"])
            }
            Self::Response(_) => f.write_str("the answer of the proxy is not valid"),
            Self::EarlyBytes => f.write_str("the proxy sent bytes after its answer"),
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
