//! A server that echoes what a hostile client sends on an open connection.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::BytesMut;
use support::hostile::{Growing, growing_compressed_messages, growing_streams};
use websocket_proto::connection::{Connection, ConnectionConfig, Input, Oversized, Server};
use websocket_proto::deflate::{DeflateConfig, Preferences};
use websocket_proto::extension::Extensions;
use websocket_proto::handshake::Opened;
use websocket_proto::io::Error;
use websocket_proto::websocket::Config;
use websocket_proto::{blocking, tokio};

use super::byte_stream::ByteStream;
use super::{Pace, Pass, Row};

/// Serves a client. The arguments are the bytes of the client, the largest number of bytes that one
/// read gives, the result of the opening handshake, and the configuration. Returns the close code.
type Serve = fn(Vec<u8>, usize, Opened, Config) -> u16;

/// Returns the inputs, with each way to process them.
pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for stream in growing_streams() {
        let row = |way, serve, pace| row(way, serve, pace, stream, Opened::new);
        for pace in Pace::BOTH {
            rows.push(row("connection", connection, pace));
            rows.push(row("blocking, in parts", parts, pace));
            rows.push(row("tokio", tokio, pace));
        }
        rows.push(row("blocking", blocking, Pace::AtOnce));
    }
    for stream in growing_compressed_messages() {
        let row = |way, serve, pace| row(way, serve, pace, stream, compressing);
        for pace in Pace::BOTH {
            rows.push(row("tokio", tokio, pace));
        }
        rows.push(row("blocking", blocking, Pace::AtOnce));
        rows.push(row("blocking, in parts", parts, Pace::AtOnce));
        rows.push(row("blocking, skipping long messages", skip, Pace::AtOnce));
    }
    rows
}

fn row(way: &str, serve: Serve, pace: Pace, stream: Growing<u16>, opened: fn() -> Opened) -> Row {
    let Growing { name, bytes, outcome } = stream;
    let create = move |size| -> Pass {
        let (bytes, opened, config) = (bytes(size), opened(), config());
        Box::new(move || assert_eq!(serve(bytes, pace.bite(), opened, config), outcome, "{name}"))
    };
    let name = format!("{name}: {way}, {}", pace.name());
    Row { name, size: pace.size(), create: Box::new(create) }
}

fn config() -> Config {
    Config::new().deflate(DeflateConfig::new())
}

fn compressing() -> Opened {
    let offer = Extensions::parse(b"permessage-deflate").map_while(Result::ok);
    let terms = Preferences::new().accept(offer).expect("it can be met");
    Opened::new().with_deflate_terms(terms)
}

fn code(error: &Error) -> u16 {
    error.close_code().unwrap_or_else(|| panic!("{error:?}")).0
}

/// Serves with the core, without the message layer.
fn connection(mut bytes: Vec<u8>, bite: usize, _: Opened, _: Config) -> u16 {
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    let bite = bite.min(bytes.len());
    for piece in bytes.chunks_mut(bite) {
        let mut input = Input::new(piece);
        loop {
            match connection.receive(&mut input) {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(error) => return error.close_code().0,
            }
        }
    }
    if connection.receive_eof().is_ok() { 1000 } else { 1006 }
}

fn open(
    bytes: Vec<u8>,
    bite: usize,
    opened: Opened,
    config: Config,
) -> blocking::WebSocketStream<ByteStream, Server> {
    let stream = ByteStream::new(bytes, bite);
    blocking::WebSocketStream::from_parts(stream, Server, config, opened, BytesMut::new())
}

fn blocking(bytes: Vec<u8>, bite: usize, opened: Opened, config: Config) -> u16 {
    let mut socket = open(bytes, bite, opened, config);
    let code = loop {
        match socket.read() {
            Ok(Some(message)) if message.is_data() => socket.feed(message).expect("it is open"),
            Ok(Some(_)) => {}
            Ok(None) => break 1000,
            Err(error) => break code(&error),
        }
    };
    socket.finish().expect("the transport does not fail");
    code
}

/// Receives messages in parts, and sends no echoes.
fn parts(bytes: Vec<u8>, bite: usize, opened: Opened, config: Config) -> u16 {
    let mut socket = open(bytes, bite, opened, config);
    let code = loop {
        match socket.read_part() {
            Ok(Some(_)) => {}
            Ok(None) => break 1000,
            Err(error) => break code(&error),
        }
    };
    socket.finish().expect("the transport does not fail");
    code
}

/// Skips messages of more than 100 bytes.
fn skip(bytes: Vec<u8>, bite: usize, opened: Opened, config: Config) -> u16 {
    blocking(bytes, bite, opened, config.max_message_size(100).oversized(Oversized::Skip))
}

fn tokio(bytes: Vec<u8>, bite: usize, opened: Opened, config: Config) -> u16 {
    let stream = ByteStream::new(bytes, bite);
    let mut socket =
        tokio::WebSocketStream::from_parts(stream, Server, config, opened, BytesMut::new());
    let mut serving = pin!(async {
        let code = loop {
            match socket.next().await {
                Some(Ok(message)) if message.is_data() => {
                    socket.feed(message).await.expect("it is open");
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => break code(&error),
                None => break 1000,
            }
        };
        socket.finish().await.expect("the transport does not fail");
        code
    });
    // The future pauses after each mebibyte at the latest, so it needs several polls.
    for _ in 0..100_000 {
        if let Poll::Ready(code) = serving.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return code;
        }
    }
    panic!("the server does not end");
}
