//! An echo server of each crate that has one for tokio, as its documentation shows it.

use bytes::BytesMut;
use fastwebsockets::{FragmentCollector, OpCode};
use futures_util::io::{BufReader, BufWriter};
use futures_util::{SinkExt as _, StreamExt as _};
use soketto::Mode;
use soketto::connection::Builder;
use tokio_tungstenite::WebSocketStream as TungsteniteStream;
use tokio_websockets::ServerBuilder;
use tungstenite::protocol::Role;
use web_socket::{DataType, Event, MessageType};
use websocket_proto::connection::Server;
use websocket_proto::handshake::Opened;
use websocket_proto::tokio::WebSocketStream;
use websocket_proto::websocket::Config;
use wtx::collection::Vector;
use wtx::rng::{Xorshift64, simple_seed};
use wtx::web_socket::{Frame, WebSocketBuffer, WebSocketOwned, WebSocketPayloadOrigin};

use super::slot::{Slot, Wire};
use super::{Run, Way};
use crate::deflate;
use crate::peers::sockudo;
use crate::report::Side;

/// Measures all ways, ours first.
pub fn measure_all(run: &mut Run<'_>) {
    run.measure(ours("ours/tokio", "`next`, `feed`", false), |slot| echo_ours(move || plain(slot)));
    run.measure(ours("ours/tokio, lent", "`next_ref`, and `feed` of a copy", false), |slot| {
        echo_lent(move || plain(slot))
    });
    run.measure(peer("tokio-tungstenite", "`next`, `send`"), |slot| async move {
        let mut socket = TungsteniteStream::from_raw_socket(Wire(slot), Role::Server, None).await;
        while let Some(message) = socket.next().await {
            socket.send(message.expect("a message")).await.expect("the wire takes all");
        }
    });
    run.measure(peer("fastwebsockets", "`FragmentCollector`"), |slot| async move {
        let role = fastwebsockets::Role::Server;
        let socket = fastwebsockets::WebSocket::after_handshake(Wire(slot), role);
        let mut socket = FragmentCollector::new(socket);
        loop {
            let frame = socket.read_frame().await.expect("a message");
            assert!(matches!(frame.opcode, OpCode::Text | OpCode::Binary));
            socket.write_frame(frame).await.expect("the wire takes all");
        }
    });
    run.measure(peer("tokio-websockets", "`next`, `send`"), |slot| async move {
        let mut socket = ServerBuilder::new().serve(Wire(slot));
        while let Some(message) = socket.next().await {
            socket.send(message.expect("a message")).await.expect("the wire takes all");
        }
    });
    run.measure(
        peer("soketto", "as its example, over `BufReader` and `BufWriter`"),
        |slot| async move {
            let stream = BufReader::new(BufWriter::new(Wire(slot)));
            let (mut sender, mut receiver) = Builder::new(stream, Mode::Server).finish();
            let mut message = Vec::new();
            loop {
                message.clear();
                let kind = receiver.receive_data(&mut message).await.expect("a message");
                assert!(kind.is_text());
                let text = std::str::from_utf8(&message).expect("UTF-8");
                sender.send_text(text).await.expect("the wire takes all");
                sender.flush().await.expect("the wire takes all");
            }
        },
    );
    run.measure(peer("web-socket", "`recv`, `send`, over `BufReader`"), |slot| async move {
        let mut socket = web_socket::WebSocket::server(tokio::io::BufReader::new(Wire(slot)));
        loop {
            match socket.recv().await.expect("an event") {
                Event::Data { ty: DataType::Complete(MessageType::Text), data } => {
                    let text = std::str::from_utf8(&data).expect("UTF-8");
                    socket.send(text).await.expect("the wire takes all");
                }
                other => panic!("received {other:?}"),
            }
        }
    });
    run.measure(peer("yawc", "`next_frame`, `send`, with its default buffers"), |slot| {
        let socket = yawc::WebSocket::from_stream(Wire(slot), yawc::Role::Server, yawc_options());
        echo_yawc(socket.expect("no extension"))
    });
    run.measure(peer("sockudo-ws", "`next`, `send`"), |slot| async move {
        let mut socket = sockudo_ws::WebSocketStream::server(Wire(slot), sockudo::config());
        while let Some(message) = socket.next().await {
            socket.send(message.expect("a message")).await.expect("the wire takes all");
        }
    });
    run.measure(
        peer("wtx", "`read_frame`, `write_frame`, with an empty buffer"),
        |slot| async move {
            let rng = Xorshift64::from(simple_seed());
            let buffer = WebSocketBuffer::new();
            let mut socket =
                WebSocketOwned::<_, _, _, false>::new((), false, rng, Wire(slot), buffer);
            let mut message = Vector::new();
            loop {
                let origin = WebSocketPayloadOrigin::Consistent;
                let frame = socket.read_frame(&mut message, origin).await.expect("a message");
                let mut echo = Frame::new_fin(frame.op_code(), message.as_slice_mut());
                socket.write_frame(&mut echo).await.expect("the wire takes all");
            }
        },
    );
    measure_deflate(run);
}

/// Measures those that compress, without context takeover: what a server with many connections
/// uses.
fn measure_deflate(run: &mut Run<'_>) {
    let config: &'static Config = Box::leak(Box::new(deflate::ways::config()));
    run.measure(ours("ours/tokio", "`next`, `feed`; one configuration", true), move |slot| {
        echo_ours(move || {
            let (opened, input) = (deflate::ways::opened(false), BytesMut::new());
            WebSocketStream::from_parts(Wire(slot), Server, config.clone(), opened, input)
        })
    });
    let pool = yawc::DeflatePool::new(64);
    let yawc = peer("yawc", "`next_frame`, `send`, with its default buffers and a pool of 64");
    run.measure(Way { deflate: true, ..yawc }, move |slot| {
        let options = yawc_options().with_deflate_pool(pool.clone());
        echo_yawc(deflate::ways::yawc_with(Wire(slot), false, options))
    });
    run.measure(
        Way { deflate: true, ..peer("sockudo-ws", "with permessage-deflate") },
        |slot| async move {
            let mut socket = deflate::ways::sockudo(Wire(slot), false);
            while let Some(message) = socket.next().await {
                socket.send(message.expect("a message")).await.expect("the wire takes all");
            }
        },
    );
}

fn yawc_options() -> yawc::Options {
    yawc::Options::default().with_utf8()
}

const fn ours(name: &'static str, how: &'static str, deflate: bool) -> Way {
    Way { name, side: Side::Ours, how, deflate }
}

const fn peer(name: &'static str, how: &'static str) -> Way {
    Way { name, side: Side::Peer, how, deflate: false }
}

fn plain(slot: &'static Slot) -> WebSocketStream<Wire, Server> {
    let (config, opened, input) = (Config::new(), Opened::new(), BytesMut::new());
    WebSocketStream::from_parts(Wire(slot), Server, config, opened, input)
}

// The connection is made inside, since a future holds each of its parameters twice.
async fn echo_ours(connect: impl FnOnce() -> WebSocketStream<Wire, Server>) {
    let mut socket = connect();
    while let Some(message) = socket.next().await {
        socket.feed(message.expect("a message")).await.expect("the wire takes all");
    }
}

async fn echo_lent(connect: impl FnOnce() -> WebSocketStream<Wire, Server>) {
    let mut socket = connect();
    while let Some(message) = socket.next_ref().await {
        let copy = websocket_proto::Message::from(message.expect("a message"));
        socket.feed(copy).await.expect("the wire takes all");
    }
}

async fn echo_yawc(mut socket: yawc::WebSocket<Wire>) {
    loop {
        let frame = socket.next_frame().await.expect("a message");
        socket.send(frame).await.expect("the wire takes all");
    }
}
