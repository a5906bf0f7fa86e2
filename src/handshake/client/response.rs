//! A server's response, as a client has checked it (RFC 6455 4.1).

use super::error::ResponseError;
use super::request::ClientRequest;
use crate::extension::{Extension, Extensions};
use crate::handshake::headers::Fields;
use crate::http1::grammar::token;
use crate::http1::{Field, Headers, HttpResponse};

/// A response that opens the WebSocket and meets RFC 6455 4.1. It borrows the caller's bytes.
#[derive(Clone, Copy, Debug)]
pub struct Response<'b> {
    http: HttpResponse<'b>,
    subprotocol: Option<&'b str>,
    extensions: Field<'b>,
}

impl<'b> Response<'b> {
    /// RFC 6455 4.1, what a client validates. The items are those of its last list.
    pub(crate) fn verify(
        http: HttpResponse<'b>,
        request: &ClientRequest<'_>,
    ) -> Result<Self, ResponseError> {
        // There is no `Upgrade` in HTTP/1.0 (RFC 9110 7.8).
        if http.minor_version < 1 {
            return Err(ResponseError::HttpVersion);
        }
        let fields = Fields::of(http.headers);
        verify_upgrade(fields.upgrade)?;
        verify_connection(fields.connection, http.headers)?;
        verify_accept(fields.accept, &request.expected_accept())?;
        let subprotocol = verify_subprotocol(fields.subprotocol, request)?;
        verify_extensions(&Extensions::in_field(fields.extensions, http.headers), request)?;
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

/// Item 2. The whole value is compared: a response switches to one protocol, and says which.
fn verify_upgrade(field: Field<'_>) -> Result<(), ResponseError> {
    match field {
        Field::Once(value) if value.eq_ignore_ascii_case(b"websocket") => Ok(()),
        Field::Once(_) => Err(ResponseError::Upgrade),
        Field::Absent => Err(ResponseError::MissingHeader("Upgrade")),
        Field::Repeated => Err(ResponseError::RepeatedHeader("Upgrade")),
    }
}

/// Item 3. Other options may stand beside it.
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

/// Item 4: once (11.3.3), and the very text.
fn verify_accept(field: Field<'_>, expected: &[u8]) -> Result<(), ResponseError> {
    match field {
        Field::Once(accept) if accept == expected => Ok(()),
        Field::Once(_) => Err(ResponseError::Accept),
        Field::Absent => Err(ResponseError::MissingHeader("Sec-WebSocket-Accept")),
        Field::Repeated => Err(ResponseError::RepeatedHeader("Sec-WebSocket-Accept")),
    }
}

/// Item 6: one that was offered, with its case, once (11.3.4).
pub(crate) fn verify_subprotocol<'b>(
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
pub(crate) fn verify_extensions(
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
