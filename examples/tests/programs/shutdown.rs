//! The graceful shutdown of the echo server on tokio. After an interrupt it tells its clients that
//! it goes away, and ends when they have gone.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};
use websocket_proto::tokio::connect;
use websocket_proto::{CloseCode, Message};

use crate::server::within;

/// Starts the server. Returns its process, which is killed when it is dropped, its URL, and the
/// rest of its output.
async fn server() -> (Child, String, Lines<BufReader<ChildStdout>>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_echo_server_tokio"))
        .arg("127.0.0.1:0")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let line = within(lines.next_line()).await.expect("a pipe").expect("its first line");
    let url = line.strip_prefix("listening on ").expect("where it listens").to_owned();
    (child, url, lines)
}

async fn interrupt(server: &Child) {
    let id = server.id().expect("it runs").to_string();
    let sent = Command::new("kill").args(["-INT", &id]).status().await.expect("kill is there");
    assert!(sent.success());
}

/// Waits until the server ends successfully. Returns the errors that it has printed.
async fn ended_well(mut server: Child) -> String {
    let status = within(server.wait()).await.expect("a child");
    assert!(status.success(), "{status}");
    let mut errors = String::new();
    let mut pipe = server.stderr.take().expect("a pipe");
    within(pipe.read_to_string(&mut errors)).await.expect("text");
    errors
}

#[tokio::test]
async fn clients_are_told_of_a_shutdown_and_it_ends_when_they_have_gone() {
    let (server, url, _stdout) = server().await;
    let mut clients = Vec::new();
    for number in 0..3 {
        let mut client = within(connect(&url)).await.expect("it listens");
        let hello = Message::text(format!("client {number}"));
        within(client.send(hello.clone())).await.expect("it is open");
        assert_eq!(within(client.next()).await.expect("open").expect("a good server"), hello);
        clients.push(client);
    }
    interrupt(&server).await;
    for client in &mut clients {
        let close = within(client.next()).await.expect("open").expect("a good server");
        let expected = Message::close(CloseCode::GOING_AWAY, "the server shuts down");
        assert_eq!(close, expected.expect("sendable"));
        assert!(within(client.next()).await.is_none());
    }
    assert_eq!(ended_well(server).await, "");
}

#[tokio::test]
async fn a_server_without_clients_ends_at_once_and_takes_no_more_of_them() {
    let (server, url, _stdout) = server().await;
    // One client has left again, and another one has asked for a page.
    let mut client = within(connect(&url)).await.expect("it listens");
    within(client.close(CloseCode::NORMAL, "")).await.expect("a good server");
    within(client.finish()).await.expect("a good server");
    let mut browser =
        TcpStream::connect(url.trim_start_matches("ws://")).await.expect("it listens");
    browser.write_all(b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n").await.expect("it is read");
    let mut response = String::new();
    within(browser.read_to_string(&mut response)).await.expect("a response");
    assert!(response.starts_with("HTTP/1.1 426 "), "{response}");
    drop(browser);

    interrupt(&server).await;
    let errors = ended_well(server).await;
    assert_eq!(errors, "the request asked for no WebSocket and was answered with status 426\n");
    within(connect(&url)).await.expect_err("nobody listens");
}
