//! The server's response that opens the WebSocket
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4.2.2, and
//! [RFC 8441](https://www.rfc-editor.org/rfc/rfc8441), section 5).

use ::http::header::{
    CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS,
    SEC_WEBSOCKET_PROTOCOL, UPGRADE,
};
use ::http::{Response, StatusCode};

use super::offer::{Offer, Opening};
use crate::deflate::{Preferences, Terms};
use crate::handshake::server::accept::require_offered_extensions;
use crate::handshake::{Opened, WriteError};

/// Builds the response that opens the WebSocket: status 101, or 200 to an extended CONNECT.
///
/// Add other headers, such as cookies, to the finished [`Response`].
///
/// ```
/// use websocket_proto::{handshake::WriteError, http::Offer};
///
/// let request = http::Request::connect("https://server.example.com/chat")
///     .version(http::Version::HTTP_2)
///     .header("sec-websocket-protocol", "chat")
///     .header("sec-websocket-version", "13")
///     .body(())?;
/// let offer = Offer::from_request(&request, Some("websocket"))?.expect("it has a protocol");
///
/// let (response, opened) = offer.accept().subprotocol("chat")?.open();
/// assert_eq!(response.status(), 200);
/// assert_eq!(response.headers()["sec-websocket-protocol"], "chat");
/// assert_eq!(opened.subprotocol(), Some("chat"));
///
/// // The server can choose only what the client offered.
/// let error = offer.accept().subprotocol("soap").unwrap_err();
/// assert_eq!(error, WriteError::SubprotocolNotOffered);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "an answer does nothing until it is sent"]
pub struct AcceptBuilder<'a> {
    offer: &'a Offer,
    response: Response<()>,
    subprotocol: Option<&'a str>,
    extensions: Option<HeaderValue>,
    deflate: Option<Terms>,
}

impl Offer {
    /// Returns a builder for the response that opens the WebSocket.
    pub fn accept(&self) -> AcceptBuilder<'_> {
        AcceptBuilder::new(self)
    }
}

impl<'a> AcceptBuilder<'a> {
    /// Starts the response (RFC 6455, section 4.2.2, step 5, and RFC 8441, section 5).
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
            // The status stays 200: an extended CONNECT switches no protocol, and it has no key to
            // answer.
            Opening::Connect(version) => *response.version_mut() = *version,
        }
        Self { offer, response, subprotocol: None, extensions: None, deflate: None }
    }

    /// Chooses a subprotocol. Without this call, or with `None`, the response names none.
    /// [`Offer::choose_subprotocol`] returns one that the client offered.
    ///
    /// # Errors
    ///
    /// Returns [`WriteError::SubprotocolNotOffered`] if the client did not offer `subprotocol`.
    pub fn subprotocol<'s>(
        mut self,
        subprotocol: impl Into<Option<&'s str>>,
    ) -> Result<Self, WriteError> {
        self.subprotocol = match subprotocol.into() {
            Some(subprotocol) => {
                let chosen = self.offer.choose_subprotocol(&[subprotocol]);
                Some(chosen.ok_or(WriteError::SubprotocolNotOffered)?)
            }
            None => None,
        };
        Ok(self)
    }

    /// Chooses the first of the `supported` subprotocols that the client offers, or none. The order
    /// of `supported` is the server's preference.
    pub fn choose_subprotocol(mut self, supported: &[&str]) -> Self {
        self.subprotocol = self.offer.choose_subprotocol(supported);
        self
    }

    /// Chooses extensions. `extensions` is the value of `Sec-WebSocket-Extensions`, in the order in
    /// which the extensions apply. Without this call the response lists none of them.
    ///
    /// This method does not compare the parameters with the offer, because only the specification
    /// of each extension defines whether they fit.
    ///
    /// # Errors
    ///
    /// Returns an error if `extensions` is not a list of extensions, or if the client did not offer
    /// one of them.
    pub fn extensions(mut self, extensions: &str) -> Result<Self, WriteError> {
        require_offered_extensions(extensions, self.offer.extensions())?;
        let value = HeaderValue::from_str(extensions);
        self.extensions = Some(value.map_err(|_| WriteError::ExtensionNotOffered)?);
        Ok(self)
    }

    /// Accepts permessage-deflate ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)) if the
    /// client offers it on terms that fit `preferences`.
    ///
    /// The response lists permessage-deflate after the other extensions, and the [`Opened`] has the
    /// agreed terms. With `None` the response does not accept the extension.
    /// [`Config::deflate_preferences`](crate::websocket::Config::deflate_preferences) returns the
    /// preferences of a configuration.
    ///
    /// ```
    /// use websocket_proto::{deflate::Preferences, http::Offer};
    ///
    /// let request = http::Request::connect("https://server.example.com/chat")
    ///     .version(http::Version::HTTP_2)
    ///     .header("sec-websocket-extensions", "permessage-deflate; client_max_window_bits")
    ///     .header("sec-websocket-version", "13")
    ///     .body(())?;
    /// let offer = Offer::from_request(&request, Some("websocket"))?.expect("it has a protocol");
    ///
    /// let preferences = Preferences::new().server_no_context_takeover(true);
    /// let (response, opened) = offer.accept().deflate(preferences).open();
    /// assert!(opened.deflate_terms().expect("it is offered").server_no_context_takeover());
    /// assert_eq!(
    ///     response.headers()["sec-websocket-extensions"],
    ///     "permessage-deflate; server_no_context_takeover",
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn deflate(mut self, preferences: impl Into<Option<Preferences>>) -> Self {
        let preferences = preferences.into();
        self.deflate = preferences.and_then(|wanted| wanted.accept(self.offer.extensions()));
        self
    }

    /// Returns the response to send, and the result of the opening handshake. Pass the result to
    /// [`WebSocket::new`](crate::WebSocket::new).
    pub fn open(mut self) -> (Response<()>, Opened) {
        let opened =
            Opened::new().with_subprotocol(self.subprotocol).with_deflate_terms(self.deflate);
        let headers = self.response.headers_mut();
        // A token is always a valid header value.
        if let Some(Ok(subprotocol)) = self.subprotocol.map(HeaderValue::from_str) {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, subprotocol);
        }
        // RFC 6455, section 11.3.2: a response has this header only once.
        let extensions = match (self.extensions, self.deflate.map(|terms| terms.response())) {
            (Some(others), Some(deflate)) => {
                let both = [others.as_bytes(), b", ", deflate.as_bytes()].concat();
                HeaderValue::try_from(both).ok()
            }
            (None, Some(deflate)) => HeaderValue::from_str(&deflate).ok(),
            (others, None) => others,
        };
        if let Some(extensions) = extensions {
            headers.insert(SEC_WEBSOCKET_EXTENSIONS, extensions);
        }
        (self.response, opened)
    }
}
