//! The WebSocket of a handler as the stream that it wraps, and the errors as their sources.

use std::error::Error as _;

use axum::Router;
use axum::routing::any;
use futures_core::FusedStream as _;
use futures_util::SinkExt;
use support::transport::within;
use tokio::sync::mpsc;
use websocket_proto::ProtocolError;
use websocket_proto::axum::rejection::WebSocketUpgradeRejection;
use websocket_proto::axum::{
    CloseCode, Error, Message, OfferError, UpgradeError, WebSocketUpgrade,
};

use crate::server::{open, serve};

#[tokio::test]
async fn a_handler_takes_its_websocket_apart() {
    let (shown, mut seen) = mpsc::unbounded_channel();
    let router = Router::new().route(
        "/",
        any(async move |upgrade: WebSocketUpgrade| {
            let _ = shown.send(format!("{upgrade:?}"));
            upgrade.on_upgrade(async |mut socket| {
                assert!(!socket.is_terminated());
                socket.send(Message::text("whole")).await.expect("it is sent");
                let mut stream = socket.into_inner();
                let _: (_, _) = (format!("{:?}", stream.stream()), stream.stream_mut());
                // The application goes on with the bytes.
                drop(stream.into_parts().stream);
            })
        }),
    );
    within(async {
        let mut client = open(serve(router).await, "/").await;
        assert_eq!(client.next().await.expect("open").expect("valid"), Message::text("whole"));
        let cut = client.next().await.expect("an error").expect_err("an end without a Close");
        assert!(matches!(cut, Error::Protocol(ProtocolError::UnexpectedEof) | Error::Io(_)));
        let shown = seen.recv().await.expect("it was called");
        assert!(shown.starts_with("WebSocketUpgrade { offer: "), "{shown}");
    })
    .await;
}

#[tokio::test]
async fn a_handler_closes_its_sink() {
    let router = Router::new().route(
        "/",
        any(async |upgrade: WebSocketUpgrade| {
            upgrade.on_upgrade(async |mut socket| {
                SinkExt::close(&mut socket).await.expect("it is sent");
                while socket.recv().await.is_some() {}
            })
        }),
    );
    within(async {
        let mut client = open(serve(router).await, "/").await;
        let close = client.next().await.expect("open").expect("valid");
        assert_eq!(close, Message::close(CloseCode::NORMAL, "").expect("it fits"));
    })
    .await;
}

#[test]
fn each_error_is_an_error_of_axum_and_names_its_source() {
    let error = axum::Error::from(Error::Protocol(ProtocolError::UnexpectedEof));
    assert!(error.into_inner().downcast::<Error>().is_ok());
    assert!(UpgradeError::NoRuntime.source().is_none());
    assert!(axum::Error::from(UpgradeError::NoRuntime).source().is_some());

    let offer = OfferError::Method;
    let rejection = WebSocketUpgradeRejection::Offer(offer);
    assert_eq!(rejection.source().is_some(), offer.source().is_some());
    assert!(WebSocketUpgradeRejection::ConnectionNotUpgradable.source().is_none());
}
