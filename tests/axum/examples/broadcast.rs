//! axum's example `websockets-http2`: the texts of each client go to all clients, in one loop for
//! both directions, over HTTP/1.1 and HTTP/2.

use axum::Router;
use axum::extract::State;
use axum::http::Version;
use axum::response::Response;
use axum::routing::any;
use support::transport::within;
use tokio::sync::broadcast;
// axum's example has `use axum::extract::ws::{self, WebSocketUpgrade}`.
use websocket_proto::axum::{self as ws, WebSocketUpgrade};
use websocket_proto::websocket::Config;

use crate::http2_client::{Http2, request};
use crate::server::{open, serve};

async fn handler(
    upgrade: WebSocketUpgrade,
    version: Version,
    State(sender): State<broadcast::Sender<String>>,
) -> Response {
    let mut receiver = sender.subscribe();
    upgrade.on_upgrade(move |mut socket| async move {
        let greeting = format!("{version:?}");
        if socket.send(ws::Message::Text(greeting.into())).await.is_err() {
            return;
        }
        loop {
            tokio::select! {
                // Both futures can be dropped and created again, and nothing is lost.
                received = socket.recv() => match received {
                    Some(Ok(ws::Message::Text(text))) => {
                        let _ = sender.send(text.to_string());
                    }
                    Some(Ok(_)) => {}
                    Some(Err(error)) => eprintln!("the client left: {error}"),
                    None => break,
                },
                text = receiver.recv() => match text {
                    Ok(text) => {
                        if let Err(error) = socket.send(ws::Message::Text(text.into())).await {
                            eprintln!("the client left: {error}");
                        }
                    }
                    Err(_) => continue,
                },
            }
        }
    })
}

#[tokio::test]
async fn texts_go_to_the_clients_of_both_versions() {
    let router =
        Router::new().route("/ws", any(handler)).with_state(broadcast::channel::<String>(16).0);
    within(async {
        let address = serve(router).await;
        let mut http1 = open(address, "/ws").await;
        let mut http2 = Http2::connect(address).await.open(&request("/ws"), Config::new()).await;
        let greeting = http1.next().await.expect("a greeting").expect("no error");
        assert_eq!(greeting, ws::Message::text("HTTP/1.1"));
        let greeting = http2.next().await.expect("a greeting").expect("no error");
        assert_eq!(greeting, ws::Message::text("HTTP/2.0"));

        http1.send("from 1.1").await.expect("it is sent");
        http2.send(ws::Message::binary("nobody hears this")).await.expect("it is sent");
        for text in ["from 1.1", "from 2"] {
            let heard = http1.next().await.expect("a text").expect("no error");
            assert_eq!(heard, ws::Message::text(text));
            let heard = http2.next().await.expect("a text").expect("no error");
            assert_eq!(heard, ws::Message::text(text));
            if text == "from 1.1" {
                http2.send("from 2").await.expect("it is sent");
            }
        }
        http1.finish().await.expect("a clean end");
        http2.finish().await.expect("a clean end");
    })
    .await;
}
