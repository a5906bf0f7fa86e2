//! `on_failed_upgrade`, and responses that open no WebSocket.

use std::convert::Infallible;
use std::error::Error as _;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request};
use axum::handler::Handler as _;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::any;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use support::transport::{run, within};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use websocket_proto::axum::{UpgradeError, WebSocketUpgrade};

use crate::http2_client::{Http2, request};
use crate::server::{UPGRADE, exchange, serve};

/// Accepts, and passes a failure on.
fn accept(upgrade: WebSocketUpgrade, failures: UnboundedSender<UpgradeError>) -> Response {
    let upgrade = upgrade.on_failed_upgrade(move |error| {
        let _ = failures.send(error);
    });
    upgrade.on_upgrade(async |_| panic!("there is no WebSocket"))
}

#[tokio::test]
async fn it_is_called_if_a_stream_of_http2_is_refused_after_all() {
    let (sender, mut failures) = unbounded_channel();
    let handler = async move |upgrade: WebSocketUpgrade| {
        drop(accept(upgrade, sender));
        StatusCode::FORBIDDEN
    };
    // A failure is ignored if nothing is set.
    let ignoring = async |upgrade: WebSocketUpgrade| {
        drop(upgrade.on_upgrade(async |_| panic!("there is no WebSocket")));
        StatusCode::FORBIDDEN
    };
    let router = Router::new().route("/ignoring", any(ignoring)).route("/", any(handler));
    within(async {
        let mut http2 = Http2::connect(serve(router).await).await;
        for path in ["/ignoring", "/"] {
            let response = http2.ask(&request(path), "websocket").await;
            assert_eq!(response.status(), StatusCode::FORBIDDEN);
        }
        let error = failures.recv().await.expect("it failed");
        assert!(matches!(error, UpgradeError::NotHandedOver(_)), "{error:?}");
        assert!(error.source().is_some());
        // A program that has `axum::Error` in its own functions converts it with `?`.
        let text = "the HTTP server did not hand over the connection for the WebSocket";
        assert_eq!(axum::Error::from(error).to_string(), text);
    })
    .await;
}

#[tokio::test]
async fn it_is_called_if_the_server_hands_no_connection_over() {
    let (sender, mut failures) = unbounded_channel();
    within(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("a connection");
            let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                let sender = sender.clone();
                let handler = async |upgrade: WebSocketUpgrade| accept(upgrade, sender);
                async { Ok::<_, Infallible>(handler.call(request.map(Body::new), ()).await) }
            });
            // There is no `with_upgrades` after it.
            http1::Builder::new().serve_connection(TokioIo::new(stream), service).await
        });
        let request = format!("GET / HTTP/1.1\r\nHost: a\r\n{UPGRADE}\r\n");
        let answer = exchange(address, &request).await;
        assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
        let error = failures.recv().await;
        assert!(matches!(error, Some(UpgradeError::NotHandedOver(_))), "{error:?}");
    })
    .await;
}

/// Extracts from a request whose connection cannot be handed over. The extractor does not wait for
/// anything.
fn extract() -> WebSocketUpgrade {
    let request = Request::get("/")
        .header("host", "server.example.com")
        .header("upgrade", "websocket")
        .header("connection", "Upgrade")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .header("sec-websocket-version", "13")
        .extension(hyper::upgrade::on(Request::new(Body::empty())))
        .body(Body::empty());
    let (mut parts, _) = request.expect("a request").into_parts();
    let upgrade = run(WebSocketUpgrade::from_request_parts(&mut parts, &()));
    upgrade.expect("it does not wait").expect("a good request")
}

#[test]
fn it_is_called_outside_of_a_runtime_and_nothing_panics() {
    let (sender, mut failures) = unbounded_channel();
    let response = accept(extract(), sender);
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(matches!(failures.try_recv(), Ok(UpgradeError::NoRuntime)));
}
