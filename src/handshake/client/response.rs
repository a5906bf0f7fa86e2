//! A server's response that the client has checked
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4.1).

use core::fmt;

use super::error::ResponseError;
use super::request::ClientRequest;
use crate::deflate::{PERMESSAGE_DEFLATE, Terms};
use crate::extension::{Extension, Extensions};
use crate::handshake::headers::Fields;
#[cfg(feature = "alloc")]
use crate::handshake::{HttpAnswer, Opened};
use crate::http1::grammar::token;
use crate::http1::{Field, Headers, HttpResponse};

/// A response that opens the WebSocket and meets RFC 6455, section 4.1. It borrows the caller's
/// bytes.
#[derive(Clone, Copy)]
pub struct Response<'b> {
    http: HttpResponse<'b>,
    subprotocol: Option<&'b str>,
    extensions: Field<'b>,
    deflate_terms: Option<Terms>,
}

impl<'b> Response<'b> {
    /// Checks a response with status 101, as RFC 6455, section 4.1, requires of a client in its
    /// last list.
    pub(crate) fn verify(
        http: HttpResponse<'b>,
        request: &ClientRequest<'_>,
    ) -> Result<Self, ResponseError> {
        // HTTP/1.0 has no `Upgrade` (RFC 9110, section 7.8).
        if http.minor_version < 1 {
            return Err(ResponseError::HttpVersion);
        }
        let fields = Fields::of(http.headers);
        verify_upgrade(fields.upgrade)?;
        verify_connection(fields.connection, http.headers)?;
        verify_accept(fields.accept, &request.expected_accept())?;
        Self::verify_agreement(http, &fields, request)
    }

    /// Checks what the response agrees to, which does not depend on the version of HTTP.
    pub(crate) fn verify_agreement(
        http: HttpResponse<'b>,
        fields: &Fields<'b>,
        request: &ClientRequest<'_>,
    ) -> Result<Self, ResponseError> {
        let subprotocol = verify_subprotocol(fields.subprotocol, request)?;
        let extensions = Extensions::in_field(fields.extensions, http.headers);
        verify_extensions(&extensions, request)?;
        let deflate_terms = match request.deflate {
            Some(preferences) => preferences.check(extensions.map_while(Result::ok))?,
            None => None,
        };
        Ok(Self { http, subprotocol, extensions: fields.extensions, deflate_terms })
    }

    /// Returns the subprotocol that the server chose, which is one of the offered ones.
    #[must_use]
    pub const fn subprotocol(&self) -> Option<&'b str> {
        self.subprotocol
    }

    /// Returns the extensions that the server agreed to, in the order in which they apply.
    ///
    /// The client offered each of them, and none occurs twice. Except for the offer of
    /// [`ClientRequest::deflate`], the parameters are not compared with the offer: the
    /// specification of each extension defines whether they fit.
    pub fn extensions(&self) -> impl Iterator<Item = Extension<'b>> + Clone + use<'b> {
        Extensions::in_field(self.extensions, self.http.headers).map_while(Result::ok)
    }

    /// Returns the terms on which the connection uses permessage-deflate, or `None` if it does not
    /// use it. They fit the offer of [`ClientRequest::deflate`].
    #[must_use]
    pub const fn deflate_terms(&self) -> Option<&Terms> {
        self.deflate_terms.as_ref()
    }

    /// Returns what both sides agreed on, with a copy of this response. Create the
    /// [`WebSocket`](crate::WebSocket) with it.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn opened(&self) -> Opened {
        Opened::new()
            .with_subprotocol(self.subprotocol)
            .with_deflate_terms(self.deflate_terms)
            .with_answer(HttpAnswer::new(&self.http, b""))
    }

    /// Returns all headers of the response.
    #[must_use]
    pub const fn headers(&self) -> Headers<'b> {
        self.http.headers
    }

    /// Returns the length of the response in the caller's buffer, in bytes, including interim
    /// responses. The bytes after it belong to the WebSocket.
    #[must_use]
    pub const fn head_len(&self) -> usize {
        self.http.head_len
    }
}

/// Shows no header values.
impl fmt::Debug for Response<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("http", &self.http)
            .field("subprotocol", &self.subprotocol)
            .field("deflate_terms", &self.deflate_terms)
            .finish_non_exhaustive()
    }
}

/// Checks that `Upgrade` is `websocket` (RFC 6455, section 4.1, item 2 of the last list). The whole
/// value is compared, because a response switches to one protocol and names it.
fn verify_upgrade(field: Field<'_>) -> Result<(), ResponseError> {
    match field {
        Field::Once(value) if value.eq_ignore_ascii_case(b"websocket") => Ok(()),
        Field::Once(_) => Err(ResponseError::Upgrade),
        Field::Absent => Err(ResponseError::MissingHeader("Upgrade")),
        Field::Repeated => Err(ResponseError::RepeatedHeader("Upgrade")),
    }
}

/// Checks that `Connection` contains `Upgrade` (RFC 6455, section 4.1, item 3 of the last list). It
/// may contain other options too.
fn verify_connection(field: Field<'_>, headers: Headers<'_>) -> Result<(), ResponseError> {
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

/// Checks that `Sec-WebSocket-Accept` is exactly the expected text (RFC 6455, section 4.1, item 4
/// of the last list) and occurs once (RFC 6455, section 11.3.3).
fn verify_accept(field: Field<'_>, expected: &[u8]) -> Result<(), ResponseError> {
    match field {
        Field::Once(accept) if accept == expected => Ok(()),
        Field::Once(_) => Err(ResponseError::Accept),
        Field::Absent => Err(ResponseError::MissingHeader("Sec-WebSocket-Accept")),
        Field::Repeated => Err(ResponseError::RepeatedHeader("Sec-WebSocket-Accept")),
    }
}

/// Checks that the chosen subprotocol was offered, in the same case (RFC 6455, section 4.1, item 6
/// of the last list), and that the header occurs at most once (RFC 6455, section 11.3.4).
fn verify_subprotocol<'b>(
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

/// Checks that each extension was offered (RFC 6455, section 4.1, item 5 of the last list) and that
/// none occurs twice.
///
/// The comparison with the offer comes first, so that the offer limits how many extensions are
/// compared with each other.
fn verify_extensions(
    extensions: &Extensions<'_>,
    request: &ClientRequest<'_>,
) -> Result<(), ResponseError> {
    let offer = request.extensions.unwrap_or_default().as_bytes();
    for (index, extension) in extensions.clone().enumerate() {
        let name = extension?.name();
        let mut offered = Extensions::parse(offer).map_while(Result::ok);
        if !(name == PERMESSAGE_DEFLATE && request.deflate.is_some()
            || offered.any(|offered| offered.name() == name))
        {
            return Err(ResponseError::ExtensionNotOffered);
        }
        let mut earlier = extensions.clone().take(index).map_while(Result::ok);
        if earlier.any(|earlier| earlier.name() == name) {
            return Err(ResponseError::RepeatedExtension);
        }
    }
    Ok(())
}
