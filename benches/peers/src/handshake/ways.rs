//! How each crate opens a connection.

mod ours;

use futures_util::io::{BufReader, BufWriter};
use sockudo_ws::handshake::{client_handshake, server_handshake};
use sockudo_ws::{Role, WebSocketStream};
use soketto::handshake::server::Response;
use soketto::handshake::{Client, Server, ServerResponse};
use tokio_websockets::{ClientBuilder, ServerBuilder};
use wtx::misc::UriRef;
use wtx::web_socket::{WebSocketAcceptor, WebSocketConnector};

use super::responder::Responder;
use crate::memory::Memory;
use crate::peers::sockudo;
use crate::poll;
use crate::report::Side;

/// A way to open connections.
#[derive(Clone, Copy)]
pub struct Way {
    /// The name of the crate, and of the way if there are several.
    pub name: &'static str,
    /// Whether it is our crate, a peer or a limit.
    pub side: Side,
    /// How it is driven.
    pub how: &'static str,
    /// Accepts the request that the transport has.
    pub accept: Option<fn(Memory)>,
    /// Connects to the server in memory.
    pub connect: Option<fn(Responder)>,
}

/// Why some crates are not in the table.
pub const LEFT_OUT: &[&str] = &[
    "fastwebsockets and yawc are left out: their handshakes need a connection of hyper",
    "web-socket and websocket-sans-io are left out: they have no handshake",
];

/// The response to both requests.
const RESPONSE: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

pub(super) const HOST: &str = "server.example.com";
pub(super) const PATH: &str = "/chat";
pub(super) const URL: &str = "ws://server.example.com/chat";

/// Returns all ways, ours first.
#[must_use]
pub fn all() -> Vec<Way> {
    let mut all = vec![Way {
        name: "limit: transport",
        side: Side::Limit,
        how: "the request is read and a fixed response is written, or the other way round",
        accept: Some(|memory| {
            let mut buffer = [0; 1024];
            assert_ne!(memory.read_into(&mut buffer), 0);
            memory.write_pieces([RESPONSE].into_iter());
        }),
        connect: Some(|responder| {
            responder.put(
                b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nSec-WebSocket-Version: 13\r\n\
                  Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            );
            let mut buffer = [0; 1024];
            assert_ne!(responder.fetch(&mut buffer), 0);
        }),
    }];
    all.extend(ours::ways());
    all.extend(peers());
    all
}

fn peers() -> [Way; 6] {
    let peer = |name, how, accept, connect| Way {
        name,
        side: Side::Peer,
        how,
        accept: Some(accept),
        connect: Some(connect),
    };
    [
        peer(
            "tungstenite",
            "`accept` and `client`",
            |memory| drop(tungstenite::accept(memory).expect("a valid request")),
            |responder| drop(tungstenite::client(URL, responder).expect("a valid response")),
        ),
        peer(
            "tokio-tungstenite",
            "`accept_async` and `client_async`",
            |memory| drop(poll::now(tokio_tungstenite::accept_async(memory)).expect("valid")),
            |responder| {
                drop(poll::now(tokio_tungstenite::client_async(URL, responder)).expect("valid"))
            },
        ),
        peer(
            "tokio-websockets",
            "`ServerBuilder::accept` and `ClientBuilder::connect_on`",
            |memory| drop(poll::now(ServerBuilder::new().accept(memory)).expect("valid")),
            |responder| {
                let builder = ClientBuilder::new().uri(URL).expect("a valid URL");
                drop(poll::now(builder.connect_on(responder)).expect("valid"));
            },
        ),
        peer(
            "soketto",
            "`Server` and `Client`, and then the two halves over buffers as in its example",
            |memory| poll::now(accept_soketto(memory)),
            |responder| poll::now(connect_soketto(responder)),
        ),
        peer(
            "sockudo-ws",
            "`server_handshake` or `client_handshake`, and `WebSocketStream::from_raw_with_leftover`",
            |mut memory| {
                let opened = poll::now(server_handshake(&mut memory)).expect("valid");
                let (config, leftover) = (sockudo::config(), opened.leftover);
                let role = Role::Server;
                drop(WebSocketStream::from_raw_with_leftover(memory, role, config, leftover));
            },
            |mut responder| {
                let handshake = client_handshake(&mut responder, HOST, PATH, None);
                let opened = poll::now(handshake).expect("valid");
                let (config, leftover) = (sockudo::config(), opened.leftover);
                let role = Role::Client;
                drop(WebSocketStream::from_raw_with_leftover(responder, role, config, leftover));
            },
        ),
        peer(
            "wtx",
            "`WebSocketAcceptor` and `WebSocketConnector`; feature `crypto-ring`",
            |memory| drop(poll::now(WebSocketAcceptor::default().accept(memory)).expect("valid")),
            |responder| {
                let uri = UriRef::new(URL);
                let connect = WebSocketConnector::default().connect(responder, &uri);
                drop(poll::now(connect).expect("valid"));
            },
        ),
    ]
}

async fn accept_soketto(memory: Memory) {
    let mut server = Server::new(BufReader::new(BufWriter::new(memory)));
    let key = server.receive_request().await.expect("a valid request").key();
    let accept = Response::Accept { key, protocol: None };
    server.send_response(&accept).await.expect("the sink takes all");
    drop(server.into_builder().finish());
}

async fn connect_soketto(responder: Responder) {
    let mut client = Client::new(BufReader::new(BufWriter::new(responder)), HOST, PATH);
    let response = client.handshake().await.expect("a valid response");
    assert!(matches!(response, ServerResponse::Accepted { .. }));
    drop(client.into_builder().finish());
}
