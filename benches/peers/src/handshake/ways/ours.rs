//! How the crate of this repository opens a connection.

use websocket_proto::handshake::{
    Answer, ClientHandshake, ClientRequest, Incoming, ServerHandshake,
};
use websocket_proto::io::ConnectOptions;
use websocket_proto::{blocking, tokio};

use super::super::responder::Responder;
use super::{HOST, PATH, URL, Way};
use crate::memory::Memory;
use crate::poll;
use crate::report::Side;

/// Returns the ways, from the lowest layer to the adapters.
pub fn ways() -> [Way; 3] {
    let ours = |name, how, accept, connect| Way {
        name,
        side: Side::Ours,
        how,
        accept: Some(accept),
        connect: Some(connect),
    };
    [
        ours(
            "ours/sans-IO",
            "`ServerHandshake` and `ClientHandshake` over arrays, with a fixed nonce",
            accept,
            connect,
        ),
        ours(
            "ours/blocking",
            "`Acceptor` and `Connector`",
            |memory| drop(blocking::Acceptor::new(memory).accept().expect("a valid request")),
            |responder| {
                let mut connector = blocking::Connector::new(responder, options()).expect("valid");
                drop(connector.connect().expect("a valid response"));
            },
        ),
        ours(
            "ours/tokio",
            "`WebSocketStream::accept` and `Connector`",
            |memory| drop(poll::now(tokio::WebSocketStream::accept(memory)).expect("valid")),
            |responder| {
                let mut connector = tokio::Connector::new(responder, options()).expect("valid");
                drop(poll::now(connector.connect()).expect("a valid response"));
            },
        ),
    ]
}

fn options() -> ConnectOptions {
    ConnectOptions::try_from(URL).expect("a valid URL")
}

fn accept(memory: Memory) {
    let (mut head, mut response) = ([0; 2048], [0; 512]);
    let len = memory.read_into(&mut head);
    let mut handshake = ServerHandshake::new();
    let incoming = handshake.receive(&head[..len]);
    let Ok(Some(Incoming::WebSocket(request))) = incoming else { panic!("{incoming:?}") };
    let len = request.accept().write(&mut response).expect("there is room");
    memory.write_pieces([&response[..len]].into_iter());
}

fn connect(responder: Responder) {
    let (mut head, mut response) = ([0; 512], [0; 2048]);
    let request = ClientRequest::new(HOST, PATH, *b"the sample nonce");
    let len = request.write(&mut head).expect("there is room");
    responder.put(&head[..len]);
    let len = responder.fetch(&mut response);
    let mut handshake = ClientHandshake::new();
    let answer = handshake.receive(&request, &response[..len]);
    let Ok(Some(Answer::WebSocket(_))) = answer else { panic!("{answer:?}") };
}
