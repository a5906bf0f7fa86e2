//! The output of `wsc` on the standard output and on the standard error output.

use websocket_proto::{CloseCode, Message};

use crate::server::Server;

use super::*;

/// Starts a server that sends these messages and closes. Returns its URL.
fn send(messages: Vec<Message>) -> String {
    let (url, _server) = serve_one(|socket| {
        for message in messages {
            socket.send(message).unwrap();
        }
        socket.close(CloseCode::NORMAL, "").unwrap();
        socket.finish().unwrap();
    });
    url
}

#[test]
fn json_is_indented_and_nothing_in_it_changes() {
    let messages = [
        r#"{"b":1.50,"a":[1e400,{}, [ ],"x, \"y\": {"],"b":null}"#,
        "no { json",
        "18446744073709551616",
    ];
    let url = send(messages.into_iter().map(Message::text).collect());
    let expected = r#"{
  "b": 1.50,
  "a": [
    1e400,
    {},
    [],
    "x, \"y\": {"
  ],
  "b": null
}
no { json
18446744073709551616
"#;
    assert_eq!(run(&["--json", "--wait", "forever", &url], "").stdout, expected);
}

#[test]
fn pings_are_shown_apart_from_the_messages() {
    let url = send(vec![Message::ping("still \x1b there"), Message::text("Hello")]);
    let outcome = run(&["--wait", "forever", &url], "");
    assert_eq!(outcome.stdout, "Hello\n");
    assert!(outcome.stderr.contains("wsc: Ping still \\x1b there\n"), "{}", outcome.stderr);

    let url = send(vec![Message::ping("?"), Message::text("Hello")]);
    let outcome = run(&["--quiet", "--wait", "forever", &url], "");
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("Hello\n", ""));
}

#[test]
fn a_pipe_gets_the_bytes_of_the_server_and_a_terminal_does_not() {
    let text = "red \x1b[31m, bell \x07, line\nbreak";
    let url = send(vec![Message::text(text)]);
    assert_eq!(run(&["--wait", "forever", &url], "").stdout, format!("{text}\n"));

    let url = send(vec![Message::text(text)]);
    let outcome = run(&["--color", "always", "--wait", "forever", &url], "");
    let shown = "\x1b[32m< red \\u{1b}[31m, bell \\u{7}, line\n  break\x1b[0m\n";
    assert_eq!(outcome.stdout, shown);
    assert!(outcome.stderr.contains("\x1b[2mwsc: connected\x1b[0m\n"), "{}", outcome.stderr);
}

#[test]
fn a_server_cannot_write_a_line_of_wsc_or_turn_text_around() {
    let (url, _server) = serve_one(|socket| {
        socket.send("one\nwsc: closed\n< two \u{202e}owt\u{2066}").unwrap();
        socket.close(CloseCode::from(4000), "gone\nwsc: \u{202e}enog\u{85}").unwrap();
        socket.finish().unwrap();
    });
    let outcome = run(&["--color", "always", "--wait", "forever", &url], "");
    let shown = "< one\n  wsc: closed\n  < two \\u{202e}owt\\u{2066}\x1b[0m\n";
    assert!(outcome.stdout.ends_with(shown), "{:?}", outcome.stdout);
    let remark = "wsc: closed with code 4000: gone\\nwsc: \\u{202e}enog\\u{85}\x1b[0m\n";
    assert!(outcome.stderr.ends_with(remark), "{:?}", outcome.stderr);
}

/// Each number is in 100 arrays, so its indentation would have 200 bytes.
#[test]
fn json_that_would_become_much_larger_is_printed_as_it_is() {
    let wide = |items: usize| {
        let (open, close) = ("[".repeat(100), "]".repeat(100));
        format!("{open}1{}{close}", ",1".repeat(items))
    };
    let (small, large) = (wide(10), wide(500_000));
    let url = send(vec![Message::text(small), Message::text(large.clone())]);
    let outcome = run(&["--json", "--wait", "forever", &url], "");
    assert!(outcome.stdout.starts_with("[\n  [\n"), "{:?}", outcome.stdout.get(..20));
    let is_unchanged = outcome.stdout.ends_with(&format!("]\n{large}\n"));
    assert!(is_unchanged, "{} bytes", outcome.stdout.len());
}

#[test]
fn a_pipe_and_no_color_have_no_colours() {
    for arguments in [&["--color", "auto"][..], &["--color", "never"], &[]] {
        let url = send(vec![Message::text("Hello")]);
        let outcome = run(&[arguments, &["--wait", "forever", &url]].concat(), "");
        assert!(!outcome.stdout.contains('\x1b') && !outcome.stderr.contains('\x1b'));
    }
}

#[test]
fn verbose_prints_the_response() {
    let url = send(vec![]);
    let outcome = run(&["--verbose", "--wait", "forever", &url], "");
    assert!(outcome.stderr.contains("wsc: the server answered with status 101\n"), "{outcome:?}");
    assert!(outcome.stderr.to_lowercase().contains("wsc: sec-websocket-accept: "), "{outcome:?}");
}

#[test]
fn help_lists_the_options_and_the_exit_codes() {
    let outcome = run(&["--help"], "");
    assert_eq!(outcome.code, 0);
    for text in ["--subprotocol", "--reconnect", "Exit codes:", "[default: 30]", "WSC_AUTH"] {
        assert!(outcome.stdout.contains(text), "{text}");
    }
    assert_eq!(run(&["--version"], "").code, 0);
}

#[test]
fn verbose_prints_what_was_carried() {
    let (url, _server) = serve_one(|socket| {
        assert_eq!(socket.read().unwrap(), Some(Message::text("one")));
        assert_eq!(socket.read().unwrap(), Some(Message::text("three")));
        socket.send(Message::text("Hello")).unwrap();
        socket.send(Message::ping("?")).unwrap();
        socket.close(CloseCode::NORMAL, "").unwrap();
        socket.finish().unwrap();
    });
    let outcome = run(&["--verbose", "--wait", "forever", &url], "one\nthree\n");
    for line in ["wsc: received 1 messages of 5 bytes\n", "wsc: sent 2 messages of 8 bytes\n"] {
        assert!(outcome.stderr.contains(line), "{}", outcome.stderr);
    }
}

#[test]
fn verbose_prints_the_compressed_size_if_messages_are_compressed() {
    let server = Server::start(env!("CARGO_BIN_EXE_echo_server"), &["--compress"]);
    let outcome = run(&["--verbose", "--compress", &server.url], &"a".repeat(1000));
    let begin = "wsc: sent 1 messages of 1000 bytes, compressed to ";
    assert!(outcome.stderr.contains(begin), "{}", outcome.stderr);
}
