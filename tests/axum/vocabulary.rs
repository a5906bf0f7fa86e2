//! An application on axum can import everything that it needs from the module alone.
#![allow(unused_imports)]

#[cfg(feature = "deflate")]
use websocket_proto::axum::DeflateConfig;
use websocket_proto::axum::rejection::WebSocketUpgradeRejection;
use websocket_proto::axum::{
    CloseCode, CloseFrame, CloseInfo, Compression, Config, Endpoint, Error, FromUtf8Error,
    Keepalive, Kind, Message, MessageRef, Offer, OfferError, Opened, Oversized, Part, Parts,
    Preferences, Prepared, ProtocolError, ReadHalf, Rejected, RequestError, ReuniteError,
    SendError, Server, ServerStream, State, Stats, Terms, Traffic, Unsent, UpgradeError,
    UpgradedTransport, Utf8Bytes, WebSocket, WebSocketUpgrade, WriteHalf,
};

/// A function that keeps `axum::Error` compiles with `?`.
async fn relay(socket: &mut WebSocket) -> Result<(), axum::Error> {
    while let Some(message) = socket.recv().await {
        socket.send(message?).await?;
    }
    Ok(())
}

/// A function that takes a WebSocket apart names the types of the parts.
async fn take_apart(socket: WebSocket) -> Result<(), Error> {
    let stream: ServerStream = socket.into_inner();
    let (reader, mut writer): (ReadHalf, WriteHalf) = stream.into_split();
    writer.feed("text").await?;
    let stream = reader.reunite(writer).expect("both are of one WebSocket");
    let mut socket = WebSocket::from(stream);
    socket.flush().await
}

#[test]
fn the_functions_above_compile() {
    let _ = relay;
    let _ = take_apart;
}
