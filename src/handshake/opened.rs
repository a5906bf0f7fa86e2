//! The result of an opening handshake.

use alloc::string::{String, ToString as _};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;

use crate::deflate::Terms;
use crate::extension::{Extension, Extensions};
use crate::http1::{Header, HttpResponse, ShownLen};

/// The result of an opening handshake that opened a WebSocket.
///
/// Every opening handshake of this crate returns one, and
/// [`WebSocket::new`](crate::WebSocket::new) takes it. If your own code runs the opening
/// handshake, build one. A clone shares its contents, and a value in which nothing was agreed on
/// holds no memory on the heap.
///
/// ```
/// use websocket_proto::{WebSocket, connection::Server, handshake::Opened, websocket::Config};
///
/// let opened = Opened::new().with_subprotocol("chat");
/// let websocket = WebSocket::new(Server, Config::new(), opened);
/// assert_eq!(websocket.subprotocol(), Some("chat"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    subprotocol: Option<Arc<str>>,
    deflate_terms: Option<Terms>,
    answer: Option<Arc<HttpAnswer>>,
}

impl Opened {
    /// Creates the result of a handshake that agreed on no subprotocol and no extension.
    #[must_use]
    pub const fn new() -> Self {
        Self { subprotocol: None, deflate_terms: None, answer: None }
    }

    /// Sets the subprotocol that both sides agreed on, or `None`.
    #[must_use]
    pub fn with_subprotocol<'a>(mut self, subprotocol: impl Into<Option<&'a str>>) -> Self {
        self.subprotocol = subprotocol.into().map(Arc::from);
        self
    }

    /// Sets the terms on which the connection uses permessage-deflate
    /// ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)), or `None` if it does not use it.
    #[must_use]
    pub fn with_deflate_terms(mut self, terms: impl Into<Option<Terms>>) -> Self {
        self.deflate_terms = terms.into();
        self
    }

    /// Sets the response of the server. Only a client has one.
    #[must_use]
    pub fn with_answer(mut self, answer: HttpAnswer) -> Self {
        self.answer = Some(Arc::new(answer));
        self
    }

    /// Returns the subprotocol that both sides agreed on.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// Returns the terms on which the connection uses permessage-deflate, or `None` if it does not
    /// use it.
    #[must_use]
    pub const fn deflate_terms(&self) -> Option<&Terms> {
        self.deflate_terms.as_ref()
    }

    /// Returns the response of the server, for example to read its cookies. Only a client has one.
    #[must_use]
    pub fn answer(&self) -> Option<&HttpAnswer> {
        self.answer.as_deref()
    }
}

/// A response of a server or a proxy, as owned data.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpAnswer {
    /// The status code.
    pub status: u16,
    /// The headers, in the order in which they arrived. An HTTP library may have grouped those of
    /// one name.
    pub headers: Vec<(String, Bytes)>,
    /// The part of the body that was received, without the chunked transfer coding. It is empty if
    /// the response opened a WebSocket.
    pub body: Bytes,
}

/// Shows no header values and no body, which may contain credentials and which the server chooses.
impl fmt::Debug for HttpAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers = self.headers.iter().map(|(name, value)| Header { name, value });
        f.debug_struct("HttpAnswer")
            .field("status", &self.status)
            .field("headers", &headers.collect::<Vec<_>>())
            .field("body", &ShownLen(self.body.len()))
            .finish()
    }
}

impl HttpAnswer {
    /// Copies the status and the headers of a response, and `body`.
    /// [`HttpResponse::body_length`] tells which of the bytes after the head are the body.
    #[must_use]
    pub fn new(response: &HttpResponse<'_>, body: &[u8]) -> Self {
        let headers = response.headers.iter();
        let headers = headers
            .map(|header| (header.name.to_string(), Bytes::copy_from_slice(header.value)))
            .collect();
        Self { status: response.status, headers, body: Bytes::copy_from_slice(body) }
    }

    /// Returns the value of the first header with this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let named = |(header, _): &&(String, Bytes)| header.eq_ignore_ascii_case(name);
        self.headers.iter().find(named).map(|(_, value)| &value[..])
    }

    /// Returns the extensions that the server agreed to, in the order in which they apply.
    pub fn extensions(&self) -> impl Iterator<Item = Extension<'_>> + Clone {
        let is_list =
            |(name, _): &&(String, Bytes)| name.eq_ignore_ascii_case("Sec-WebSocket-Extensions");
        let lists = self.headers.iter().filter(is_list);
        lists.flat_map(|(_, value)| Extensions::parse(value)).map_while(Result::ok)
    }
}
