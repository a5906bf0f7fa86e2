//! The refusal of requests over HTTP/1.1 (RFC 6455, section 4.2.2). `http2` has those over HTTP/2.

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use support::transport::within;
use websocket_proto::axum::rejection::WebSocketUpgradeRejection;
use websocket_proto::axum::{OfferError, RequestError, WebSocketUpgrade};

use crate::server::{UPGRADE, UPGRADE_OR_CLOSE, echo, exchange, serve};

async fn handler(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(echo)
}

fn router() -> Router {
    Router::new().route("/", any(handler)).route("/get", get(handler))
}

#[tokio::test]
async fn each_error_has_its_status_its_headers_and_a_line_of_text() {
    let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let requests = [
        // A request that does not ask for a WebSocket.
        ("GET / HTTP/1.1", "Connection: close\r\n".into(), 426, "upgrade: websocket"),
        ("POST / HTTP/1.1", "Connection: close\r\n".into(), 426, "connection: upgrade"),
        // Another version, or none.
        (
            "GET / HTTP/1.1",
            format!("{upgrade}{key}Sec-WebSocket-Version: 8\r\n"),
            426,
            "sec-websocket-version: 13",
        ),
        ("GET / HTTP/1.1", format!("{upgrade}{key}"), 426, "sec-websocket-version: 13"),
        // A bad key, and none.
        (
            "GET / HTTP/1.1",
            format!("{upgrade}Sec-WebSocket-Key: short\r\nSec-WebSocket-Version: 13\r\n"),
            400,
            "connection: close",
        ),
        (
            "GET / HTTP/1.1",
            format!("{upgrade}Sec-WebSocket-Version: 13\r\n"),
            400,
            "connection: close",
        ),
        // Another method. axum refuses it by itself if the route has only GET.
        ("POST / HTTP/1.1", UPGRADE.into(), 405, "allow: get"),
        ("POST /get HTTP/1.1", UPGRADE_OR_CLOSE.into(), 405, "allow: get,head"),
        // HTTP/1.0 has no upgrades.
        ("GET / HTTP/1.0", UPGRADE.into(), 505, "connection: close"),
        // A body would be read as frames.
        ("GET / HTTP/1.1", format!("{UPGRADE}Content-Length: 1\r\n"), 400, "connection: close"),
        (
            "GET / HTTP/1.1",
            format!("{UPGRADE}Sec-WebSocket-Protocol: a, a\r\n"),
            400,
            "connection: close",
        ),
        (
            "GET / HTTP/1.1",
            format!("{UPGRADE}Sec-WebSocket-Extensions: =\r\n"),
            400,
            "connection: close",
        ),
    ];
    within(async {
        let address = serve(router()).await;
        for (line, headers, status, header) in requests {
            let request = format!("{line}\r\nHost: a\r\n{headers}\r\n");
            let answer = exchange(address, &request).await.to_lowercase();
            let version = if line.ends_with('0') { "1.0" } else { "1.1" };
            assert!(
                answer.starts_with(&format!("http/{version} {status} ")),
                "{request}: {answer}"
            );
            assert!(answer.contains(&format!("\r\n{header}")), "{request}: {answer}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_server_goes_on_after_a_refusal() {
    within(async {
        let address = serve(router()).await;
        let page = "GET / HTTP/1.1\r\nHost: a\r\n";
        // The second request comes on the same connection, because 426 leaves it open.
        let answer = exchange(address, &format!("{page}\r\n{page}Connection: close\r\n\r\n")).await;
        assert_eq!(answer.matches("HTTP/1.1 426 ").count(), 2, "{answer}");
    })
    .await;
}

/// Answers with the error that the extractor has found.
async fn report(upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>) -> Response {
    let Err(rejection) = upgrade else { return "no error".into_response() };
    assert!(matches!(
        rejection,
        WebSocketUpgradeRejection::Offer(OfferError::Upgrade(RequestError::Key))
    ));
    (StatusCode::IM_A_TEAPOT, format!("{}, {rejection}", rejection.status())).into_response()
}

#[tokio::test]
async fn a_handler_can_answer_an_error_itself() {
    within(async {
        let address = serve(Router::new().route("/", any(report))).await;
        let headers = UPGRADE_OR_CLOSE.replace("dGhlIHNhbXBsZSBub25jZQ==", "AA==");
        let request = format!("GET / HTTP/1.1\r\nHost: a\r\n{headers}\r\n");
        let answer = exchange(address, &request).await;
        assert!(answer.starts_with("HTTP/1.1 418 "), "{answer}");
        let text = "400 Bad Request, the Sec-WebSocket-Key header is not 16 bytes in base64";
        assert!(answer.ends_with(text), "{answer}");
    })
    .await;
}
