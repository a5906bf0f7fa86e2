//! The server's answer that opens the WebSocket.

use ::http::header::{
    CONNECTION, HeaderMap, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS,
    SEC_WEBSOCKET_PROTOCOL, UPGRADE,
};
use ::http::{Response, StatusCode};

use super::offer::{Offer, Opening};
use crate::handshake::accept::{check_extensions, check_subprotocol};
use crate::handshake::error::WriteError;

/// A response with status 101, or 200 to an extended CONNECT, to be completed.
///
/// Other headers, such as cookies, go into the [`Response`] that it makes.
///
/// ```
/// use websocket_proto::handshake::{WriteError, http::Offer};
///
/// let request = http::Request::connect("https://server.example.com/chat")
///     .version(http::Version::HTTP_2)
///     .header("sec-websocket-protocol", "chat")
///     .header("sec-websocket-version", "13")
///     .body(())?;
/// let offer = Offer::from_connect(&request, Some("websocket"))?.expect("it has a protocol");
///
/// let response = offer.accept().subprotocol("chat").response()?;
/// assert_eq!(response.status(), 200);
///
/// // Only what the client offered may be agreed on.
/// let error = offer.accept().subprotocol("soap").response().unwrap_err();
/// assert_eq!(error, WriteError::SubprotocolNotOffered);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "an answer does nothing until it is sent"]
pub struct Accept<'a> {
    offer: &'a Offer,
    subprotocol: Option<&'a str>,
    extensions: Option<&'a str>,
}

impl<'a> Accept<'a> {
    pub(super) const fn new(offer: &'a Offer) -> Self {
        Self { offer, subprotocol: None, extensions: None }
    }

    /// Agrees on one of the subprotocols that the client offered. Without this there is none.
    pub const fn subprotocol(mut self, subprotocol: &'a str) -> Self {
        self.subprotocol = Some(subprotocol);
        self
    }

    /// Agrees on extensions that the client offered: the value of `Sec-WebSocket-Extensions`, in
    /// the order in which they apply. Whether the parameters fit the offer is for the extension's
    /// own specification to say. Without this there are none.
    pub const fn extensions(mut self, extensions: &'a str) -> Self {
        self.extensions = Some(extensions);
        self
    }

    /// The response (RFC 6455 4.2.2, step 5; RFC 8441 5).
    ///
    /// # Errors
    ///
    /// Something was not offered, or is not what its grammar says.
    pub fn response(&self) -> Result<Response<()>, WriteError> {
        let mut response = Response::new(());
        match &self.offer.opening {
            Opening::Upgrade(accept) => {
                *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
                let headers = response.headers_mut();
                headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
                headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
                headers.insert(SEC_WEBSOCKET_ACCEPT, accept.clone());
            }
            // RFC 8441 5: 200, and there is nothing to switch to and no key to answer.
            Opening::Connect(version) => *response.version_mut() = *version,
        }
        self.agree(response.headers_mut())?;
        Ok(response)
    }

    fn agree(&self, headers: &mut HeaderMap) -> Result<(), WriteError> {
        if let Some(subprotocol) = self.subprotocol {
            check_subprotocol(subprotocol, self.offer.subprotocols())?;
            let value = HeaderValue::from_str(subprotocol)
                .map_err(|_| WriteError::SubprotocolNotOffered)?;
            headers.insert(SEC_WEBSOCKET_PROTOCOL, value);
        }
        if let Some(extensions) = self.extensions {
            check_extensions(extensions, self.offer.extensions())?;
            let value =
                HeaderValue::from_str(extensions).map_err(|_| WriteError::ExtensionNotOffered)?;
            headers.insert(SEC_WEBSOCKET_EXTENSIONS, value);
        }
        Ok(())
    }
}
