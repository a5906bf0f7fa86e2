//! `wss_server` echoes over TLS, with a certificate from files or with a generated one.

use std::process::Command;

use websocket_proto::io::{ConnectError, ConnectOptions};
use websocket_proto::tokio::connect_with_tls;
use websocket_proto::{CloseCode, Message};

use crate::identity::Identity;
use crate::server::{Server, within};

const PROGRAM: &str = env!("CARGO_BIN_EXE_wss_server");

/// Connects to `localhost`, the name in the certificates of these tests.
fn options(server: &Server) -> ConnectOptions {
    let port = server.address().port();
    ConnectOptions::new(&format!("wss://localhost:{port}/")).unwrap()
}

/// Writes a certificate and its key into files, and returns their paths. The test gives the name.
fn write(identity: &Identity, name: &str) -> (String, String) {
    let folder = env!("CARGO_TARGET_TMPDIR");
    let (certificate, key) = (format!("{folder}/{name}.pem"), format!("{folder}/{name}.key.pem"));
    std::fs::write(&certificate, identity.pem()).unwrap();
    std::fs::write(&key, identity.key_pem()).unwrap();
    (certificate, key)
}

#[tokio::test]
async fn it_echoes_with_a_certificate_from_files() {
    let identity = Identity::of(&["localhost"]);
    let (certificate, key) = write(&identity, "example");
    let server = Server::start(PROGRAM, &[&certificate, &key]);
    within(async {
        let mut socket = connect_with_tls(options(&server), identity.client()).await.unwrap();
        socket.send("Hello").await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::from("Hello"));
        socket.close(CloseCode::NORMAL, "").await.unwrap();
        socket.finish().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn without_files_it_makes_a_certificate_that_nobody_trusts() {
    let server = Server::start(PROGRAM, &[]);
    let config = Identity::of(&["localhost"]).client();
    let refused = within(connect_with_tls(options(&server), config)).await;
    assert!(matches!(refused, Err(ConnectError::Tls { .. })), "{refused:?}");
}

#[test]
fn a_certificate_without_its_key_is_refused() {
    let output = Command::new(PROGRAM).args(["127.0.0.1:0", "certificate.pem"]).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8(output.stderr).unwrap().contains("the key is missing"));
}

#[cfg(feature = "deflate")]
#[tokio::test]
async fn it_compresses_when_it_is_told_to() {
    use websocket_proto::{deflate, websocket::Config};

    let identity = Identity::of(&["localhost"]);
    let (certificate, key) = write(&identity, "compressing");
    let plain = Server::start(PROGRAM, &[&certificate, &key]);
    let compressing = Server::start(PROGRAM, &[&certificate, "--compress", &key]);
    within(async {
        for (server, compresses) in [(plain, false), (compressing, true)] {
            let options =
                options(&server).config(Config::new().deflate(deflate::DeflateConfig::new()));
            let mut socket = connect_with_tls(options, identity.client()).await.unwrap();
            assert_eq!(socket.deflate_terms().is_some(), compresses);
            let message = Message::from("Hello".repeat(100));
            socket.send(message.clone()).await.unwrap();
            assert_eq!(socket.next().await.unwrap().unwrap(), message);
            socket.close(CloseCode::NORMAL, "").await.unwrap();
            socket.finish().await.unwrap();
        }
    })
    .await;
}
