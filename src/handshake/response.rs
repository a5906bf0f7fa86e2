//! The client's half of the opening handshake once its request is sent (RFC 6455 4.1).

use super::client::ClientRequest;
use super::error::ResponseError;
use super::extensions::{Extension, Extensions};
use super::grammar::token;
use super::head::{HeadLimits, parse_response};
use super::headers::{Field, Fields, Headers};
use super::scan::{HeadScanner, Kind};

/// Receives the head of the response to a [`ClientRequest`].
///
/// Show [`receive`](Self::receive) everything that has arrived, each time more of it has, until it
/// returns something other than `Ok(None)`. After an error or an [`Answer`] further calls with the
/// same bytes, or with more behind them, parse the head anew and return the same again.
///
/// It owns nothing of the request, so that it can be kept beside what the request is made of.
#[derive(Clone, Debug)]
#[must_use = "a handshake does nothing until it receives bytes"]
pub struct ClientHandshake {
    scanner: HeadScanner,
    limits: HeadLimits,
}

impl ClientHandshake {
    /// A handshake with the default limits: 16 KiB and 100 headers.
    pub const fn new() -> Self {
        Self::with_limits(HeadLimits::DEFAULT)
    }

    /// A handshake with limits of the caller's.
    pub const fn with_limits(limits: HeadLimits) -> Self {
        Self { scanner: HeadScanner::new(Kind::Response, limits.bytes), limits }
    }

    /// Looks at what has arrived in answer to `request`, which is the same at each call: `bytes`
    /// is all of it, from the first byte of the response, and may go on past the head. `None`: the
    /// head is incomplete, or only interim responses (1xx, RFC 9110 15.2) have come.
    ///
    /// The work is linear in the bytes, in whatever pieces they arrive.
    ///
    /// # Errors
    ///
    /// The server departed from HTTP, from RFC 6455 4.2.2, from what was offered, or from the
    /// limits. Drop the transport; no Close frame is sent (RFC 6455 7.2.1).
    pub fn receive<'b>(
        &mut self,
        request: &ClientRequest<'_>,
        bytes: &'b [u8],
    ) -> Result<Option<Answer<'b>>, ResponseError> {
        Ok(match self.receive_http(bytes)? {
            Some(response) if response.status == 101 => {
                Some(Answer::WebSocket(Response::check(response, request)?))
            }
            response => response.map(Answer::Http),
        })
    }

    /// The first response that is not an interim one, whatever was asked for.
    pub(crate) fn receive_http<'b>(
        &mut self,
        bytes: &'b [u8],
    ) -> Result<Option<HttpResponse<'b>>, ResponseError> {
        while let Some(head) = self.scanner.scan(bytes)? {
            let response = parse_response(&head, &self.limits)?;
            match response.status {
                100 | 102..=199 => self.scanner.restart(),
                _ => return Ok(Some(response)),
            }
        }
        Ok(None)
    }

    /// How many bytes of the response have arrived, for a time limit on those that dawdle.
    #[must_use]
    pub const fn received(&self) -> usize {
        self.scanner.position()
    }
}

impl Default for ClientHandshake {
    fn default() -> Self {
        Self::new()
    }
}

/// What a server answered.
#[derive(Clone, Copy, Debug)]
pub enum Answer<'b> {
    /// The WebSocket is open.
    WebSocket(Response<'b>),
    /// The server answered with another status, such as a redirect or 401. What to make of it is
    /// the caller's to say (RFC 6455 4.1).
    Http(HttpResponse<'b>),
}

/// A response that opens the WebSocket and meets RFC 6455 4.1. It borrows the caller's bytes.
#[derive(Clone, Copy, Debug)]
pub struct Response<'b> {
    http: HttpResponse<'b>,
    subprotocol: Option<&'b str>,
    extensions: Field<'b>,
}

impl<'b> Response<'b> {
    /// RFC 6455 4.1, what a client validates. The items are those of its last list.
    pub(super) fn check(
        http: HttpResponse<'b>,
        request: &ClientRequest<'_>,
    ) -> Result<Self, ResponseError> {
        // There is no `Upgrade` in HTTP/1.0 (RFC 9110 7.8).
        if http.minor_version < 1 {
            return Err(ResponseError::HttpVersion);
        }
        let fields = Fields::of(http.headers);
        check_upgrade(fields.upgrade)?;
        check_connection(fields.connection, http.headers)?;
        check_accept(fields.accept, &request.expected_accept())?;
        let subprotocol = check_subprotocol(fields.subprotocol, request)?;
        check_extensions(&Extensions::in_field(fields.extensions, http.headers), request)?;
        Ok(Self { http, subprotocol, extensions: fields.extensions })
    }

    /// The subprotocol that the server chose, one of those that were offered.
    #[must_use]
    pub const fn subprotocol(&self) -> Option<&'b str> {
        self.subprotocol
    }

    /// The extensions that the server agreed on, in the order in which they apply. Each was
    /// offered, and comes once. Whether the parameters fit the offer is for the extension's own
    /// specification to say.
    pub fn extensions(&self) -> impl Iterator<Item = Extension<'b>> + Clone + use<'b> {
        Extensions::in_field(self.extensions, self.http.headers).map_while(Result::ok)
    }

    /// Every header of the response.
    #[must_use]
    pub const fn headers(&self) -> Headers<'b> {
        self.http.headers
    }

    /// How many bytes of the buffer the response took, interim responses included. The bytes
    /// behind them belong to the WebSocket.
    #[must_use]
    pub const fn head_len(&self) -> usize {
        self.http.head_len
    }
}

/// A response with a status other than 101 (RFC 9112 4).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct HttpResponse<'b> {
    /// The status: 200 or more.
    pub status: u16,
    /// The reason phrase, which may be empty, and opaque from 0x80 on.
    pub reason: &'b [u8],
    /// 0 for HTTP/1.0, 1 for HTTP/1.1.
    pub minor_version: u8,
    /// The headers.
    pub headers: Headers<'b>,
    /// How many bytes of the buffer the head took, interim responses included.
    pub head_len: usize,
    /// What has come behind the head: the body so far, in its transfer coding if it has one.
    pub body: &'b [u8],
}

impl<'b> HttpResponse<'b> {
    /// How long the body is, in bytes, if the server said so: `None` when the body is chunked,
    /// ends with the connection, or has a length that cannot be read.
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        let fields = Fields::of(self.headers);
        match (fields.transfer_encoding, fields.content_length) {
            // Without a sign, which Rust's parser would let through.
            (Field::Absent, Field::Once(len)) if len.iter().all(u8::is_ascii_digit) => {
                str::from_utf8(len).ok()?.parse().ok()
            }
            _ => None,
        }
    }
}

/// Item 2. The whole value is compared: a response switches to one protocol, and says which.
fn check_upgrade(field: Field<'_>) -> Result<(), ResponseError> {
    match field {
        Field::Once(value) if value.eq_ignore_ascii_case(b"websocket") => Ok(()),
        Field::Once(_) => Err(ResponseError::Upgrade),
        Field::Absent => Err(ResponseError::MissingHeader("Upgrade")),
        Field::Repeated => Err(ResponseError::RepeatedHeader("Upgrade")),
    }
}

/// Item 3. Other options may stand beside it.
fn check_connection(field: Field<'_>, headers: Headers<'_>) -> Result<(), ResponseError> {
    if !field.is_present() {
        return Err(ResponseError::MissingHeader("Connection"));
    }
    if !field
        .values(headers, "Connection")
        .elements()
        .any(|option| option.eq_ignore_ascii_case(b"Upgrade"))
    {
        return Err(ResponseError::Connection);
    }
    Ok(())
}

/// Item 4: once (11.3.3), and the very text.
fn check_accept(field: Field<'_>, expected: &[u8]) -> Result<(), ResponseError> {
    match field {
        Field::Once(accept) if accept == expected => Ok(()),
        Field::Once(_) => Err(ResponseError::Accept),
        Field::Absent => Err(ResponseError::MissingHeader("Sec-WebSocket-Accept")),
        Field::Repeated => Err(ResponseError::RepeatedHeader("Sec-WebSocket-Accept")),
    }
}

/// Item 6: one that was offered, with its case, once (11.3.4).
pub(super) fn check_subprotocol<'b>(
    field: Field<'b>,
    request: &ClientRequest<'_>,
) -> Result<Option<&'b str>, ResponseError> {
    match field {
        Field::Once(value) => token(value)
            .filter(|chosen| request.subprotocols.contains(chosen))
            .map(Some)
            .ok_or(ResponseError::SubprotocolNotOffered),
        Field::Repeated => Err(ResponseError::RepeatedHeader("Sec-WebSocket-Protocol")),
        Field::Absent if request.requires_subprotocol && !request.subprotocols.is_empty() => {
            Err(ResponseError::NoSubprotocol)
        }
        Field::Absent => Ok(None),
    }
}

/// Item 5. Each is one of those offered, and once, so that their number is bounded by the offer
/// before any is compared with the others.
pub(super) fn check_extensions(
    extensions: &Extensions<'_>,
    request: &ClientRequest<'_>,
) -> Result<(), ResponseError> {
    let offer = request.extensions.unwrap_or_default().as_bytes();
    for (index, extension) in extensions.clone().enumerate() {
        let name = extension?.name();
        if !Extensions::parse(offer).map_while(Result::ok).any(|offer| offer.name() == name) {
            return Err(ResponseError::ExtensionNotOffered);
        }
        let mut earlier = extensions.clone().take(index).map_while(Result::ok);
        if earlier.any(|earlier| earlier.name() == name) {
            return Err(ResponseError::RepeatedExtension);
        }
    }
    Ok(())
}
