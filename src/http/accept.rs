//! The server's answer that opens the WebSocket.

use ::http::header::{
    CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS,
    SEC_WEBSOCKET_PROTOCOL, UPGRADE,
};
use ::http::{Response, StatusCode};

use super::offer::{Offer, Opening};
use crate::deflate::{Preferences, Terms};
use crate::handshake::WriteError;
use crate::handshake::server::accept::{require_offered_extensions, require_offered_subprotocol};

/// A response with status 101, or 200 to an extended CONNECT, to be completed.
///
/// Other headers, such as cookies, go into the [`Response`] that it makes.
///
/// ```
/// use websocket_proto::{handshake::WriteError, http::Offer};
///
/// let request = http::Request::connect("https://server.example.com/chat")
///     .version(http::Version::HTTP_2)
///     .header("sec-websocket-protocol", "chat")
///     .header("sec-websocket-version", "13")
///     .body(())?;
/// let offer = Offer::from_connect(&request, Some("websocket"))?.expect("it has a protocol");
///
/// let response = offer.accept().subprotocol("chat")?.response();
/// assert_eq!(response.status(), 200);
/// assert_eq!(response.headers()["sec-websocket-protocol"], "chat");
///
/// // Only what the client offered may be agreed on.
/// let error = offer.accept().subprotocol("soap").unwrap_err();
/// assert_eq!(error, WriteError::SubprotocolNotOffered);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "an answer does nothing until it is sent"]
pub struct AcceptBuilder<'a> {
    offer: &'a Offer,
    response: Response<()>,
    extensions: Option<HeaderValue>,
    deflate: Option<Terms>,
}

impl Offer {
    /// The answer that opens the WebSocket, to be completed.
    pub fn accept(&self) -> AcceptBuilder<'_> {
        AcceptBuilder::new(self)
    }
}

impl<'a> AcceptBuilder<'a> {
    /// RFC 6455 4.2.2, step 5, and RFC 8441 5.
    fn new(offer: &'a Offer) -> Self {
        let mut response = Response::new(());
        match &offer.opening {
            Opening::Upgrade(accept) => {
                *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
                let headers = response.headers_mut();
                headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
                headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
                headers.insert(SEC_WEBSOCKET_ACCEPT, accept.clone());
            }
            // 200: there is nothing to switch to, and no key to answer.
            Opening::Connect(version) => *response.version_mut() = *version,
        }
        Self { offer, response, extensions: None, deflate: None }
    }

    /// Agrees on a subprotocol. Without this there is none.
    ///
    /// # Errors
    ///
    /// It is not one that the client offered.
    pub fn subprotocol(mut self, subprotocol: &str) -> Result<Self, WriteError> {
        require_offered_subprotocol(subprotocol, self.offer.subprotocols())?;
        let value = HeaderValue::from_str(subprotocol);
        let value = value.map_err(|_| WriteError::SubprotocolNotOffered)?;
        self.response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, value);
        Ok(self)
    }

    /// Agrees on extensions: the value of `Sec-WebSocket-Extensions`, in the order in which they
    /// apply. Whether the parameters fit the offer is for the extension's own specification to
    /// say. Without this there are none.
    ///
    /// # Errors
    ///
    /// One is not among those that the client offered, or this is no list of extensions.
    pub fn extensions(mut self, extensions: &str) -> Result<Self, WriteError> {
        require_offered_extensions(extensions, self.offer.extensions())?;
        let value = HeaderValue::from_str(extensions);
        self.extensions = Some(value.map_err(|_| WriteError::ExtensionNotOffered)?);
        Ok(self)
    }

    /// Agrees on permessage-deflate (RFC 7692) behind the other extensions, if the client offers it
    /// on terms that can be met. The `Terms` is for whoever compresses, as
    /// `websocket::Config::deflate_terms` does; `None`: it is not to be used.
    ///
    /// ```
    /// use websocket_proto::{deflate::Preferences, http::Offer};
    ///
    /// let request = http::Request::connect("https://server.example.com/chat")
    ///     .version(http::Version::HTTP_2)
    ///     .header("sec-websocket-extensions", "permessage-deflate; client_max_window_bits")
    ///     .header("sec-websocket-version", "13")
    ///     .body(())?;
    /// let offer = Offer::from_connect(&request, Some("websocket"))?.expect("it has a protocol");
    ///
    /// let preferences = Preferences::new().server_no_context_takeover(true);
    /// let (accept, terms) = offer.accept().deflate(&preferences);
    /// assert!(terms.expect("it is offered").server_no_context_takeover());
    /// assert_eq!(
    ///     accept.response().headers()["sec-websocket-extensions"],
    ///     "permessage-deflate; server_no_context_takeover",
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn deflate(mut self, preferences: &Preferences) -> (Self, Option<Terms>) {
        self.deflate = preferences.accept(self.offer.extensions());
        let terms = self.deflate;
        (self, terms)
    }

    /// The response.
    pub fn response(mut self) -> Response<()> {
        // RFC 6455 11.3.2: the header comes once in a response.
        let extensions = match (self.extensions, self.deflate.map(|terms| terms.response())) {
            (Some(others), Some(deflate)) => {
                let both = [others.as_bytes(), b", ", deflate.as_bytes()].concat();
                HeaderValue::try_from(both).ok()
            }
            (None, Some(deflate)) => HeaderValue::from_str(&deflate).ok(),
            (others, None) => others,
        };
        if let Some(extensions) = extensions {
            self.response.headers_mut().insert(SEC_WEBSOCKET_EXTENSIONS, extensions);
        }
        self.response
    }
}
