//! Spans and events for the crate `tracing`, if the feature `tracing` is enabled.
//!
//! Spans and events have these fields and no others: the role, the host and port that a client
//! connects to, the HTTP status, whether compression and a subprotocol are used, the close code,
//! whether the end was clean, and the texts of errors that quote no byte of a peer. They never
//! contain payloads, close reasons, header values, names of subprotocols, paths or queries, because
//! each of these may be a secret.

use crate::connection::Role;
use crate::handshake::Opened;
use crate::io::{AcceptError, ConnectError, Error};
use crate::websocket::{MessageSender, WebSocket};

/// A span. If a subscriber panics, the connection is not harmed.
#[cfg(feature = "tracing")]
type Handle = core::panic::AssertUnwindSafe<alloc::boxed::Box<tracing::Span>>;

/// The span of an opening handshake or of a connection. Without the feature, or if nobody subscribes
/// to the span, it holds nothing.
#[derive(Debug)]
pub(crate) struct Trace {
    #[cfg(feature = "tracing")]
    span: Option<Handle>,
}

impl Trace {
    /// Creates a trace without a span.
    pub(crate) const fn off() -> Self {
        Self {
            #[cfg(feature = "tracing")]
            span: None,
        }
    }
}

#[cfg(not(feature = "tracing"))]
impl Trace {
    pub(crate) const fn accepting() -> Self {
        Self::off()
    }

    pub(crate) fn connecting(_: impl FnOnce() -> alloc::string::String) -> Self {
        Self::off()
    }

    pub(crate) const fn connection<R: Role>(_: &WebSocket<R>) -> Self {
        Self::off()
    }

    pub(crate) const fn opened(&mut self, _: &Opened) {}

    pub(crate) const fn not_accepted(&mut self, _: &AcceptError) {}

    pub(crate) const fn not_connected(&mut self, _: &ConnectError) {}

    pub(crate) const fn time_limit(&self) {}

    pub(crate) const fn ended<R: Role>(&mut self, _: &MessageSender<R>, _: Option<&Error>) {}
}

#[cfg(feature = "tracing")]
mod enabled {
    use alloc::boxed::Box;
    use alloc::string::String;
    use core::panic::AssertUnwindSafe;

    use tracing::{Level, Span, event, span};

    use super::{AcceptError, ConnectError, Error, MessageSender, Opened, Role, Trace, WebSocket};

    impl Trace {
        fn new(span: Span) -> Self {
            Self { span: (!span.is_disabled()).then(|| AssertUnwindSafe(Box::new(span))) }
        }

        /// Calls `emit`, in the span if there is one. A subscriber that enables only warnings gets
        /// the warnings without a span.
        fn within(&self, emit: impl FnOnce()) {
            match &self.span {
                Some(span) => span.in_scope(emit),
                None => emit(),
            }
        }

        /// Calls `emit` and ends the span.
        fn end(&mut self, emit: impl FnOnce()) {
            self.within(emit);
            self.span = None;
        }

        /// Begins the span of a server's opening handshake.
        pub(crate) fn accepting() -> Self {
            Self::new(span!(Level::DEBUG, "websocket handshake", role = "server"))
        }

        /// Begins the span of a client's opening handshake. `server` is a host and a port.
        pub(crate) fn connecting(server: impl FnOnce() -> String) -> Self {
            Self::new(span!(
                Level::DEBUG,
                "websocket handshake",
                role = "client",
                server = server()
            ))
        }

        /// Begins the span of a connection.
        pub(crate) fn connection<R: Role>(websocket: &WebSocket<R>) -> Self {
            let role = if websocket.is_client() { "client" } else { "server" };
            let compressed = websocket.deflate_terms().is_some();
            Self::new(span!(Level::DEBUG, "websocket", role, compressed))
        }

        /// Records that the opening handshake has opened a WebSocket.
        pub(crate) fn opened(&mut self, opened: &Opened) {
            self.end(|| {
                let compressed = opened.deflate_terms().is_some();
                let subprotocol = opened.subprotocol().is_some();
                event!(Level::DEBUG, compressed, subprotocol, "opened");
            });
        }

        /// Records that a server has opened no WebSocket.
        pub(crate) fn not_accepted(&mut self, error: &AcceptError) {
            self.end(|| match error {
                AcceptError::Request(error) => {
                    event!(Level::DEBUG, status = error.status(), "invalid request");
                }
                AcceptError::NotWebSocket { status } => {
                    event!(Level::DEBUG, status, "not a websocket request");
                }
                AcceptError::Refused { status } => event!(Level::DEBUG, status, "refused"),
                AcceptError::TimedOut { .. } => event!(Level::WARN, "timed out"),
                AcceptError::Reply(_) => event!(Level::WARN, "the reply cannot be written"),
                AcceptError::Io(_) => event!(Level::DEBUG, "the client left"),
                AcceptError::NoRequest | AcceptError::Finished => {}
            });
        }

        /// Records that a client has opened no WebSocket.
        pub(crate) fn not_connected(&mut self, error: &ConnectError) {
            self.end(|| match error {
                ConnectError::Refused { answer, .. } => {
                    event!(Level::WARN, status = answer.status, "refused");
                }
                ConnectError::TimedOut { .. } => event!(Level::WARN, "timed out"),
                ConnectError::Response { .. } => event!(Level::WARN, "invalid response"),
                _ => event!(Level::WARN, "the transport failed"),
            });
        }

        /// Records that a time limit has ended the connection.
        pub(crate) fn time_limit(&self) {
            self.within(|| event!(Level::WARN, "timed out"));
        }

        /// Records the end of the connection.
        pub(crate) fn ended<R: Role>(&mut self, sender: &MessageSender<R>, error: Option<&Error>) {
            self.end(|| match (error, sender.close_info()) {
                (Some(Error::Protocol(error)), _) => {
                    let code = u16::from(error.close_code());
                    event!(Level::WARN, code, %error, "failed");
                }
                (Some(error), _) => {
                    let code = error.close_code().map(u16::from);
                    event!(Level::WARN, code, "the transport failed");
                }
                (None, Some(close)) => {
                    let (code, clean) = (u16::from(close.code), close.is_clean);
                    event!(Level::DEBUG, code, clean, "closed");
                }
                (None, None) => event!(Level::DEBUG, "ended"),
            });
        }
    }
}
