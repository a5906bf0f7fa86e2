//! The choice of a subprotocol (RFC 6455, section 4.2.2).

use axum::Router;
use axum::response::Response;
use axum::routing::any;
use support::transport::within;
use websocket_proto::axum::{CloseCode, WebSocketUpgrade};
use websocket_proto::tokio::{ConnectOptions, connect};

use crate::server::serve;

/// Tells the client which subprotocols it has offered, and which of them the server has selected.
async fn handler(upgrade: WebSocketUpgrade) -> Response {
    let upgrade = upgrade.protocols([String::from("chat.v2"), String::from("chat.v1")]);
    let offered = upgrade.requested_protocols().collect::<Vec<_>>().join(" ");
    let selected = upgrade.selected_protocol().map(str::to_owned);
    upgrade.on_upgrade(async move |mut socket| {
        assert_eq!(socket.protocol(), selected.as_deref());
        let _ = socket.send(offered.into()).await;
        let _ = socket.send(selected.unwrap_or_default().into()).await;
        let _ = socket.close(CloseCode::NORMAL, "").await;
        let _ = socket.finish().await;
    })
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
        let url = format!("ws://{}/", serve(Router::new().route("/", any(handler))).await);
        for (offered, selected) in offers {
            let options = ConnectOptions::new(&url).expect("a URL");
            let options = options.subprotocols(offered).expect("tokens");
            let mut socket = connect(options).await.expect("a WebSocket");
            assert_eq!(socket.subprotocol(), selected);
            for expected in [offered.join(" "), selected.unwrap_or_default().into()] {
                let told = socket.next().await.expect("a message").expect("no error");
                assert_eq!(told.as_text(), Some(&*expected));
            }
            socket.finish().await.expect("a clean end");
        }
    })
    .await;
}
