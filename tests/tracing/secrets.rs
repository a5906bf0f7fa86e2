//! No payload, header, path, query, subprotocol, close reason or credential is recorded.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use websocket_proto::tokio::{
    Acceptor, CloseCode, Config, ConnectOptions, DeflateConfig, Reply, connect,
};

use crate::collector::record;

/// The word that must not be in the log.
const SECRET: &str = "hunter2";

fn options(address: impl std::fmt::Display) -> ConnectOptions {
    let url = format!("ws://{SECRET}:{SECRET}@{address}/{SECRET}?token={SECRET}");
    let options = ConnectOptions::new(&url).expect("a URL");
    let options = options.header("X-Token", SECRET).expect("a header");
    let options = options.subprotocol(SECRET).expect("a token");
    let options = options.origin(&format!("https://{SECRET}.example")).expect("an origin");
    options.config(Config::new().deflate(DeflateConfig::new()))
}

#[test]
fn a_conversation_tells_no_secret() {
    let ((), log) = record(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = async {
            let (stream, _) = listener.accept().await.expect("a client");
            let mut acceptor = Acceptor::new(stream);
            acceptor.request().await.expect("a request");
            let reply = Reply::accept().subprotocol(SECRET).header("Set-Cookie", SECRET);
            let mut socket = acceptor.reply(reply).await.expect("a WebSocket");
            while let Some(message) = socket.next().await {
                let message = message.expect("a good client");
                if message.is_data() {
                    socket.send(message).await.expect("it is open");
                }
            }
        };
        let client = async {
            let mut socket = connect(options(address)).await.expect("a WebSocket");
            socket.send(SECRET).await.expect("it is open");
            socket.send(websocket_proto::Message::ping(SECRET)).await.expect("it is open");
            socket.next().await.expect("an echo").expect("no error");
            socket.close(CloseCode::NORMAL, SECRET).await.expect("it is open");
            socket.finish().await.expect("a clean end");
        };
        tokio::join!(server, client);
    });
    assert!(log.lines().count() >= 8, "{log}");
    assert!(!log.contains(SECRET), "{log}");
}

#[test]
fn failures_tell_no_secret() {
    let heads = [
        format!(
            "HTTP/1.1 401 {SECRET}\r\nWWW-Authenticate: {SECRET}\r\nContent-Length: 7\r\n\r\n{SECRET}"
        ),
        format!("HTTP/1.1 302 Found\r\nLocation: ws://{SECRET}/\r\n\r\n"),
        format!("HTTP/1.1 101 {SECRET}\r\nUpgrade: {SECRET}\r\n\r\n"),
        format!("{SECRET}\r\n\r\n"),
    ];
    for head in heads {
        let ((), log) = record(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = listener.local_addr().expect("an address");
            let server = async {
                let (mut stream, _) = listener.accept().await.expect("a client");
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await.expect("a request");
                stream.write_all(head.as_bytes()).await.expect("it is sent");
            };
            let client = async {
                connect(options(address)).await.expect_err("no WebSocket");
            };
            tokio::join!(server, client);
        });
        assert!(log.contains("WARN"), "{log}");
        assert!(!log.contains(SECRET), "{log}");
    }
}

#[test]
fn bad_requests_tell_no_secret() {
    let requests = [
        format!("GET /{SECRET} HTTP/1.1\r\nHost: a\r\nCookie: {SECRET}\r\n\r\n"),
        format!("{SECRET} / HTTP/1.1\r\n\r\n"),
        format!("GET / HTTP/1.1\r\n{SECRET}\r\n\r\n"),
    ];
    for request in requests {
        let ((), log) = record(async {
            let (mut near, far) = tokio::io::duplex(4096);
            near.write_all(request.as_bytes()).await.expect("there is room");
            near.shutdown().await.expect("it is open");
            Acceptor::new(far).accept().await.expect_err("no WebSocket");
        });
        assert!(log.contains("event:"), "{log}");
        assert!(!log.contains(SECRET), "{log}");
    }
}
