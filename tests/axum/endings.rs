//! How connections end: by either side, by an error, and without a Close.

use std::future::IntoFuture as _;

use axum::Router;
use axum::routing::any;
use support::transport::within;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use websocket_proto::axum::{CloseCode, Config, Endpoint, Error, Message, WebSocketUpgrade};

use crate::server::{echo, open, serve};

#[tokio::test]
async fn a_message_over_the_limit_is_answered_with_1009() {
    let router = Router::new()
        .route(
            "/config",
            any(async |upgrade: WebSocketUpgrade| {
                upgrade.config(Config::new().max_message_size(1000)).on_upgrade(echo)
            }),
        )
        .route(
            "/message",
            any(async |upgrade: WebSocketUpgrade| upgrade.max_message_size(1000).on_upgrade(echo)),
        )
        .route(
            "/frame",
            any(async |upgrade: WebSocketUpgrade| upgrade.max_frame_size(1000).on_upgrade(echo)),
        );
    within(async {
        let address = serve(router).await;
        for path in ["/config", "/message", "/frame"] {
            let mut socket = open(address, path).await;
            socket.send(vec![0; 1000]).await.expect("it is sent");
            assert_eq!(socket.next().await.expect("an echo").expect("no error").len(), 1000);
            socket.send(vec![0; 1001]).await.expect("it is sent");
            let answer = socket.next().await.expect("a Close").expect("no error");
            let Message::Close(Some(close)) = answer else { panic!("{answer:?}") };
            assert_eq!(close.code(), CloseCode::TOO_BIG);
        }
    })
    .await;
}

#[tokio::test]
async fn a_handler_learns_how_the_client_closed() {
    let (ended, mut endings) = mpsc::unbounded_channel();
    let handler = async move |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async move |mut socket| {
            let close = socket.recv().await.expect("a Close").expect("no error");
            assert!(socket.recv().await.is_none());
            let info = socket.close_info().expect("it is over");
            let _ = ended.send((close, info.code, info.began, info.is_clean));
        })
    };
    within(async {
        let mut socket = open(serve(Router::new().route("/", any(handler))).await, "/").await;
        socket.close(CloseCode(4000), "bye").await.expect("it is sent");
        socket.finish().await.expect("a clean end");
        let (close, code, began, is_clean) = endings.recv().await.expect("it is over");
        assert_eq!(close, Message::close(CloseCode(4000), "bye").expect("a code"));
        assert_eq!((code, began, is_clean), (CloseCode(4000), Some(Endpoint::Peer), true));
    })
    .await;
}

#[tokio::test]
async fn a_handler_closes_gracefully() {
    let (ended, mut endings) = mpsc::unbounded_channel();
    let handler = async move |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async move |mut socket| {
            socket.close(CloseCode::GOING_AWAY, "later").await.expect("it is sent");
            let _ = ended.send(socket.finish().await);
        })
    };
    within(async {
        let mut socket = open(serve(Router::new().route("/", any(handler))).await, "/").await;
        // The Close must arrive even if a message of the client is on its way.
        socket.send("on its way").await.expect("it is sent");
        let close = socket.next().await.expect("a Close").expect("no error");
        assert_eq!(close, Message::close(CloseCode::GOING_AWAY, "later").expect("a code"));
        assert!(socket.next().await.is_none());
        endings.recv().await.expect("it is over").expect("a clean end");
    })
    .await;
}

#[tokio::test]
async fn a_close_that_is_sent_as_a_message_arrives() {
    let handler = async |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async |mut socket| {
            socket.send(Message::Close(None)).await.expect("it is sent");
            let sent = socket.send("too late".into()).await;
            assert!(matches!(sent, Err(Error::Rejected(_))), "{sent:?}");
            while socket.recv().await.is_some() {}
        })
    };
    within(async {
        let mut socket = open(serve(Router::new().route("/", any(handler))).await, "/").await;
        let close = socket.next().await.expect("a Close").expect("no error");
        assert_eq!(close, Message::Close(None));
        assert!(socket.next().await.is_none());
    })
    .await;
}

#[tokio::test]
async fn a_callback_that_returns_or_panics_ends_only_its_own_connection() {
    let router = Router::new()
        .route("/echo", any(async |upgrade: WebSocketUpgrade| upgrade.on_upgrade(echo)))
        .route("/return", any(async |upgrade: WebSocketUpgrade| upgrade.on_upgrade(async |_| {})))
        .route(
            "/panic",
            any(async |upgrade: WebSocketUpgrade| {
                upgrade.on_upgrade(async |_socket| panic!("this test wants it"))
            }),
        );
    within(async {
        let address = serve(router).await;
        let mut witness = open(address, "/echo").await;
        for path in ["/return", "/panic"] {
            let mut socket = open(address, path).await;
            let end = socket.next().await.expect("an end");
            assert!(end.expect_err("there is no Close").is_disconnected());

            witness.send(path).await.expect("it is sent");
            let echoed = witness.next().await.expect("an echo").expect("no error");
            assert_eq!(echoed, Message::text(path));
        }
    })
    .await;
}

#[tokio::test]
async fn a_handler_learns_that_the_client_is_gone() {
    let (ended, mut endings) = mpsc::unbounded_channel();
    let handler = async move |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async move |mut socket| {
            let _ = ended.send(socket.recv().await);
        })
    };
    within(async {
        drop(open(serve(Router::new().route("/", any(handler))).await, "/").await);
        let end = endings.recv().await.expect("it is over").expect("an error");
        assert!(end.expect_err("there was no Close").is_disconnected());
    })
    .await;
}

#[tokio::test]
async fn a_graceful_shutdown_of_axum_does_not_wait_for_websockets() {
    within(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (shut_down, asked) = oneshot::channel::<()>();
        let router = Router::new()
            .route("/", any(async |upgrade: WebSocketUpgrade| upgrade.on_upgrade(echo)));
        let server = axum::serve(listener, router).with_graceful_shutdown(async {
            let _ = asked.await;
        });
        let server = tokio::spawn(server.into_future());
        let mut socket = open(address, "/").await;
        shut_down.send(()).expect("the server runs");
        server.await.expect("no panic").expect("no error");

        socket.send("still here").await.expect("it is sent");
        let echoed = socket.next().await.expect("an echo").expect("no error");
        assert_eq!(echoed, Message::text("still here"));
    })
    .await;
}
