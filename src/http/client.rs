//! The client's half: what it asks, and what it makes of the answer.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec;

use ::http::header::{
    CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_KEY, UPGRADE,
};
use ::http::{Method, Request, Response, Uri, Version};

use super::{EXTENSIONS, joined, lines};
use crate::extension::{Extension, Extensions};
use crate::handshake::client::response::{verify_extensions, verify_subprotocol};
use crate::handshake::headers::Fields;
use crate::handshake::{
    ClientRequest, Response as VerifiedResponse, ResponseError, Scheme, WriteError,
};
use crate::http1::{Headers, HttpResponse, take_line};

impl ClientRequest<'_> {
    /// This request as one of HTTP/1.1 for an HTTP library to send, whose target is the path
    /// (RFC 6455 4.1). The answer is [`check_upgrade`](Self::check_upgrade)'s to judge.
    ///
    /// ```
    /// use websocket_proto::handshake::ClientRequest;
    ///
    /// let nonce = *b"the sample nonce"; // from the system's random generator, in earnest
    /// let request = ClientRequest::new("server.example.com", "/chat", nonce);
    /// let sent = request.upgrade_request()?;
    /// assert_eq!((sent.method().as_str(), sent.uri().path()), ("GET", "/chat"));
    ///
    /// let received = http::Response::builder()
    ///     .status(101)
    ///     .header("upgrade", "websocket")
    ///     .header("connection", "Upgrade")
    ///     .header("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    ///     .body(())?;
    /// assert!(request.check_upgrade(&received)?.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Something is not what its grammar says.
    pub fn upgrade_request(&self) -> Result<Request<()>, WriteError> {
        let mut request = Request::new(());
        *request.headers_mut() = self.header_map()?;
        let uri = Uri::builder().path_and_query(self.target).build();
        *request.uri_mut() = uri.map_err(|_| WriteError::Target)?;
        Ok(request)
    }

    /// Checks the answer to [`upgrade_request`](Self::upgrade_request), by the rules of
    /// [`ClientHandshake`](crate::handshake::ClientHandshake). `None`: the server answered with a
    /// status other than 101, such as a redirect or 401; what to make of it is the caller's to
    /// say.
    ///
    /// # Errors
    ///
    /// The server departed from RFC 6455 4.2.2, or from what was offered. Drop the connection; no
    /// Close frame is sent (RFC 6455 7.2.1).
    pub fn check_upgrade<B>(
        &self,
        response: &Response<B>,
    ) -> Result<Option<Accepted>, ResponseError> {
        if response.status() != 101 {
            return Ok(None);
        }
        let lines = lines(response.headers());
        let response = HttpResponse {
            status: 101,
            reason: b"",
            minor_version: u8::from(response.version() == Version::HTTP_11),
            headers: Headers::new(&lines),
            head_len: 0,
            body: b"",
        };
        let checked = VerifiedResponse::verify(response, self)?;
        Ok(Some(Accepted::new(checked.subprotocol(), checked.headers())))
    }

    /// This request as an extended CONNECT (RFC 8441 5, RFC 9220 3), whose URI has the scheme
    /// `https` for `wss` and `http` for `ws`. There is no key, so that the nonce has no meaning.
    /// The answer is [`check_connect`](Self::check_connect)'s to judge.
    ///
    /// `:protocol` is for the caller to add, where the HTTP library looks for it, with the value
    /// [`PROTOCOL`](super::PROTOCOL); and nothing may be sent before the server's settings have
    /// allowed it (RFC 8441 3).
    ///
    /// ```
    /// use websocket_proto::handshake::{ClientRequest, Scheme};
    ///
    /// let request = ClientRequest::new("server.example.com", "/chat", [0; 16]);
    /// let sent = request.connect_request(Scheme::Wss)?;
    /// assert_eq!(sent.method(), "CONNECT");
    /// assert_eq!(sent.uri(), "https://server.example.com/chat");
    /// assert_eq!(sent.headers().len(), 1);
    /// assert_eq!(sent.headers()["sec-websocket-version"], "13");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Something is not what its grammar says.
    pub fn connect_request(&self, scheme: Scheme) -> Result<Request<()>, WriteError> {
        let mut headers = self.header_map()?;
        let host = headers.remove(HOST).ok_or(WriteError::Host)?;
        for name in [UPGRADE, CONNECTION, SEC_WEBSOCKET_KEY] {
            headers.remove(name);
        }
        let scheme = match scheme {
            Scheme::Ws => "http",
            Scheme::Wss => "https",
        };
        let uri = Uri::builder().scheme(scheme).authority(host.as_bytes());
        let uri = uri.path_and_query(self.target).build().map_err(|_| WriteError::Target)?;

        let mut request = Request::new(());
        *request.method_mut() = Method::CONNECT;
        *request.uri_mut() = uri;
        *request.version_mut() = Version::HTTP_2;
        *request.headers_mut() = headers;
        Ok(request)
    }

    /// Checks the answer to [`connect_request`](Self::connect_request). Any 2xx opens the
    /// WebSocket (RFC 8441 5). `None`: the server answered with another status; what to make of
    /// it is the caller's to say.
    ///
    /// A `Sec-WebSocket-Accept` has no meaning here, and is not looked at.
    ///
    /// # Errors
    ///
    /// The server answered with 101, which is of HTTP/1.1 alone, or departed from what was
    /// offered. Reset the stream.
    pub fn check_connect<B>(
        &self,
        response: &Response<B>,
    ) -> Result<Option<Accepted>, ResponseError> {
        if response.status() == 101 {
            return Err(ResponseError::SwitchingProtocols);
        }
        if !response.status().is_success() {
            return Ok(None);
        }
        let lines = lines(response.headers());
        let headers = Headers::new(&lines);
        let fields = Fields::of(headers);
        let subprotocol = verify_subprotocol(fields.subprotocol, self)?;
        verify_extensions(&Extensions::in_field(fields.extensions, headers), self)?;
        Ok(Some(Accepted::new(subprotocol, headers)))
    }

    /// The headers. What may stand in them is [`write`](Self::write)'s to say: it writes them,
    /// and they are read back.
    fn header_map(&self) -> Result<HeaderMap, WriteError> {
        let mut out = vec![0; 1024];
        let len = match self.write(&mut out) {
            Err(WriteError::BufferTooSmall { needed }) => {
                out.resize(needed, 0);
                self.write(&mut out)?
            }
            written => written?,
        };
        let head = out.get(..len).unwrap_or_default();
        let (_, lines) = take_line(head).unwrap_or_default();
        let mut map = HeaderMap::new();
        for (index, header) in Headers::from_lines(lines).iter().enumerate() {
            let name = HeaderName::from_bytes(header.name.as_bytes())
                .map_err(|_| WriteError::HeaderName { index })?;
            let value = HeaderValue::from_bytes(header.value)
                .map_err(|_| WriteError::HeaderValue { index })?;
            // A map has room for 32768 names.
            map.try_append(name, value).map_err(|_| WriteError::HeaderName { index })?;
        }
        Ok(map)
    }
}

/// What a server agreed on when it opened the WebSocket.
#[derive(Clone, Debug)]
pub struct Accepted {
    subprotocol: Option<String>,
    /// A list that follows the grammar, or nothing.
    extensions: String,
}

impl Accepted {
    fn new(subprotocol: Option<&str>, headers: Headers<'_>) -> Self {
        Self {
            subprotocol: subprotocol.map(str::to_owned),
            extensions: joined(headers, EXTENSIONS),
        }
    }

    /// The subprotocol that the server chose, one of those that were offered.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// The extensions that the server agreed on, in the order in which they apply. Each was
    /// offered, and comes once. Whether the parameters fit the offer is for the extension's own
    /// specification to say.
    pub fn extensions(&self) -> impl Iterator<Item = Extension<'_>> + Clone {
        Extensions::parse(self.extensions.as_bytes()).map_while(Result::ok)
    }
}
