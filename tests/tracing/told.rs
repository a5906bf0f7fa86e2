//! The spans and events that are recorded.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use websocket_proto::tokio::{
    Acceptor, CloseCode, Config, ConnectOptions, DeflateConfig, Keepalive, Opened, Reply, Server,
    WebSocketStream, connect,
};

use crate::collector::{record, record_from, record_with_ends};

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    (listener, address)
}

#[test]
fn a_conversation_is_two_handshakes_two_connections_and_their_ends() {
    let (address, log) = record(async {
        let (listener, address) = listen().await;
        let config = Config::new().deflate(DeflateConfig::new());
        let options = ConnectOptions::new(&format!("ws://{address}/")).expect("a URL");
        let server = async {
            let (stream, _) = listener.accept().await.expect("a client");
            let mut acceptor = Acceptor::new(stream).config(config.clone());
            let mut socket = acceptor.accept().await.expect("a WebSocket");
            while let Some(message) = socket.next().await {
                message.expect("a good client");
            }
        };
        let client = async {
            let mut socket = connect(options.config(config.clone())).await.expect("a WebSocket");
            socket.close(CloseCode::from(4000), "").await.expect("it is open");
            socket.finish().await.expect("a clean end");
        };
        tokio::join!(server, client);
        address
    });
    for (line, count) in [
        ("DEBUG websocket handshake: role=\"server\"\n".to_owned(), 1),
        (format!("DEBUG websocket handshake: role=\"client\" server=\"{address}\"\n"), 1),
        ("DEBUG event: message=opened compressed=true subprotocol=false\n".to_owned(), 2),
        ("DEBUG websocket: role=\"server\" compressed=true\n".to_owned(), 1),
        ("DEBUG websocket: role=\"client\" compressed=true\n".to_owned(), 1),
        ("DEBUG event: message=closed code=4000 clean=true\n".to_owned(), 2),
    ] {
        assert_eq!(log.matches(&line).count(), count, "{line}: {log}");
    }
    assert_eq!(log.lines().count(), 8, "{log}");
}

#[test]
fn a_refusal_has_its_status_on_both_sides() {
    let ((), log) = record(async {
        let (listener, address) = listen().await;
        let server = async {
            let (stream, _) = listener.accept().await.expect("a client");
            let mut acceptor = Acceptor::new(stream);
            acceptor.request().await.expect("a request");
            acceptor.reply(Reply::refuse(403)).await.expect_err("it is refused");
        };
        let client = async {
            connect(format!("ws://{address}/")).await.expect_err("it is refused");
        };
        tokio::join!(server, client);
    });
    assert!(log.contains("DEBUG event: message=refused status=403\n"), "{log}");
    assert!(log.contains("WARN event: message=refused status=403\n"), "{log}");
}

/// A server over a stream in memory, and the other end of the stream.
fn server(
    config: Config,
) -> (WebSocketStream<tokio::io::DuplexStream, Server>, tokio::io::DuplexStream) {
    let (near, far) = tokio::io::duplex(1024);
    let input = bytes::BytesMut::new();
    (WebSocketStream::from_parts(far, Server, config, Opened::new(), input), near)
}

#[test]
fn a_fault_of_the_peer_has_its_close_code() {
    let ((), log) = record(async {
        let (mut socket, mut peer) = server(Config::new());
        // A frame without a mask.
        peer.write_all(b"\x81\x05Hello").await.expect("there is room");
        drop(peer);
        socket.next().await.expect("an error").expect_err("a fault");
    });
    assert!(log.contains("WARN event: message=failed code=1002 error="), "{log}");
}

#[test]
fn a_lost_peer_and_a_time_out_are_recorded() {
    let ((), log) = record(async {
        tokio::time::pause();
        let time = Duration::from_secs(1);
        let config = Config::new().keepalive(Keepalive { interval: time, timeout: time });
        let (mut socket, _silent) = server(config);
        socket.next().await.expect("an error").expect_err("silence");
        let (mut socket, gone) = server(Config::new());
        drop(gone);
        socket.next().await.expect("an error").expect_err("the end");
    });
    assert!(log.contains("WARN event: message=timed out\n"), "{log}");
    assert_eq!(log.matches("WARN event: message=failed code=1006").count(), 2, "{log}");
}

#[test]
fn a_client_that_leaves_in_the_handshake_is_recorded() {
    let ((), log) = record(async {
        let (listener, address) = listen().await;
        drop(TcpStream::connect(address).await.expect("a connection"));
        let (stream, _) = listener.accept().await.expect("a client");
        Acceptor::new(stream).accept().await.expect_err("no request");
    });
    assert!(log.contains("DEBUG event: message=the client left\n"), "{log}");
}

#[test]
fn failures_are_recorded_if_only_warnings_are_wanted() {
    let ((), log) = record_from(tracing::Level::WARN, async {
        let (mut socket, mut peer) = server(Config::new());
        // A frame without a mask.
        peer.write_all(b"\x81\x05Hello").await.expect("there is room");
        drop(peer);
        socket.next().await.expect("an error").expect_err("a fault");
        connect("ws://127.0.0.1:1/").await.expect_err("nobody listens");
        let (listener, address) = listen().await;
        let refusing = async {
            let (stream, _) = listener.accept().await.expect("a client");
            let mut acceptor = Acceptor::new(stream);
            acceptor.request().await.expect("a request");
            acceptor.reply(Reply::refuse(403)).await.expect_err("it is refused");
        };
        let refused = async {
            connect(format!("ws://{address}/")).await.expect_err("it is refused");
        };
        tokio::join!(refusing, refused);
    });
    assert!(log.starts_with("WARN event: message=failed code=1002 error="), "{log}");
    assert!(log.ends_with("\nWARN event: message=refused status=403\n"), "{log}");
}

/// Otherwise the time of a span would be the time for which the program keeps a value.
#[test]
fn a_span_ends_with_the_handshake_or_the_connection_that_it_describes() {
    let ((), log) = record_with_ends(async {
        let (listener, address) = listen().await;
        let server = async {
            let (stream, _) = listener.accept().await.expect("a client");
            let mut acceptor = Acceptor::new(stream);
            let mut socket = acceptor.accept().await.expect("a WebSocket");
            while let Some(message) = socket.next().await {
                message.expect("a good client");
            }
            (acceptor, socket)
        };
        let client = async {
            let mut socket = connect(format!("ws://{address}/")).await.expect("a WebSocket");
            socket.close(CloseCode::NORMAL, "").await.expect("it is open");
            socket.finish().await.expect("a clean end");
            socket
        };
        let _kept = tokio::join!(server, client);
        tracing::info!(target: "websocket_proto::test", "the conversation is over");
    });
    let (before, _) = log.split_once("the conversation is over").expect("it is recorded");
    assert_eq!(before.matches("end of websocket handshake\n").count(), 2, "{log}");
    assert_eq!(before.matches("end of websocket\n").count(), 2, "{log}");
}
