//! `examples/wss_server.rs` echoes, with a certificate of the caller's: as the binary that
//! `cargo test` builds beside the tests.
#![cfg(feature = "tls")]

#[path = "common/identity.rs"]
mod identity;
#[path = "common/peers.rs"]
mod peers;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use identity::Identity;
use peers::run;
use websocket_proto::adapter::{ConnectError, ConnectOptions};
use websocket_proto::tokio::connect_with_tls;
use websocket_proto::{CloseCode, Message};

/// The example, on a port that the system chose, until it is dropped.
struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn start<A: AsRef<std::ffi::OsStr>>(arguments: &[A]) -> Self {
        let test = std::env::current_exe().unwrap();
        let profile = test.parent().and_then(Path::parent).expect("target/debug/deps/");
        let example = profile.join("examples").join("wss_server");
        let mut process = Command::new(example.with_extension(std::env::consts::EXE_EXTENSION))
            .arg("127.0.0.1:0")
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("`cargo test` and `cargo build --examples` build it");
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("listening on wss://").expect("a line");
        let port = address.parse::<std::net::SocketAddr>().unwrap().port();
        Self { process, port }
    }

    fn options(&self) -> ConnectOptions {
        ConnectOptions::new(&format!("wss://localhost:{}/", self.port)).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A certificate in files, named after the test.
fn write(identity: &Identity, name: &str) -> (PathBuf, PathBuf) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (certificate, key) =
        (folder.join(format!("{name}.pem")), folder.join(format!("{name}.key.pem")));
    std::fs::write(&certificate, identity.pem()).unwrap();
    std::fs::write(&key, identity.key_pem()).unwrap();
    (certificate, key)
}

#[test]
fn it_echoes_with_a_certificate_from_files() {
    let identity = Identity::of(&["localhost"]);
    let (certificate, key) = write(&identity, "example");
    let server = Server::start(&[&certificate, &key]);
    run(async {
        let mut socket = connect_with_tls(server.options(), identity.client()).await.unwrap();
        socket.send("Hello").await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::from("Hello"));
        socket.close(CloseCode::NORMAL, "").await.unwrap();
    });
}

#[test]
fn without_files_it_makes_a_certificate_that_nobody_trusts() {
    let server = Server::start::<&str>(&[]);
    let config = Identity::of(&["localhost"]).client();
    let refused = run(connect_with_tls(server.options(), config));
    assert!(matches!(refused, Err(ConnectError::Tls(_))), "{refused:?}");
}

#[test]
fn a_certificate_without_its_key_is_refused() {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).expect("target/debug/deps/");
    let example = profile.join("examples").join("wss_server");
    let output = Command::new(example.with_extension(std::env::consts::EXE_EXTENSION))
        .args(["127.0.0.1:0", "certificate.pem"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8(output.stderr).unwrap().contains("the key is missing"));
}

#[cfg(feature = "deflate")]
#[test]
fn it_compresses_when_it_is_told_to() {
    use websocket_proto::{deflate, websocket::Config};

    let identity = Identity::of(&["localhost"]);
    let (certificate, key) = write(&identity, "compressing");
    let plain = Server::start(&[&certificate, &key]);
    let compressing = Server::start(&[certificate.as_path(), Path::new("--compress"), &key]);
    run(async {
        for (server, compresses) in [(plain, false), (compressing, true)] {
            let options = server.options().config(Config::new().deflate(deflate::Config::new()));
            let mut socket = connect_with_tls(options, identity.client()).await.unwrap();
            assert_eq!(socket.agreement().is_some(), compresses);
            let message = Message::from("Hello".repeat(100));
            socket.send(message.clone()).await.unwrap();
            assert_eq!(socket.next().await.unwrap().unwrap(), message);
            socket.close(CloseCode::NORMAL, "").await.unwrap();
        }
    });
}
