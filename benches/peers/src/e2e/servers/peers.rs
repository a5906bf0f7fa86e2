//! The echo servers of the other crates, on tokio. Replies are written together where a crate can.

mod sans_io;

use std::fmt::Debug;

use fastwebsockets::FragmentCollector;
use futures_util::{FutureExt as _, Sink, SinkExt as _, Stream as Messages, StreamExt as _};
use soketto::Mode;
use soketto::connection::Builder;
use tokio::io::BufReader;
use tokio_util::compat::TokioAsyncReadCompatExt as _;
use tokio_websockets::ServerBuilder;
use tungstenite::protocol::Role;
use web_socket::{DataType, Event};
use wtx::collection::Vector;
use wtx::rng::{Xorshift64, simple_seed};
use wtx::web_socket::{WebSocketBuffer, WebSocketOwned, WebSocketPayloadOrigin};

use super::{Echo, Future, Serve, echo};
use crate::e2e::serve::Stream;
use crate::peers::{sockudo, yawc as plain_yawc};
use crate::report::Side;

/// Returns all servers.
pub fn servers() -> [Echo; 10] {
    let peer =
        |name, how, serve: fn(Stream) -> Future| echo(name, Side::Peer, how, Serve::Tokio(serve));
    [
        peer(
            "tokio-tungstenite",
            "`WebSocketStream`: `next` while a message is ready, `feed`, then `flush`",
            |stream| Box::pin(tungstenite(stream)),
        ),
        peer("fastwebsockets", "`FragmentCollector`: `read_frame`, `write_frame`", |stream| {
            Box::pin(fastwebsockets(stream))
        }),
        peer(
            "tokio-websockets",
            "`WebSocketStream`: `next` while a message is ready, `feed`, then `flush`",
            |stream| Box::pin(batched(ServerBuilder::new().serve(stream))),
        ),
        peer("soketto", "as its example, over `BufReader` and `BufWriter`", |stream| {
            Box::pin(soketto(stream))
        }),
        peer("web-socket", "`recv` and `send`, over `BufReader`", |stream| {
            Box::pin(web_socket(stream))
        }),
        peer(
            "websocket-sans-io",
            "the decoder and the encoder over reads of 64 KiB, all replies to a read in one write",
            |stream| Box::pin(sans_io::frames(stream)),
        ),
        peer("yawc", "`next_frame` while one is ready, `feed`, then `flush`", |stream| {
            Box::pin(yawc(stream))
        }),
        peer("sockudo-ws", "`next` and `feed`: `next` flushes before it waits", |stream| {
            Box::pin(sockudo(stream))
        }),
        peer(
            "sockudo-ws/protocol",
            "`process_into` and `encode_message`, all replies to a read in one write",
            |stream| Box::pin(sans_io::sockudo(stream)),
        ),
        peer("wtx", "`read_frame` with `Adaptive`, `write_frame`", |stream| Box::pin(wtx(stream))),
    ]
}

/// Echoes messages: all that are ready, and then one flush.
async fn batched<S, M, E>(mut socket: S)
where
    S: Messages<Item = Result<M, E>> + Sink<M> + Unpin,
    E: Debug,
    S::Error: Debug,
{
    while let Some(message) = socket.next().await {
        let mut ready = Some(Some(message));
        while let Some(Some(Ok(message))) = ready {
            if socket.feed(message).await.is_err() {
                return;
            }
            ready = socket.next().now_or_never();
        }
        if socket.flush().await.is_err() || ready.is_some() {
            return;
        }
    }
}

async fn tungstenite(stream: Stream) {
    batched(tokio_tungstenite::WebSocketStream::from_raw_socket(stream, Role::Server, None).await)
        .await;
}

async fn fastwebsockets(stream: Stream) {
    let role = fastwebsockets::Role::Server;
    let mut socket =
        FragmentCollector::new(fastwebsockets::WebSocket::after_handshake(stream, role));
    while let Ok(frame) = socket.read_frame().await {
        if socket.write_frame(frame).await.is_err() {
            return;
        }
    }
}

async fn soketto(stream: Stream) {
    let stream =
        futures_util::io::BufReader::new(futures_util::io::BufWriter::new(stream.compat()));
    let (mut sender, mut receiver) = Builder::new(stream, Mode::Server).finish();
    let mut message = Vec::new();
    while receiver.receive_data(&mut message).await.is_ok() {
        if sender.send_binary_mut(&mut message).await.is_err() || sender.flush().await.is_err() {
            return;
        }
        message.clear();
    }
}

async fn web_socket(stream: Stream) {
    let mut socket = web_socket::WebSocket::server(BufReader::new(stream));
    while let Ok(Event::Data { ty: DataType::Complete(_), data }) = socket.recv().await {
        if socket.send(&*data).await.is_err() {
            return;
        }
    }
}

async fn yawc(stream: Stream) {
    let role = yawc::Role::Server;
    let socket = yawc::WebSocket::from_stream(stream, role, plain_yawc::options());
    // Its stream ends at an error instead of returning it.
    let mut socket = socket.expect("no extension to agree on");
    while let Ok(frame) = socket.next_frame().await {
        let mut ready = Some(Ok(frame));
        while let Some(Ok(frame)) = ready {
            if socket.feed(frame).await.is_err() {
                return;
            }
            ready = socket.next_frame().now_or_never();
        }
        if socket.flush().await.is_err() || ready.is_some() {
            return;
        }
    }
}

async fn sockudo(stream: Stream) {
    let mut socket = sockudo_ws::WebSocketStream::server(stream, sockudo::config());
    while let Some(Ok(message)) = socket.next().await {
        if socket.feed(message).await.is_err() {
            return;
        }
    }
}

async fn wtx(stream: Stream) {
    let rng = Xorshift64::from(simple_seed());
    let buffer = WebSocketBuffer::with_capacity(64 << 10, 0, 0).expect("there is memory");
    let mut socket = WebSocketOwned::<_, _, _, false>::new((), false, rng, stream, buffer);
    let mut message = Vector::new();
    // The frame that was read borrows its buffers, so another half writes it.
    let (mut common, mut reader, mut writer) = socket.split_mut();
    let adaptive = WebSocketPayloadOrigin::Adaptive;
    while let Ok(mut frame) = reader.read_frame(&mut message, &mut common, adaptive).await {
        if writer.write_frame(&mut common, &mut frame).await.is_err() {
            return;
        }
    }
}
