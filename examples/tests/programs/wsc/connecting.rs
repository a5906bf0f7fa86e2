//! The request, TLS, proxies, and connecting again.

use std::fs;
use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use websocket_proto::blocking::Reply;
use websocket_proto::{CloseCode, Message};

use super::*;
use crate::identity::Identity;
use crate::server::Server;

/// Reads the head of a request.
fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        assert_eq!(stream.read(&mut byte).unwrap(), 1);
        head.extend(byte);
    }
    String::from_utf8(head).unwrap()
}

#[test]
fn the_request_has_what_the_command_line_asks_for() {
    let (url, server) = serve(1, |_, stream| {
        let mut acceptor = Acceptor::new(stream);
        let request = acceptor.request().unwrap();
        let header = |name| request.headers().first(name).map(|value| value.to_vec());
        assert_eq!(header("X-One").unwrap(), b"1:2");
        assert_eq!(header("Authorization").unwrap(), b"Basic dXNlcjpwYTpzcw==");
        assert_eq!(header("Origin").unwrap(), b"https://example.com");
        let reply = Reply::accept().subprotocol(request.choose_subprotocol(&["b"]));
        acceptor.reply(reply).unwrap().finish().unwrap();
    });
    let arguments = ["--header", "X-One: 1:2", "--auth", "user:pa:ss"];
    let more = ["-s", "a", "-s", "b", "--origin", "https://example.com", "--wait", "forever"];
    let outcome = run(&[&arguments[..], &more, &[&url]].concat(), "");
    server.join().unwrap();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(outcome.stderr.contains("wsc: connected, subprotocol b\n"), "{outcome:?}");
}

#[test]
fn what_cannot_be_sent_is_refused_before_a_connection() {
    let cases = [
        (&["http://localhost/"][..], "scheme other than ws and wss"),
        (&["--header", "X-One", "ws://localhost/"], "a --header has no colon"),
        (&["--header", "Host: b", "ws://localhost/"], ""),
        (&["--auth", "user", "ws://localhost/"], "--auth has no colon"),
        (&["--proxy", "ftp://a", "ws://localhost/"], ""),
        (&["--ca", "/nowhere.pem", "wss://localhost/"], "cannot read /nowhere.pem"),
        (&["--wait", "soon", "ws://localhost/"], "\"forever\""),
        (&["--max-attempts", "1", "ws://localhost/"], "--reconnect"),
        (&[], "<URL>"),
    ];
    for (arguments, reason) in cases {
        let outcome = run(arguments, "");
        assert_eq!(outcome.code, 2, "{outcome:?}");
        assert!(outcome.stderr.contains(reason), "{outcome:?}");
    }
}

#[test]
fn a_password_is_not_printed() {
    let outcome = run(&["--verbose", "--auth", "user:secret", "ws://127.0.0.1:1/"], "");
    assert_eq!(outcome.code, 3);
    assert!(!outcome.stderr.contains("secret"), "{outcome:?}");
    // An argument with a mistake is not printed either.
    for header in ["Authorization Bearer secret", "Token secret: x", "Token: secret\x1b"] {
        let outcome = run(&["--header", header, "ws://127.0.0.1:1/"], "");
        assert_eq!(outcome.code, 2);
        assert!(!outcome.stderr.contains("secret"), "{outcome:?}");
    }
}

#[test]
fn wss_trusts_the_file_of_ca_and_nobody_else_by_default() {
    let identity = Identity::of(&["localhost"]);
    let folder = env!("CARGO_TARGET_TMPDIR");
    let (certificate, key) = (format!("{folder}/wsc.pem"), format!("{folder}/wsc.key.pem"));
    fs::write(&certificate, identity.pem()).unwrap();
    fs::write(&key, identity.key_pem()).unwrap();
    let server = Server::start(env!("CARGO_BIN_EXE_wss_server"), &[&certificate, &key]);
    let url = format!("wss://localhost:{}", server.address().port());

    let outcome = run(&["--ca", &certificate, &url], "Hello\n");
    assert_eq!((outcome.stdout.as_str(), outcome.code), ("Hello\n", 0), "{}", outcome.stderr);

    let outcome = run(&["--insecure", &url], "Hello\n");
    assert_eq!((outcome.stdout.as_str(), outcome.code), ("Hello\n", 0), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("the certificate of the server was not checked"));
    let plain = Server::start(env!("CARGO_BIN_EXE_echo_server"), &[]);
    let outcome = run(&["--insecure", &plain.url], "Hello\n");
    assert!(!outcome.stderr.contains("certificate"), "{}", outcome.stderr);

    let outcome = run(&[&url], "Hello\n");
    assert_eq!((outcome.stdout.as_str(), outcome.code), ("", 4), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("cannot open a TLS session with"), "{outcome:?}");
}

#[test]
fn it_connects_through_a_proxy() {
    let (proxy, server) = serve(1, |_, mut stream| {
        let head = read_head(&mut stream);
        assert!(head.starts_with("CONNECT chat.test:80 HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("Basic dTpw"), "{head}");
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        accept(stream).finish().unwrap();
    });
    let proxy = proxy.replace("ws://", "http://u:p@");
    let outcome = run(&["--proxy", &proxy, "--wait", "forever", "ws://chat.test/"], "");
    assert_eq!(outcome.code, 0, "{outcome:?}");
    server.join().unwrap();
}

#[test]
fn it_connects_again_and_loses_no_line_that_was_not_sent() {
    let (url, server) = serve(3, |number, stream| match number {
        // The connection is lost without a Close.
        0 => drop(accept(stream)),
        // The server is not ready yet.
        1 => {
            let mut acceptor = Acceptor::new(stream);
            acceptor.request().unwrap();
            acceptor.reply(Reply::refuse(503)).unwrap_err();
            acceptor.finish().unwrap();
        }
        _ => {
            let mut socket = accept(stream);
            assert_eq!(socket.read().unwrap(), Some(Message::text("subscribe")));
            assert_eq!(socket.read().unwrap(), Some(Message::text("line")));
            socket.close(CloseCode::NORMAL, "").unwrap();
            socket.finish().unwrap();
        }
    });
    let mut child = start(&["--reconnect", "--max-pause", "0.1", "-x", "subscribe", &url]);
    thread::sleep(Duration::from_millis(300));
    let mut stdin = child.stdin.take().unwrap();
    let waiting = child.stderr.take().unwrap();
    let printed = thread::spawn(move || {
        let mut text = String::new();
        let mut waiting = waiting;
        waiting.read_to_string(&mut text).unwrap();
        text
    });
    stdin.write_all(b"line\n").unwrap();
    server.join().unwrap();
    let outcome = finish(child);
    let printed = printed.join().unwrap();
    assert_eq!(outcome.code, 0, "{printed}");
    assert_eq!(printed.matches("wsc: next attempt in 0.1 s\n").count(), 2, "{printed}");
}

#[test]
fn it_gives_up_at_the_limit() {
    let begin = Instant::now();
    let arguments = ["--reconnect", "--max-attempts", "2", "--max-pause", "0.01"];
    let outcome = run(&[&arguments[..], &["ws://127.0.0.1:1/"]].concat(), "");
    assert_eq!(outcome.code, 3);
    assert_eq!(outcome.stderr.matches("Connection refused").count(), 3, "{outcome:?}");
    assert!(outcome.stderr.ends_with("wsc: gave up: --max-attempts is 2\n"), "{outcome:?}");
    assert!(begin.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_refusal_that_will_not_change_is_not_tried_again() {
    let (url, server) = serve(1, |_, stream| {
        let mut acceptor = Acceptor::new(stream);
        acceptor.request().unwrap();
        acceptor.reply(Reply::refuse(403)).unwrap_err();
        acceptor.finish().unwrap();
    });
    let outcome = run(&["--reconnect", &url], "");
    server.join().unwrap();
    assert_eq!(outcome.code, 5);
    assert!(outcome.stderr.contains("status 403"), "{outcome:?}");
}
