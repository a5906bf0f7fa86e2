//! A request for a WebSocket, and the response that opens it
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4.2.2).

use alloc::borrow::Cow;
use alloc::format;
use core::fmt;

use ::http::StatusCode;
use ::tokio::runtime::Handle;
use axum_core::body::Body;
use axum_core::response::{IntoResponse as _, Response};
use bytes::BytesMut;
use hyper::upgrade::OnUpgrade;

use super::{ServerStream, UpgradeError, WebSocket};
use crate::connection::Server;
use crate::http::Offer;
use crate::websocket::Config;

/// Extracts a request for a WebSocket: an HTTP/1.1 upgrade (RFC 6455, section 4.2.1) or an extended
/// CONNECT over HTTP/2 (RFC 8441, section 5).
///
/// The handler returns the response of [`on_upgrade`](Self::on_upgrade). It can change the response
/// before that, for example to set a cookie. To refuse the request, the handler returns another
/// response, for example 403 if the [`origin`](Offer::origin) is not welcome (RFC 6455, section
/// 10.2):
///
/// ```
/// use axum::http::StatusCode;
/// use axum::response::{IntoResponse, Response};
/// use websocket_proto::axum::{Config, WebSocketUpgrade};
///
/// async fn handler(upgrade: WebSocketUpgrade) -> Response {
///     if upgrade.offer().origin().is_some_and(|origin| origin != "https://example.com") {
///         return StatusCode::FORBIDDEN.into_response();
///     }
///     upgrade
///         .protocols(["chat.v2", "chat.v1"])
///         .config(Config::new().max_message_size(64 * 1024))
///         .on_failed_upgrade(|error| eprintln!("{error}"))
///         .on_upgrade(async |mut socket| {
///             let greeting = format!("this is {}", socket.protocol().unwrap_or("chat"));
///             let _ = socket.send(greeting.into()).await;
///         })
/// }
/// # let _: axum::Router = axum::Router::new().route("/", axum::routing::any(handler));
/// ```
#[must_use = "a WebSocket opens only when the response of `on_upgrade` is returned"]
pub struct WebSocketUpgrade<F = fn(UpgradeError)> {
    offer: Offer,
    on_upgrade: OnUpgrade,
    config: Config,
    /// One of the subprotocols in the offer.
    protocol: Option<Cow<'static, str>>,
    on_failed_upgrade: F,
}

impl WebSocketUpgrade {
    pub(super) fn new(offer: Offer, on_upgrade: OnUpgrade) -> Self {
        let config = Config::new();
        Self { offer, on_upgrade, config, protocol: None, on_failed_upgrade: |_| () }
    }
}

impl<F> WebSocketUpgrade<F> {
    /// Returns the request with the offers of the client: its origin, subprotocols and extensions.
    #[must_use]
    pub const fn offer(&self) -> &Offer {
        &self.offer
    }

    /// Sets the configuration: limits, time limits, and permessage-deflate (RFC 7692). It replaces
    /// what earlier calls have set.
    ///
    /// If the configuration has permessage-deflate and the client offers it on terms that fit, the
    /// response accepts it.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Sets the largest size of a message, as [`Config::max_message_size`] does. `bytes` is a
    /// `usize` here, as in the extractor of axum.
    pub fn max_message_size(mut self, bytes: usize) -> Self {
        self.config.max_message_size = bytes as u64;
        self
    }

    /// Sets the largest payload of a frame, as [`Config::max_frame_size`] does.
    pub fn max_frame_size(mut self, bytes: usize) -> Self {
        self.config.max_frame_size = bytes as u64;
        self
    }

    /// Selects the first of the `supported` subprotocols that the client offers, or none. The order
    /// of `supported` is the server's preference.
    pub fn protocols<I>(mut self, supported: I) -> Self
    where
        I: IntoIterator<Item: Into<Cow<'static, str>>>,
    {
        let is_offered = |name: &Cow<'_, str>| self.offer.subprotocols().any(|one| one == name);
        self.protocol = supported.into_iter().map(Into::into).find(is_offered);
        self
    }

    /// Returns the subprotocols that the client offers, the preferred one first.
    pub fn requested_protocols(&self) -> impl Iterator<Item = &str> + Clone {
        self.offer.subprotocols()
    }

    /// Returns the subprotocol that [`protocols`](Self::protocols) has selected.
    #[must_use]
    pub fn selected_protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }

    /// Sets a function that is called instead of the callback of [`on_upgrade`](Self::on_upgrade)
    /// if no WebSocket can be opened. By default such an error is ignored.
    pub fn on_failed_upgrade<C>(self, callback: C) -> WebSocketUpgrade<C>
    where
        C: FnOnce(UpgradeError) + Send + 'static,
    {
        let Self { offer, on_upgrade, config, protocol, on_failed_upgrade: _ } = self;
        WebSocketUpgrade { offer, on_upgrade, config, protocol, on_failed_upgrade: callback }
    }

    /// Returns the response that opens the WebSocket, and runs `callback` in a task of its own once
    /// the response is written.
    ///
    /// The response has status 101 over HTTP/1.1, and 200 over HTTP/2. To refuse the request, return
    /// another response and do not call this method. hyper does not compare the response with the
    /// upgrade: if a middleware replaces the response over HTTP/1.1, hyper hands the connection to
    /// the task when the client leaves or has asked for `Connection: close`.
    ///
    /// A panic in `callback` ends only its task and its WebSocket. The task is not cancelled when
    /// the server shuts down.
    #[must_use = "a WebSocket opens only when this response is returned"]
    pub fn on_upgrade<C, Fut>(self, callback: C) -> Response
    where
        C: FnOnce(WebSocket) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
        F: FnOnce(UpgradeError) + Send + 'static,
    {
        let Self { offer, on_upgrade, config, protocol, on_failed_upgrade } = self;
        let Ok(runtime) = Handle::try_current() else {
            let text = format!("{}\n", UpgradeError::NoRuntime);
            on_failed_upgrade(UpgradeError::NoRuntime);
            return (StatusCode::INTERNAL_SERVER_ERROR, text).into_response();
        };
        let accept = offer.accept().choose_subprotocol(protocol.as_deref().as_slice());
        let (response, opened) = accept.deflate(config.deflate_preferences()).open();
        runtime.spawn(async move {
            match on_upgrade.await {
                Ok(stream) => {
                    // hyper returns the bytes that it has already read from this stream too.
                    let input = BytesMut::new();
                    let stream = ServerStream::from_parts(stream, Server, config, opened, input);
                    callback(WebSocket::from(stream)).await;
                }
                Err(error) => on_failed_upgrade(error.into()),
            }
        });
        response.map(|()| Body::empty())
    }
}

/// Shows no offered subprotocols. A page in a browser can pass a token only there or in the URL.
impl<F> fmt::Debug for WebSocketUpgrade<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocketUpgrade")
            .field("offer", &self.offer)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
