//! Another adapter, on the opening handshakes as steps and the message layer of the library. It has a
//! clock of its own.

use std::time::Duration;

use bytes::{Buf, BufMut};
use websocket_proto::connection::{Client, Server};
use websocket_proto::http1::HeadLimits;
use websocket_proto::io::{
    AcceptError, Accepting, ConnectError, ConnectOptions, Connecting, Reply, Step,
};
use websocket_proto::websocket::Config;
use websocket_proto::{Message, WebSocket};

use crate::pipe::{End, Read, pipe};

/// Opens a WebSocket over both ends of a pipe, and sends a message through it.
pub fn a_websocket_is_opened_in_steps() {
    let (client, server) = pipe();
    let (mut connecting, mut accepting) = (connecting(), accepting());
    let (mut is_connected, mut is_accepted) = (false, false);
    while !(is_connected && is_accepted) {
        is_connected = is_connected || connect(&client, &mut connecting).expect("a good server");
        is_accepted = is_accepted || accept(&server, &mut accepting).expect("a good client");
    }
    let mut client_side = connecting.into_websocket(Client::new([7; 32])).expect("it is open");
    let mut server_side = accepting.into_websocket(Config::new()).expect("it is open");
    client_side.send(Message::text("Hello")).expect("it is open");
    let message = loop {
        transfer(&client, &mut client_side, &server, &mut server_side);
        if let Some(message) = server_side.receive().expect("a valid peer") {
            break message;
        }
    };
    assert_eq!(message, Message::text("Hello"));
}

/// A client that does not send its whole request gets a response, and the server an error.
pub fn a_silent_client_is_given_up() {
    let (client, server) = pipe();
    client.write(b"GET / HTTP/1.1\r\n");
    let mut accepting = accepting();
    let (mut now, mut response) = (Duration::ZERO, Vec::new());
    let error = loop {
        accepting.handle_deadline(now);
        match accept(&server, &mut accepting) {
            Ok(_) if accepting.deadline(now) > Some(now + SECOND) => now += SECOND,
            Ok(_) => now = Accepting::DEFAULT_HANDSHAKE_TIMEOUT,
            Err(error) => break error,
        }
        while let Read::Bytes(bytes) = client.read() {
            response.extend(bytes);
        }
    };
    assert!(matches!(error, AcceptError::TimedOut { .. }), "{error}");
    assert!(response.starts_with(b"HTTP/1.1 408 "), "{}", response.escape_ascii());
}

/// A server that refuses a client and keeps the connection is reported with its status.
pub fn a_refusal_keeps_its_status() {
    let (client, server) = pipe();
    let mut connecting = connecting();
    let mut response = &b"HTTP/1.1 403 Forbidden\r\n\r\nno"[..];
    let mut now = Duration::ZERO;
    let error = loop {
        while let Read::Bytes(_) = server.read() {}
        response = &response[server.write(response)..];
        connecting.handle_deadline(now);
        match connect(&client, &mut connecting) {
            Ok(_) => now = connecting.deadline(now).unwrap_or(now),
            Err(error) => break error,
        }
    };
    let ConnectError::Refused { answer, .. } = error else { panic!("{error}") };
    assert_eq!(answer.status, 403);
}

const SECOND: Duration = Duration::from_secs(1);

fn connecting() -> Connecting {
    let options = ConnectOptions::new("ws://example.com/chat").expect("a URL");
    let nonce = [7; 16]; // in real code: from the system's random generator
    Connecting::new(options, nonce).expect("a request")
}

fn accepting() -> Accepting {
    Accepting::new(HeadLimits::DEFAULT, None)
}

/// Does the next action of a client. Returns whether the WebSocket is open.
fn connect(end: &End, connecting: &mut Connecting) -> Result<bool, ConnectError> {
    match connecting.step(|_| ()) {
        Step::Read => match end.read() {
            Read::Bytes(bytes) => connecting.input().put_slice(&bytes),
            Read::Eof => connecting.receive_eof(),
            Read::WouldBlock => {}
        },
        Step::Write => {
            let written = end.write(connecting.output().chunk());
            connecting.output().advance(written);
            connecting.flushed();
        }
        Step::Done(outcome) => return outcome.map(|_| true),
    }
    Ok(false)
}

/// Does the next action of a server. Returns whether the WebSocket is open.
fn accept(end: &End, accepting: &mut Accepting) -> Result<bool, AcceptError> {
    match accepting.step(|_| Reply::accept()) {
        Step::Read => match end.read() {
            Read::Bytes(bytes) => accepting.input().put_slice(&bytes),
            Read::Eof => accepting.receive_eof(),
            Read::WouldBlock => {}
        },
        Step::Write => {
            let written = end.write(accepting.output().chunk());
            accepting.output().advance(written);
            accepting.flushed();
        }
        Step::Done(outcome) => return outcome.map(|_| true),
    }
    Ok(false)
}

/// Moves bytes from the client to the server.
fn transfer(from: &End, client: &mut WebSocket<Client>, to: &End, server: &mut WebSocket<Server>) {
    let output = client.output();
    let written = from.write(output.chunk());
    output.advance(written);
    if let Read::Bytes(bytes) = to.read() {
        server.input().extend_from_slice(&bytes);
    }
}
