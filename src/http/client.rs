//! The client's side: the request, and the check of the response
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4.1, and
//! [RFC 8441](https://www.rfc-editor.org/rfc/rfc8441), section 5).

use alloc::vec;

use ::http::header::{HOST, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_KEY};
use ::http::{Method, Request, Response, Uri, Version};

use super::{CONNECTION_HEADERS, lines};
use crate::handshake::headers::Fields;
use crate::handshake::{
    ClientRequest, Opened, Response as CheckedResponse, ResponseError, Scheme, WriteError,
};
use crate::http1::{Header, Headers, HttpResponse, take_line};

impl ClientRequest<'_> {
    /// Returns this request as an HTTP/1.1 request for an HTTP library to send (RFC 6455,
    /// section 4.1).
    ///
    /// The target of the request is the path. Check the response with
    /// [`check_upgrade`](Self::check_upgrade).
    ///
    /// ```
    /// use websocket_proto::handshake::ClientRequest;
    ///
    /// let nonce = *b"the sample nonce"; // in real code: from the system's random generator
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
    /// Returns an error if a part of the request does not follow its grammar.
    pub fn upgrade_request(&self) -> Result<Request<()>, WriteError> {
        let mut request = Request::new(());
        *request.headers_mut() = self.header_map()?;
        let uri = Uri::builder().path_and_query(self.target).build();
        *request.uri_mut() = uri.map_err(|_| WriteError::Target)?;
        Ok(request)
    }

    /// Checks the response to [`upgrade_request`](Self::upgrade_request).
    ///
    /// The rules are those of [`ClientHandshake`](crate::handshake::ClientHandshake). Extensions
    /// other than permessage-deflate are in the
    /// [`HttpAnswer`](crate::handshake::HttpAnswer::extensions) of the [`Opened`]. Returns `None` if the status is not 101, for example for a redirect or 401; the caller decides how
    /// to handle such a response.
    ///
    /// # Errors
    ///
    /// Returns an error if the response breaks RFC 6455, section 4.2.2, or does not fit the
    /// request. Drop the connection then; no Close frame is sent (RFC 6455, section 7.2.1).
    pub fn check_upgrade<B>(
        &self,
        response: &Response<B>,
    ) -> Result<Option<Opened>, ResponseError> {
        if response.status() != 101 {
            return Ok(None);
        }
        let lines = lines(response.headers());
        let checked = CheckedResponse::verify(http_response(response, &lines), self)?;
        Ok(Some(checked.opened()))
    }

    /// Returns this request as an extended CONNECT (RFC 8441, section 5, and
    /// [RFC 9220](https://www.rfc-editor.org/rfc/rfc9220), section 3).
    ///
    /// The scheme of the URI is `https` for `wss` and `http` for `ws`. An extended CONNECT has no
    /// key, so the nonce is not used. A header that belongs to an HTTP/1.1 connection, such as
    /// `Keep-Alive`, is left out (RFC 9113, section 8.2.2). Check the response with
    /// [`check_connect`](Self::check_connect).
    ///
    /// The caller must add `:protocol` with the value [`PROTOCOL`](super::PROTOCOL) in the way that
    /// the HTTP library requires. Send the request only after the server's settings have allowed
    /// extended CONNECT (RFC 8441, section 3).
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
    /// Returns an error if a part of the request does not follow its grammar.
    pub fn connect_request(&self, scheme: Scheme) -> Result<Request<()>, WriteError> {
        let mut headers = self.header_map()?;
        let host = headers.remove(HOST).ok_or(WriteError::Host)?;
        for name in CONNECTION_HEADERS {
            headers.remove(name);
        }
        headers.remove(SEC_WEBSOCKET_KEY);
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

    /// Checks the response to [`connect_request`](Self::connect_request).
    ///
    /// Every 2xx status opens the WebSocket (RFC 8441, section 5). Returns `None` for any other
    /// status; the caller decides how to handle such a response. `Sec-WebSocket-Accept` has no
    /// meaning here and is ignored.
    ///
    /// # Errors
    ///
    /// Returns an error if the status is 101, which exists only in HTTP/1.1, or if the response
    /// does not fit the request. Reset the stream then.
    pub fn check_connect<B>(
        &self,
        response: &Response<B>,
    ) -> Result<Option<Opened>, ResponseError> {
        if response.status() == 101 {
            return Err(ResponseError::SwitchingProtocols);
        }
        if !response.status().is_success() {
            return Ok(None);
        }
        let lines = lines(response.headers());
        let response = http_response(response, &lines);
        let fields = Fields::of(response.headers);
        let checked = CheckedResponse::verify_agreement(response, &fields, self)?;
        Ok(Some(checked.opened()))
    }

    /// Returns the headers. [`write`](Self::write) checks and writes them, and this function parses
    /// its output.
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
            // This fails only if the map is full: it has room for 32768 names.
            map.try_append(name, value).map_err(|_| WriteError::HeaderName { index })?;
        }
        Ok(map)
    }
}

fn http_response<'a, B>(response: &Response<B>, lines: &'a [Header<'a>]) -> HttpResponse<'a> {
    HttpResponse {
        status: response.status().as_u16(),
        reason: b"",
        minor_version: u8::from(response.version() == Version::HTTP_11),
        headers: Headers::new(lines),
        head_len: 0,
        body: b"",
    }
}
