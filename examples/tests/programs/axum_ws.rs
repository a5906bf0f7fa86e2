//! `axum::extract::ws` on this crate: an extractor with the methods of axum's own, and the
//! conversations of its servers with clients.
//!
//! The extractor uses only documented items, as the code of an application does.

use std::borrow::Cow;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::Extensions;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use websocket_proto::connection::Server;
use websocket_proto::http::{Offer, OfferError};
use websocket_proto::tokio::WebSocketStream;
use websocket_proto::websocket::Config;

/// A `Stream` and a `Sink` of messages. Its `subprotocol()` is axum's `protocol()`.
type WebSocket = WebSocketStream<TokioIo<Upgraded>, Server>;

/// Extracts a request for a WebSocket: an HTTP/1.1 upgrade, or an extended CONNECT over HTTP/2.
struct WebSocketUpgrade {
    offer: Offer,
    on_upgrade: OnUpgrade,
    config: Config,
    protocol: Option<Cow<'static, str>>,
}

impl<S: Sync> FromRequestParts<S> for WebSocketUpgrade {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        let offer = Offer::from_parts(parts, connect_protocol(&parts.extensions))?;
        let (offer, on_upgrade) = offer
            .zip(parts.extensions.remove::<OnUpgrade>())
            .ok_or(OfferError::NotWebSocket(parts.version))?;
        Ok(Self { offer, on_upgrade, config: Config::new(), protocol: None })
    }
}

/// Returns the `:protocol` of an extended CONNECT, where hyper keeps it.
#[cfg(feature = "http2")]
fn connect_protocol(extensions: &Extensions) -> Option<&str> {
    extensions.get::<hyper::ext::Protocol>().map(hyper::ext::Protocol::as_str)
}

#[cfg(not(feature = "http2"))]
const fn connect_protocol(_: &Extensions) -> Option<&str> {
    None
}

/// The refusal of a request that asks for no WebSocket, or for none that the server can open.
struct Rejection(OfferError);

impl From<OfferError> for Rejection {
    fn from(error: OfferError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        self.0.response().into_response()
    }
}

impl WebSocketUpgrade {
    /// Chooses the first of the `supported` subprotocols that the client offers, or none.
    fn protocols<I>(mut self, supported: I) -> Self
    where
        I: IntoIterator<Item: Into<Cow<'static, str>>>,
    {
        let is_offered = |name: &Cow<'_, str>| self.offer.subprotocols().any(|one| one == name);
        self.protocol = supported.into_iter().map(Into::into).find(is_offered);
        self
    }

    fn max_message_size(mut self, bytes: u64) -> Self {
        self.config = self.config.max_message_size(bytes);
        self
    }

    /// Compresses if the client wants it too. axum has no such method.
    #[cfg(feature = "deflate")]
    fn deflate(mut self, deflate: websocket_proto::deflate::DeflateConfig) -> Self {
        self.config = self.config.deflate(deflate);
        self
    }

    /// Returns the response that opens the WebSocket. Runs `callback` once it is open.
    fn on_upgrade<F>(self, callback: impl FnOnce(WebSocket) -> F + Send + 'static) -> Response
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let Self { offer, on_upgrade, config, protocol } = self;
        let accept = offer.accept().choose_subprotocol(protocol.as_deref().as_slice());
        let (response, opened) = accept.deflate(config.deflate_preferences()).open();
        tokio::spawn(async move {
            match on_upgrade.await.map(TokioIo::new) {
                Ok(stream) => {
                    let input = BytesMut::new();
                    let socket = WebSocket::from_parts(stream, Server, config, opened, input);
                    callback(socket).await;
                }
                Err(error) => eprintln!("the connection did not become a WebSocket: {error}"),
            }
        });
        response.map(|()| Body::empty())
    }
}

mod conversations {
    use std::net::SocketAddr;

    use axum::Router;
    use axum::routing::get;
    use tokio::net::TcpListener;
    use websocket_proto::io::ConnectOptions;
    use websocket_proto::tokio::connect;
    use websocket_proto::{CloseCode, Message};

    use super::{Response, WebSocket, WebSocketUpgrade};
    use crate::http1::exchange;
    use crate::server::within;

    const LIMIT: u64 = 1000;

    pub(super) async fn echo_handler(upgrade: WebSocketUpgrade) -> Response {
        upgrade.max_message_size(LIMIT).on_upgrade(echo)
    }

    pub(super) async fn echo(mut socket: WebSocket) {
        while let Some(Ok(message)) = socket.next().await {
            if message.is_data() && socket.feed(message).await.is_err() {
                break;
            }
        }
        // A Close that reports an error has to arrive.
        let _ = socket.finish().await;
    }

    /// Tells the client which subprotocol was chosen.
    async fn protocol_handler(upgrade: WebSocketUpgrade) -> Response {
        upgrade.protocols(["chat.v2", "chat.v1"]).on_upgrade(|mut socket| async move {
            let protocol = socket.subprotocol().unwrap_or("none").to_owned();
            let _ = socket.send(protocol).await;
            let _ = socket.close(CloseCode::NORMAL, "").await;
            let _ = socket.finish().await;
        })
    }

    /// Serves on a port of the system's choice, until the test ends.
    async fn serve() -> SocketAddr {
        let router =
            Router::new().route("/echo", get(echo_handler)).route("/chat", get(protocol_handler));
        serve_router(router).await
    }

    pub(super) async fn serve_router(router: Router) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    #[tokio::test]
    async fn messages_are_echoed_and_the_connection_closes_cleanly() {
        within(async {
            let address = serve().await;
            let mut socket = connect(format!("ws://{address}/echo")).await.expect("a WebSocket");
            for message in [Message::text("Hello"), Message::binary(vec![7; 1000])] {
                socket.send(message.clone()).await.expect("it is sent");
                assert_eq!(socket.next().await.expect("an echo").expect("no error"), message);
            }
            socket.close(CloseCode::NORMAL, "done").await.expect("it is sent");
            socket.finish().await.expect("a clean end");
        })
        .await;
    }

    #[tokio::test]
    async fn a_message_over_the_limit_is_answered_with_1009() {
        within(async {
            let address = serve().await;
            let mut socket = connect(format!("ws://{address}/echo")).await.expect("a WebSocket");
            socket.send(vec![0; 1001]).await.expect("it is sent");
            let answer = socket.next().await.expect("a Close").expect("no error");
            let Message::Close(Some(close)) = answer else { panic!("{answer:?}") };
            assert_eq!(close.code(), CloseCode::TOO_BIG);
        })
        .await;
    }

    #[tokio::test]
    async fn the_server_prefers_among_the_subprotocols_of_the_client() {
        let offers: [(&[&str], Option<&str>); 4] = [
            (&["chat.v1", "chat.v2"], Some("chat.v2")),
            (&["soap", "chat.v1"], Some("chat.v1")),
            (&["soap"], None),
            (&[], None),
        ];
        within(async {
            let url = format!("ws://{}/chat", serve().await);
            for (offered, chosen) in offers {
                let options = ConnectOptions::new(&url).expect("a URL");
                let options = options.subprotocols(offered).expect("tokens");
                let mut socket = connect(options).await.expect("a WebSocket");
                assert_eq!(socket.subprotocol(), chosen);
                let told = socket.next().await.expect("a message").expect("no error");
                assert_eq!(told.as_text(), Some(chosen.unwrap_or("none")));
                socket.finish().await.expect("a clean end");
            }
        })
        .await;
    }

    #[tokio::test]
    async fn a_request_that_opens_no_websocket_gets_the_response_of_the_error() {
        const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
        let requests = [
            ("Connection: close\r\n".to_owned(), "426", "upgrade: websocket"),
            (format!("{UPGRADE}Sec-WebSocket-Version: 8\r\n"), "426", "sec-websocket-version: 13"),
            (format!("{UPGRADE}Sec-WebSocket-Version: 13\r\n"), "400", "connection: close"),
        ];
        within(async {
            let address = serve().await;
            for (headers, status, header) in requests {
                let request = format!("GET /echo HTTP/1.1\r\nHost: a\r\n{headers}\r\n");
                let answer = exchange(address, &request).await.to_lowercase();
                assert!(answer.starts_with(&format!("http/1.1 {status} ")), "{answer}");
                assert!(answer.contains(&format!("\r\n{header}\r\n")), "{answer}");
            }
        })
        .await;
    }
}

#[cfg(feature = "deflate")]
mod compressed {
    use axum::Router;
    use axum::routing::get;
    use websocket_proto::Message;
    use websocket_proto::deflate::{DeflateConfig, Preferences};
    use websocket_proto::io::ConnectOptions;
    use websocket_proto::tokio::connect;
    use websocket_proto::websocket::Config;

    use super::conversations::{echo, echo_handler, serve_router};
    use super::{Response, WebSocketUpgrade};
    use crate::server::within;

    async fn compressing_handler(upgrade: WebSocketUpgrade) -> Response {
        let preferences = Preferences::new().server_max_window_bits(10);
        upgrade.deflate(DeflateConfig::new().preferences(preferences)).on_upgrade(echo)
    }

    #[tokio::test]
    async fn messages_are_compressed_if_both_sides_want_it() {
        let router = Router::new()
            .route("/plain", get(echo_handler))
            .route("/compressing", get(compressing_handler));
        let message = Message::text("Hello".repeat(100));
        within(async {
            let address = serve_router(router).await;
            for (path, wanted, window_bits) in [
                ("compressing", true, Some(10)),
                ("compressing", false, None),
                ("plain", true, None),
            ] {
                let url = format!("ws://{address}/{path}");
                let mut options = ConnectOptions::new(&url).expect("a URL");
                if wanted {
                    options = options.config(Config::new().deflate(DeflateConfig::new()));
                }
                let mut socket = connect(options).await.expect("a WebSocket");
                let terms = socket.deflate_terms();
                assert_eq!(terms.map(|terms| terms.server_max_window_bits()), window_bits);
                socket.send(message.clone()).await.expect("it is sent");
                assert_eq!(socket.next().await.expect("an echo").expect("no error"), message);
            }
        })
        .await;
    }
}

/// Extended CONNECT (RFC 8441). hyper calls the same handler, because axum is built without HTTP/2
/// here.
#[cfg(feature = "http2")]
mod http2 {
    use std::convert::Infallible;
    use std::net::SocketAddr;

    use axum::body::Body;
    use axum::handler::Handler as _;
    use hyper::Request;
    use hyper::body::Incoming;
    use hyper::server::conn::http2;
    use hyper::service::service_fn;
    use hyper_util::rt::{TokioExecutor, TokioIo};
    use tokio::net::TcpListener;
    use websocket_proto::http::PROTOCOL;
    use websocket_proto::{CloseCode, Message};

    use super::conversations::echo_handler;
    use crate::http2::{REQUEST, Stream, connect, http2};
    use crate::server::within;

    /// Serves one connection.
    async fn serve() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await?;
            let handler = service_fn(|request: Request<Incoming>| async {
                Ok::<_, Infallible>(echo_handler.call(request.map(Body::new), ()).await)
            });
            let mut builder = http2::Builder::new(TokioExecutor::new());
            builder.enable_connect_protocol();
            let served = builder.serve_connection(TokioIo::new(stream), handler).await;
            served.map_err(std::io::Error::other)
        });
        address
    }

    #[tokio::test]
    async fn the_same_handler_opens_a_websocket_on_a_stream_of_http2() {
        within(async {
            let http2 = http2(serve().await).await;
            let mut stream = Stream::open(&http2, 1).await;
            stream.send(Message::text("Hello"));
            assert_eq!(stream.receive().await, Message::text("Hello"));
            stream.send(Message::close(CloseCode::NORMAL, "").expect("a code"));
            assert!(stream.receive().await.is_close());
        })
        .await;
    }

    #[tokio::test]
    async fn another_version_of_websockets_is_refused_over_http2() {
        within(async {
            let http2 = http2(serve().await).await;
            let (response, _) = connect(&http2, &REQUEST, PROTOCOL, "8").await;
            assert_eq!(response.status(), 400);
            assert_eq!(response.headers()["sec-websocket-version"], "13");
        })
        .await;
    }
}
