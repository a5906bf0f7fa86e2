//! From the standard input to the server, and back.

use std::io::Write as _;
use std::thread::sleep;
use std::time::Duration;

use websocket_proto::{CloseCode, Message};

use super::*;
use crate::server::Server;

fn echo_server() -> Server {
    Server::start(env!("CARGO_BIN_EXE_echo_server"), &["--compress"])
}

#[test]
fn each_line_is_a_message_and_every_answer_is_printed() {
    let server = echo_server();
    let lines: String = (0..1000).map(|n| format!("line {n} €\n")).collect();
    let outcome = run(&[&server.url], &lines);
    assert_eq!((outcome.stdout, outcome.code), (lines, 0));
    assert_eq!(outcome.stderr, "wsc: connected\nwsc: closed with code 1000\n");
}

#[test]
fn a_last_line_without_a_line_break_is_sent() {
    let server = echo_server();
    assert_eq!(run(&[&server.url], "one\ntwo").stdout, "one\ntwo\n");
}

#[test]
fn more_than_the_buffers_hold_goes_both_ways() {
    let server = echo_server();
    let lines: String = (0..100).map(|n| format!("{n}{}\n", "x".repeat(100_000))).collect();
    let outcome = run(&["--quiet", &server.url], &lines);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stdout == lines);
}

#[test]
fn messages_are_compressed_if_the_server_agrees() {
    let server = echo_server();
    let line = format!("{}\n", "Hello".repeat(1000));
    let outcome = run(&["--compress", &server.url], &line);
    assert_eq!(outcome.stdout, line);
    assert!(outcome.stderr.starts_with("wsc: connected, compressed\n"), "{}", outcome.stderr);

    let plain = Server::start(env!("CARGO_BIN_EXE_echo_server"), &[]);
    let outcome = run(&["--compress", &plain.url], &line);
    assert!(outcome.stderr.starts_with("wsc: connected, not compressed\n"), "{}", outcome.stderr);
}

#[test]
fn hex_digits_are_sent_and_printed_as_a_binary_message() {
    let (url, server) = serve_one(|socket| {
        assert_eq!(socket.read().unwrap(), Some(Message::binary(vec![0, 0xff, 0x10])));
        assert_eq!(socket.read().unwrap(), Some(Message::binary(vec![])));
        socket.send(vec![0xca, 0xfe]).unwrap();
        socket.finish().unwrap();
    });
    let outcome = run(&["--binary", &url], "00 FF10\n\n");
    assert_eq!((outcome.stdout.as_str(), outcome.code), ("cafe\n", 0), "{}", outcome.stderr);
    server.join().unwrap();
}

#[test]
fn a_line_that_is_no_hex_closes_the_connection() {
    let server = echo_server();
    for (line, reason) in [
        ("0g", "'g' is not a hex digit"),
        ("012", "\"012\" has an odd number of hex digits"),
        ("é", "'é' is not a hex digit"),
    ] {
        let outcome = run(&["--binary", &server.url], &format!("{line}\n"));
        assert_eq!(outcome.code, 6);
        assert!(outcome.stderr.contains(&format!("wsc: --binary: {reason}\n")), "{outcome:?}");
    }
}

#[test]
fn texts_of_the_command_line_are_sent_before_the_input() {
    let server = echo_server();
    let outcome = run(&["-x", "one", "--send", "two", &server.url], "three\n");
    assert_eq!(outcome.stdout, "one\ntwo\nthree\n");
}

#[test]
fn commands_ping_and_close() {
    let (url, server) = serve_one(|socket| {
        assert_eq!(socket.read().unwrap(), Some(Message::ping("now")));
        assert_eq!(socket.read().unwrap(), Some(Message::text("/close")));
        let close = Message::close(CloseCode::from(4000), "I am done").unwrap();
        assert_eq!(socket.read().unwrap(), Some(close));
        assert_eq!(socket.read().unwrap(), None);
    });
    let input = "/ping now\n//close\n/close 4000 I am done\nnever sent\n";
    let outcome = run(&["--slash", &url], input);
    server.join().unwrap();
    assert!(outcome.stderr.contains("wsc: Pong now\n"), "{}", outcome.stderr);
    assert!(outcome.stderr.ends_with("wsc: closed with code 4000: I am done\n"), "{outcome:?}");
    // The server repeats the code of the client. It is not the code of a normal end.
    assert_eq!(outcome.code, 1);
}

#[test]
fn a_command_that_is_none_says_so() {
    let server = echo_server();
    for (line, reason) in [
        ("/help", "/help is not a command: use /ping or /close"),
        ("/close soon", "/close: \"soon\" is not a close code"),
        ("/close 1006", "/close: "),
    ] {
        let outcome = run(&["--slash", &server.url], &format!("{line}\n"));
        assert_eq!(outcome.code, 6);
        assert!(outcome.stderr.contains(reason), "{outcome:?}");
    }
    assert_eq!(run(&[&server.url], "/help\n").stdout, "/help\n");
}

#[test]
fn it_waits_after_the_input_for_late_messages() {
    let late = |socket: &mut ServerStream<TcpStream>| {
        sleep(Duration::from_millis(200));
        socket.send("late").unwrap();
        socket.finish().unwrap();
    };
    let (url, server) = serve_one(late);
    assert_eq!(run(&["--wait", "1", &url], "").stdout, "late\n");
    server.join().unwrap();

    let (url, server) = serve_one(move |socket| {
        late(socket);
    });
    let outcome = run(&["--wait", "forever", &url], "");
    assert_eq!((outcome.stdout.as_str(), outcome.code), ("late\n", 0));
    server.join().unwrap();
}

#[test]
fn it_waits_for_so_many_messages_and_prints_no_more() {
    let (url, server) = serve_one(|socket| {
        for number in 0..5 {
            sleep(Duration::from_millis(20));
            let _ = socket.send(number.to_string());
        }
        let _ = socket.finish();
    });
    let outcome = run(&["--count", "3", &url], "");
    assert_eq!((outcome.stdout.as_str(), outcome.code), ("0\n1\n2\n", 0), "{}", outcome.stderr);
    server.join().unwrap();
}

#[test]
fn a_line_leaves_while_the_input_is_still_open() {
    let (url, server) = serve_one(|socket| {
        assert_eq!(socket.read().unwrap(), Some(Message::text("first")));
        socket.close(CloseCode::NORMAL, "seen").unwrap();
        socket.finish().unwrap();
    });
    let mut child = start(&[&url]);
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"first\n").unwrap();
    server.join().unwrap();
    let outcome = finish(child);
    drop(stdin);
    assert!(outcome.stderr.ends_with("wsc: closed with code 1000: seen\n"), "{outcome:?}");
    assert_eq!(outcome.code, 0);
}
