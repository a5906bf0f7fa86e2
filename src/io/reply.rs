//! A server's answer to a request.

use alloc::string::String;
use alloc::vec::Vec;

use bytes::{Bytes, BytesMut};

use super::encode_head;
use crate::deflate::Preferences;
use crate::handshake::{Opened, Refusal, Request, WriteError};
use crate::http1::Header;

/// What a server answers to a request: the WebSocket, or any other HTTP response.
///
/// ```
/// use websocket_proto::io::Reply;
/// use websocket_proto::handshake::Request;
///
/// fn answer(request: &Request<'_>) -> Reply {
///     if request.path() != "/chat" {
///         return Reply::refuse(404).body("there is only /chat here");
///     }
///     Reply::accept().subprotocol(request.choose_subprotocol(&["chat.v2", "chat.v1"]))
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a reply does nothing until it is returned"]
pub struct Reply {
    decision: Decision,
    headers: Vec<(String, Vec<u8>)>,
}

#[derive(Clone, Debug)]
enum Decision {
    Accept { subprotocol: Option<String> },
    Refuse { status: u16, body: Bytes },
}

impl Reply {
    /// Opens the WebSocket.
    pub const fn accept() -> Self {
        Self { decision: Decision::Accept { subprotocol: None }, headers: Vec::new() }
    }

    /// Answers with another status: 200 for a page, 301 to 308 with a `Location`, 401, 403, 404,
    /// any from 200 to 599 whose response has a body.
    pub const fn refuse(status: u16) -> Self {
        Self { decision: Decision::Refuse { status, body: Bytes::new() }, headers: Vec::new() }
    }

    /// Agrees on a subprotocol, which must be one that the client offered (RFC 6455,
    /// section 4.2.2), or on none. [`Request::choose_subprotocol`] returns one that the client
    /// offered. This has no meaning in a refusal.
    pub fn subprotocol<'a>(mut self, name: impl Into<Option<&'a str>>) -> Self {
        if let Decision::Accept { subprotocol } = &mut self.decision {
            *subprotocol = name.into().map(String::from);
        }
        self
    }

    /// Adds a header. `Connection`, `Content-Length` and what belongs to the handshake are written
    /// without being asked for, and are refused here.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.as_ref().into(), value.as_ref().into()));
        self
    }

    /// The body of a refusal or page. Has no meaning when the WebSocket is opened.
    pub fn body(mut self, bytes: impl Into<Bytes>) -> Self {
        if let Decision::Refuse { body, .. } = &mut self.decision {
            *body = bytes.into();
        }
        self
    }

    /// The status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match &self.decision {
            Decision::Accept { .. } => 101,
            Decision::Refuse { status, .. } => *status,
        }
    }

    /// Writes the response to `request`, which is `None` when it asked for no WebSocket. Returns
    /// what the response agrees to, or `None` if it is a refusal.
    pub(super) fn write(
        &self,
        request: Option<&Request<'_>>,
        deflate: Option<Preferences>,
        out: &mut BytesMut,
    ) -> Result<Option<Opened>, WriteError> {
        let headers: Vec<Header<'_>> =
            self.headers.iter().map(|(name, value)| Header { name, value }).collect();
        match (&self.decision, request) {
            (Decision::Accept { subprotocol }, Some(request)) => {
                let subprotocol = subprotocol.as_deref();
                let accept = request.accept().subprotocol(subprotocol).deflate(deflate);
                let accept = accept.headers(&headers);
                encode_head(out, |out| accept.write(out))?;
                Ok(Some(accept.opened()))
            }
            (Decision::Refuse { status, body }, _) => {
                let refusal = Refusal::new(*status).headers(&headers).body(body);
                encode_head(out, |out| refusal.write(out))?;
                Ok(None)
            }
            // There is no key to accept.
            (Decision::Accept { .. }, None) => Err(WriteError::Status { status: 101 }),
        }
    }
}
