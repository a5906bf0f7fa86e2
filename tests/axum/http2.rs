//! WebSockets on streams of HTTP/2 (RFC 8441).

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, Version};
use axum::routing::any;
use hyper::body::Incoming;
use support::transport::within;
use websocket_proto::axum::{CloseCode, Config, Message, WebSocketUpgrade};

use crate::http2_client::{Http2, Http2Stream, request};
use crate::server::{echo, open, serve};

async fn server() -> SocketAddr {
    let handler = async |upgrade: WebSocketUpgrade, version: Version| {
        assert!(version == Version::HTTP_2 || version == Version::HTTP_11);
        upgrade.max_message_size(200_000).protocols(["chat"]).on_upgrade(echo)
    };
    let page = async |upgrade: Option<WebSocketUpgrade>| {
        assert!(upgrade.is_none());
        "a page"
    };
    let router = Router::new().nest("/api", Router::new().route("/ws", any(handler)));
    serve(router.route("/", any(page))).await
}

async fn exchange(socket: &mut Http2Stream, message: Message) {
    socket.send(message.clone()).await.expect("it is sent");
    assert_eq!(socket.next().await.expect("an echo").expect("no error"), message);
}

#[tokio::test]
async fn one_handler_opens_websockets_over_both_versions() {
    within(async {
        let address = server().await;
        let mut http2 = Http2::connect(address).await;
        let asked = request("/api/ws").subprotocols(&["soap", "chat"]);
        let mut one = http2.open(&asked, Config::new()).await;
        let mut two = http2.open(&request("/api/ws"), Config::new()).await;
        assert_eq!(one.subprotocol(), Some("chat"));
        assert_eq!(two.subprotocol(), None);
        for round in 0..5 {
            // More than the window of a stream, 64 KiB.
            exchange(&mut one, Message::binary(vec![round; 150_000])).await;
            exchange(&mut two, Message::text(format!("round {round}"))).await;
        }
        one.close(CloseCode::NORMAL, "done").await.expect("it is sent");
        one.finish().await.expect("a clean end");
        exchange(&mut two, Message::text("still here")).await;

        let mut http1 = open(address, "/api/ws").await;
        http1.send("Hello").await.expect("it is sent");
        assert_eq!(http1.next().await.expect("an echo").expect("no error"), Message::text("Hello"));
    })
    .await;
}

#[tokio::test]
async fn a_message_over_the_limit_ends_its_own_stream_with_1009() {
    within(async {
        let mut http2 = Http2::connect(server().await).await;
        let mut bad = http2.open(&request("/api/ws"), Config::new()).await;
        let mut good = http2.open(&request("/api/ws"), Config::new()).await;
        bad.send(vec![0; 200_001]).await.expect("it is sent");
        let answer = bad.next().await.expect("a Close").expect("no error");
        let Message::Close(Some(close)) = answer else { panic!("{answer:?}") };
        assert_eq!(close.code(), CloseCode::TOO_BIG);
        exchange(&mut good, Message::text("Hello")).await;
    })
    .await;
}

#[tokio::test]
async fn refusals_over_http2_have_its_statuses_and_no_header_of_http1() {
    async fn expect(response: Response<Incoming>, status: StatusCode) {
        assert_eq!(response.status(), status);
        for absent in ["upgrade", "connection"] {
            assert!(!response.headers().contains_key(absent), "{absent}");
        }
    }
    within(async {
        let mut http2 = Http2::connect(server().await).await;
        // RFC 9220, section 3: another protocol.
        let response = http2.ask(&request("/api/ws"), "connect-udp").await;
        expect(response, StatusCode::NOT_IMPLEMENTED).await;
        // RFC 6455, section 4.4: another version. 426 would need `Upgrade`.
        let asked = Request::connect("http://127.0.0.1/api/ws")
            .header("sec-websocket-version", "8")
            .extension(hyper::ext::Protocol::from_static("websocket"));
        let response = http2.send(asked.body(Body::empty()).expect("a request")).await;
        assert_eq!(response.headers()["sec-websocket-version"], "13");
        expect(response, StatusCode::BAD_REQUEST).await;
        // A page where there are only WebSockets, and the other way round.
        let page = Request::get("http://127.0.0.1/api/ws").body(Body::empty());
        let response = http2.send(page.expect("a request")).await;
        expect(response, StatusCode::BAD_REQUEST).await;
        let response = http2.ask(&request("/elsewhere"), "websocket").await;
        expect(response, StatusCode::NOT_FOUND).await;

        let mut socket = http2.open(&request("/api/ws"), Config::new()).await;
        exchange(&mut socket, Message::text("Hello")).await;
    })
    .await;
}

#[cfg(feature = "deflate")]
#[tokio::test]
async fn each_stream_is_compressed_on_its_own_terms() {
    use websocket_proto::axum::{DeflateConfig, Preferences};

    let handler = async |upgrade: WebSocketUpgrade| {
        upgrade.config(Config::new().deflate(DeflateConfig::new())).on_upgrade(echo)
    };
    within(async {
        let address = serve(Router::new().route("/ws", any(handler))).await;
        let mut http2 = Http2::connect(address).await;
        for window_bits in [9, 15] {
            let preferences = Preferences::new().server_max_window_bits(window_bits);
            let asked = request("/ws").deflate(preferences);
            let config = Config::new().deflate(DeflateConfig::new().preferences(preferences));
            let mut socket = http2.open(&asked, config).await;
            let terms = socket.deflate_terms().expect("both want it");
            assert_eq!(terms.server_max_window_bits(), window_bits);
            exchange(&mut socket, Message::text("Hello, ".repeat(10_000))).await;
        }
        let mut plain = http2.open(&request("/ws"), Config::new()).await;
        assert!(plain.deflate_terms().is_none());
        exchange(&mut plain, Message::text("Hello")).await;
    })
    .await;
}
