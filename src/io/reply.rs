//! The reply of a server to a request
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4.2.2).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use bytes::{Bytes, BytesMut};

use super::encode_head;
use crate::deflate::Preferences;
#[cfg(doc)]
use crate::handshake::Request;
use crate::handshake::{Incoming, Opened, Refusal, WriteError};
use crate::http1::{Header, ShownLen};

/// The reply of a server to a request: it opens the WebSocket, or is any other HTTP response.
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
#[derive(Clone)]
#[must_use = "a reply does nothing until it is returned"]
pub struct Reply {
    decision: Decision,
    headers: Vec<(String, Vec<u8>)>,
}

#[derive(Clone)]
enum Decision {
    Accept { subprotocol: Option<String>, declines_deflate: bool },
    Refuse { status: u16, body: Bytes },
}

impl Reply {
    /// Creates a reply that opens the WebSocket, with status 101.
    pub const fn accept() -> Self {
        let decision = Decision::Accept { subprotocol: None, declines_deflate: false };
        Self { decision, headers: Vec::new() }
    }

    /// Creates a reply with another status: 200 for a page, a redirect such as 308 with a
    /// `Location` header, or an error such as 401 or 404.
    ///
    /// The status must be from 200 to 599, except 204, 205 and 304, whose responses have no body.
    /// With any other status the client gets status 500, and the adapter returns
    /// [`AcceptError::Reply`](super::AcceptError::Reply).
    pub const fn refuse(status: u16) -> Self {
        Self { decision: Decision::Refuse { status, body: Bytes::new() }, headers: Vec::new() }
    }

    /// Agrees on a subprotocol, or on none with `None`. It must be one that the client offered (RFC
    /// 6455, section 4.2.2). [`Request::choose_subprotocol`] returns such a subprotocol. In a
    /// refusal this call has no effect.
    pub fn subprotocol<'a>(mut self, name: impl Into<Option<&'a str>>) -> Self {
        if let Decision::Accept { subprotocol, .. } = &mut self.decision {
            *subprotocol = name.into().map(String::from);
        }
        self
    }

    /// Declines permessage-deflate for this client, even if the configuration allows it. A reason
    /// can be that one message would contain a secret and text of the client
    /// ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692), section 8). In a refusal this call has
    /// no effect.
    pub const fn decline_deflate(mut self) -> Self {
        if let Decision::Accept { declines_deflate, .. } = &mut self.decision {
            *declines_deflate = true;
        }
        self
    }

    /// Adds a header to the response.
    ///
    /// `Connection`, `Content-Length` and `Transfer-Encoding` cannot be added. In a reply that
    /// opens the WebSocket, `Host`, `Upgrade` and the headers whose names begin with
    /// `Sec-WebSocket-` cannot be added either. If the response has such a header or a malformed
    /// header, the client gets status 500, and the adapter returns
    /// [`AcceptError::Reply`](super::AcceptError::Reply).
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.as_ref().into(), value.as_ref().into()));
        self
    }

    /// Sets the body of a refusal or of a page. In a reply that opens the WebSocket this call has
    /// no effect.
    pub fn body(mut self, bytes: impl Into<Bytes>) -> Self {
        if let Decision::Refuse { body, .. } = &mut self.decision {
            *body = bytes.into();
        }
        self
    }

    /// Returns the status of the response.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match &self.decision {
            Decision::Accept { .. } => 101,
            Decision::Refuse { status, .. } => *status,
        }
    }

    /// Writes the response to a request. Returns the result of the handshake, or `None` if the
    /// response is a refusal.
    pub(super) fn write(
        &self,
        incoming: &Incoming<'_>,
        deflate: Option<Preferences>,
        out: &mut BytesMut,
    ) -> Result<Option<Opened>, WriteError> {
        let headers: Vec<Header<'_>> =
            self.headers.iter().map(|(name, value)| Header { name, value }).collect();
        match (&self.decision, incoming) {
            (Decision::Accept { subprotocol, declines_deflate }, Incoming::WebSocket(request)) => {
                let subprotocol = subprotocol.as_deref();
                let deflate = deflate.filter(|_| !declines_deflate);
                let accept = request.accept().subprotocol(subprotocol).deflate(deflate);
                let accept = accept.headers(&headers);
                encode_head(out, |out| accept.write(out))?;
                Ok(Some(accept.opened()))
            }
            (Decision::Refuse { status, body }, _) => {
                let is_head = matches!(incoming, Incoming::Http(http) if http.method == "HEAD");
                let refusal = Refusal::new(*status).headers(&headers).body(body).to_head(is_head);
                encode_head(out, |out| refusal.write(out))?;
                Ok(None)
            }
            // A request that does not ask for a WebSocket has no key to answer.
            (Decision::Accept { .. }, Incoming::Http(_)) => Err(WriteError::Status { status: 101 }),
        }
    }
}

/// Shows no header values and no body.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers = self.headers.iter().map(|(name, value)| Header { name, value });
        let mut shown = f.debug_struct("Reply");
        shown.field("status", &self.status());
        match &self.decision {
            Decision::Accept { subprotocol, .. } => shown.field("subprotocol", subprotocol),
            Decision::Refuse { body, .. } => shown.field("body", &ShownLen(body.len())),
        };
        shown.field("headers", &headers.collect::<Vec<_>>()).finish()
    }
}
