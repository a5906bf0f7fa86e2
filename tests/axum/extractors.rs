//! The extractor beside other extractors, in nested routers, and without a server.

use std::fmt::Debug;
use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequestParts, Path, Request, State};
use axum::handler::Handler as _;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use support::transport::{run, within};
use websocket_proto::CloseCode;
use websocket_proto::axum::rejection::WebSocketUpgradeRejection;
use websocket_proto::axum::{UpgradedTransport, WebSocket, WebSocketUpgrade};
use websocket_proto::tokio::{ClientStream, ConnectOptions, MaybeTlsStream, connect};

use crate::server::{UPGRADE, UPGRADE_OR_CLOSE, echo, exchange, open, serve};

/// Returns the response that opens a WebSocket which sends `text` and closes.
fn say(upgrade: WebSocketUpgrade, text: String) -> Response {
    upgrade.on_upgrade(async move |mut socket| {
        let _ = socket.send(text.into()).await;
        let _ = socket.close(CloseCode::NORMAL, "").await;
        let _ = socket.finish().await;
    })
}

async fn said(socket: &mut ClientStream<MaybeTlsStream>) -> String {
    let message = socket.next().await.expect("a message").expect("no error");
    message.as_text().expect("text").to_owned()
}

async fn first(
    upgrade: WebSocketUpgrade,
    path: Path<String>,
    state: State<&'static str>,
) -> Response {
    say(upgrade, format!("{} {}", path.0, state.0))
}

async fn between(path: Path<String>, upgrade: WebSocketUpgrade, headers: HeaderMap) -> Response {
    say(upgrade, format!("{} {:?}", path.0, headers[header::USER_AGENT]))
}

async fn last(
    method: Method,
    path: Path<String>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    upgrade: WebSocketUpgrade,
) -> Response {
    say(upgrade, format!("{} {method} {}", path.0, client.ip()))
}

async fn before_the_request(upgrade: WebSocketUpgrade, request: Request) -> Response {
    say(upgrade, request.uri().to_string())
}

#[tokio::test]
async fn it_stands_at_any_place_among_other_extractors() {
    let router = Router::new()
        .route("/first/{name}", any(first))
        .route("/between/{name}", any(between))
        .route("/last/{name}", any(last))
        .route("/request/{name}", any(before_the_request))
        .with_state("state");
    within(async {
        let address = serve(router).await;
        for (path, expected) in [
            ("first", "Ada state"),
            ("between", "Ada \"tests\""),
            ("last", "Ada GET 127.0.0.1"),
            ("request", "/request/Ada"),
        ] {
            let options = ConnectOptions::new(&format!("ws://{address}/{path}/Ada"));
            let options = options.expect("a URL").header("User-Agent", "tests").expect("a header");
            let mut socket = connect(options).await.expect("a WebSocket");
            assert_eq!(said(&mut socket).await, expected);
        }
    })
    .await;
}

#[tokio::test]
async fn it_works_in_nested_and_merged_routers_and_behind_layers() {
    async fn set_cookie(mut response: Response) -> Response {
        response.headers_mut().insert(header::SET_COOKIE, "id=1".parse().expect("a value"));
        response
    }
    let handler = async |upgrade: WebSocketUpgrade| say(upgrade, "here".into());
    let inner = Router::new().route("/ws", any(handler)).route("/", any(handler));
    let router = Router::new()
        .nest("/api", Router::new().nest("/v1", inner))
        .merge(Router::new().route("/get", get(handler)))
        .fallback(handler)
        .layer(axum::middleware::map_response(set_cookie));
    within(async {
        let address = serve(router).await;
        for path in ["/api/v1/ws", "/api/v1/ws?a=b", "/api/v1/", "/get", "/elsewhere"] {
            let mut socket = open(address, path).await;
            let cookie = socket.opened().answer().expect("a response").header("Set-Cookie");
            assert_eq!(cookie, Some(&b"id=1"[..]));
            assert_eq!(said(&mut socket).await, "here");
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_and_its_websocket_have_one_path() {
    async fn page(upgrade: Option<WebSocketUpgrade>, method: Method, body: String) -> Response {
        match upgrade {
            Some(upgrade) => upgrade.on_upgrade(echo),
            None => format!("{method} with {body:?}").into_response(),
        }
    }
    within(async {
        let address = serve(Router::new().route("/", any(page))).await;
        let mut socket = open(address, "/").await;
        socket.send("Hello").await.expect("it is sent");
        assert_eq!(said(&mut socket).await, "Hello");

        let page = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        assert!(exchange(address, page).await.ends_with("\r\n\r\nGET with \"\""));
        // A later extractor gets the body.
        let post =
            "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nHello";
        assert!(exchange(address, post).await.ends_with("\r\n\r\nPOST with \"Hello\""));
        // A request that asks for a WebSocket and breaks a rule is not treated as a request for a
        // page.
        let bad = UPGRADE.replace("Version: 13", "Version: 8");
        let answer = exchange(address, &format!("GET / HTTP/1.1\r\nHost: a\r\n{bad}\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 426 "), "{answer}");
    })
    .await;
}

#[tokio::test]
async fn of_two_extractors_in_one_handler_the_second_is_refused() {
    let handler = async |one: WebSocketUpgrade, _two: WebSocketUpgrade| one.on_upgrade(echo);
    within(async {
        let address = serve(Router::new().route("/", any(handler))).await;
        let request = format!("GET / HTTP/1.1\r\nHost: a\r\n{UPGRADE_OR_CLOSE}\r\n");
        let answer = exchange(address, &request).await;
        assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
        let text = "the HTTP server has no connection to hand over for the WebSocket\n";
        assert!(answer.ends_with(text), "{answer}");
    })
    .await;
}

fn request() -> Request {
    Request::get("/")
        .header("host", "server.example.com")
        .header("upgrade", "websocket")
        .header("connection", "Upgrade")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .header("sec-websocket-version", "13")
        .body(Body::empty())
        .expect("a request")
}

#[tokio::test]
async fn a_server_without_upgrades_gets_status_500() {
    let handler = async |upgrade: WebSocketUpgrade| upgrade.on_upgrade(echo);
    let response = handler.call(request(), ()).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);

    let (mut parts, _) = request().into_parts();
    let extracted = WebSocketUpgrade::from_request_parts(&mut parts, &()).await;
    let rejection = extracted.expect_err("there is no connection");
    assert_eq!(rejection, WebSocketUpgradeRejection::ConnectionNotUpgradable);
    assert_eq!(rejection.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[test]
fn extraction_never_waits() {
    let (mut parts, _) = request().into_parts();
    let on_upgrade = hyper::upgrade::on(Request::new(Body::empty()));
    parts.extensions.insert(on_upgrade);
    let upgrade = run(WebSocketUpgrade::from_request_parts(&mut parts, &()));
    let upgrade = upgrade.expect("it does not wait").expect("a good request");
    assert_eq!(upgrade.offer().origin(), None);
    assert_eq!(parts.headers.len(), 5);
}

#[test]
fn its_types_go_where_a_handler_needs_them() {
    const fn movable<T: Send + Unpin + Debug + 'static>() {}
    const fn shared<T: Send + Sync + Unpin + Debug + 'static>() {}
    movable::<WebSocket>();
    movable::<UpgradedTransport>();
    movable::<websocket_proto::axum::ReadHalf>();
    movable::<websocket_proto::axum::WriteHalf>();
    shared::<WebSocketUpgrade>();
    shared::<WebSocketUpgradeRejection>();
    shared::<websocket_proto::axum::UpgradeError>();
}
