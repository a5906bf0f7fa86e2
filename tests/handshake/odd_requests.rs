//! Requests that are odd, and what each has to get: the families around the rows of
//! the table that the adapters are tested with too.

use support::handshake::{head, receive, replace, start, with};
use websocket_proto::handshake::Incoming;

/// What a request has to get.
#[derive(Debug, PartialEq)]
enum Gets {
    WebSocket,
    Http,
    Status(u16),
}

use Gets::{Http, Status, WebSocket};

const BAD: Gets = Status(400);

#[track_caller]
fn check(rows: &[(&str, Gets)], request: impl Fn(&str) -> Vec<u8>) {
    for (row, expected) in rows {
        let bytes = request(row);
        let made = match receive(&bytes) {
            Ok(Some(Incoming::WebSocket(_))) => WebSocket,
            Ok(Some(Incoming::Http(_))) => Http,
            Ok(None) => panic!("incomplete: {row:?}"),
            Err(error) => Status(error.status()),
        };
        assert_eq!(made, *expected, "{}", bytes.escape_ascii());
    }
}

/// The base request with one more line.
fn line(line: &str) -> Vec<u8> {
    with(&[line.as_bytes()])
}

/// The base request with these lines for the header of that name: the text behind `name:`.
fn value(name: &'static str) -> impl Fn(&str) -> Vec<u8> {
    move |value| replace(name, &[&format!("{name}:{value}")])
}

#[test]
fn only_get_in_http_1_1_can_ask_for_a_websocket() {
    let rows = [
        ("GET / HTTP/1.1", WebSocket),
        ("POST / HTTP/1.1", Status(405)),
        ("get / HTTP/1.1", Status(405)),
        ("GETS / HTTP/1.1", Status(405)),
        ("GET / HTTP/1.0", Status(505)),
        ("GET / HTTP/1.2", Status(505)),
        ("GET / HTTP/2.0", Status(505)),
        ("GET / HTTP/11", BAD),
        ("GET / http/1.1", BAD),
        ("GET / HTTP/1.1x", BAD),
        ("GET /", BAD),
        ("GET HTTP/1.1", BAD),
        ("GET  / HTTP/1.1", BAD),
        ("GET /  HTTP/1.1", BAD),
        ("GET / HTTP/1.1 ", BAD),
        ("GET\t/ HTTP/1.1", BAD),
        ("GET / \tHTTP/1.1", BAD),
        ("GET / HTTP/1.1\0", BAD),
        ("G@T / HTTP/1.1", BAD),
    ];
    check(&rows, start);
    check(&[("PRI * HTTP/2.0", Status(505))], |line| head(&[line]));
}

#[test]
fn a_target_is_a_path_or_an_http_uri() {
    let rows = [
        ("/a/b?c=d", WebSocket),
        ("/%20", WebSocket),
        ("/{a}|b", WebSocket), // browsers send these as they are
        ("http://a/b?c", WebSocket),
        ("ftp://a/", BAD),
        ("http:///a", BAD),
        ("http://u@a/", BAD),
        ("http://a:b/", BAD),
        ("*", BAD),
        ("a:80", BAD),
        ("a", BAD),
        ("/a#b", BAD),
        ("/\u{e9}", BAD),
        ("/\x7f", BAD),
    ];
    check(&rows, |target| start(&format!("GET {target} HTTP/1.1")));
}

#[test]
fn host_comes_once_and_is_a_host() {
    let rows = [
        ("a", WebSocket),
        (" a.example:65535 ", WebSocket),
        ("127.0.0.1", WebSocket),
        ("[::1]:8080", WebSocket),
        ("a:", WebSocket),
        ("a%2d", WebSocket),
        ("", BAD),
        ("::::", BAD),
        ("a b", BAD),
        ("a/b", BAD),
        ("a:b", BAD),
        ("a:65536", BAD),
        ("a:1:2", BAD),
        ("u@a", BAD),
        ("[::g]", BAD),
        ("[::1", BAD),
        ("[::1]a", BAD),
        ("a]", BAD),
        ("a%2", BAD),
        ("a%2g", BAD),
        ("a%g2", BAD),
        ("\u{e9}", BAD),
    ];
    check(&rows, value("Host"));
    check(&[("", BAD)], |_| replace("Host", &[]));
    check(&[("Host: 127.0.0.1", BAD), ("host: b", BAD)], line);
}

#[test]
fn upgrade_names_websocket_as_a_whole_element() {
    let rows = [
        ("websocket", WebSocket),
        ("WebSocket", WebSocket),
        ("WEBSOCKET", WebSocket),
        ("h2c, websocket", WebSocket),
        ("h2c/2 ,\twebsocket,", WebSocket),
        (" ,websocket", WebSocket),
        ("", Http),
        ("h2c", Http),
        ("websocketx", Http),
        ("web socket", Http),
        ("\"websocket\"", Http),
        ("websocket/13", BAD),
        ("websocket, websocket/13", BAD),
        ("websocket, @", BAD),
        ("websocket, h2c/", BAD),
    ];
    check(&rows, value("Upgrade"));
    check(&[("", Http)], |_| replace("Upgrade", &[]));
    check(&[("Upgrade: h2c", WebSocket)], line);
}

#[test]
fn connection_names_upgrade_as_a_whole_element() {
    let rows = [
        ("Upgrade", WebSocket),
        ("UPGRADE", WebSocket),
        ("keep-alive, Upgrade", WebSocket),
        ("keep-alive,upgrade ,", WebSocket),
        ("", BAD),
        ("keep-alive", BAD),
        ("No-Upgrade", BAD),
        ("Upgrades", BAD),
        ("upgrade-insecure", BAD),
        ("keep-alive Upgrade", BAD),
        ("Upgrade, \"a\"", BAD),
    ];
    check(&rows, value("Connection"));
    check(&[("", BAD)], |_| replace("Connection", &[]));
    check(&[("Connection: keep-alive", WebSocket)], line);
}

#[test]
fn the_key_comes_once_and_is_the_base64_of_16_bytes() {
    let rows = [
        ("dGhlIHNhbXBsZSBub25jZQ==", WebSocket),
        (" dGhlIHNhbXBsZSBub25jZR==", WebSocket),
        (" AQIDBAUGBwgJCgsMDQ4PEC==", WebSocket), // RFC 6455 4.1
        ("    dGhlIHNhbXBsZSBub25jZQ==  ", WebSocket),
        ("\tdGhlIHNhbXBsZSBub25jZQ==\t", WebSocket),
        ("", BAD),
        (" YWFhYWFhYWFhYWFhYWFh", BAD),     // 15 bytes
        (" YWFhYWFhYWFhYWFhYWFhYWE=", BAD), // 17
        (" YWFhYWFhYWFhYWFhYWFhYWFh", BAD), // 18
        (" dGhlIHNhbXBsZSBub25jZQ=!", BAD),
        (" dGhlIHNhbXBsZSBub25j-Q==", BAD),
        (" dGhlIHNhbXBsZSBub25jZQ", BAD),
        (" dGhlIHNhbXBsZSBub25jZ===", BAD),
        (" dGhlIHNhbXBs ZSBub25jZQ==", BAD),
        (" dGhlIHNhbXBsZSBub25jZQ==, a", BAD),
    ];
    check(&rows, value("Sec-WebSocket-Key"));
    check(&[("", BAD)], |_| replace("Sec-WebSocket-Key", &[]));
    check(&[("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", BAD)], line);
}

#[test]
fn the_version_comes_once_and_is_13() {
    let rows = [
        ("13", WebSocket),
        ("  13\t", WebSocket),
        ("", Status(426)),
        (" 12", Status(426)),
        (" 8", Status(426)),
        (" 013", Status(426)),
        (" 1337", Status(426)),
        (" +13", Status(426)),
        (" 13.0", Status(426)),
        (" 13, 8", Status(426)),
        (" \u{e9}", Status(426)),
    ];
    check(&rows, value("Sec-WebSocket-Version"));
    check(&[("", Status(426))], |_| replace("Sec-WebSocket-Version", &[]));
    check(&[("Sec-WebSocket-Version: 13", BAD), ("sec-websocket-version: 8", BAD)], line);
}

#[test]
fn subprotocols_are_tokens_that_differ() {
    let rows = [
        ("a", WebSocket),
        ("a,b ,\tc", WebSocket),
        ("a, A", WebSocket),
        ("a, a", BAD),
        // A list without an element offers nothing.
        ("", WebSocket),
        (",", WebSocket),
        ("a,,b", WebSocket),
        ("a,", WebSocket),
        ("a,,a", BAD),
        ("a b", BAD),
        ("a/b", BAD),
        ("\"a\"", BAD),
        ("\u{e9}", BAD),
    ];
    check(&rows, |value| line(&format!("Sec-WebSocket-Protocol: {value}")));
    let twice = |value: &str| {
        let line = format!("Sec-WebSocket-Protocol: {value}");
        with(&[b"Sec-WebSocket-Protocol: a", line.as_bytes()])
    };
    check(&[("b", WebSocket), ("b, a", BAD), ("", WebSocket)], twice);
}

#[test]
fn extensions_follow_their_grammar_and_may_mean_nothing_to_us() {
    let rows = [
        ("permessage-deflate; server_no_context_takeover; server_no_context_takeover", WebSocket),
        ("permessage-deflate; server_max_window_bits", WebSocket),
        ("permessage-deflate; server_max_window_bits=8", WebSocket),
        ("x-foo; a=1, permessage-deflate", WebSocket),
        ("permessage-deflate; =", BAD),
        ("a;", BAD),
        ("a; b=", BAD),
        ("a; b=\"c", BAD),
        ("a; b=\"c d\"", BAD),
        ("a; b=\"\"", BAD),
        ("a; b=\"c\"d", BAD),
        ("a b", BAD),
        // A list without an element offers nothing.
        (",", WebSocket),
        ("", WebSocket),
    ];
    check(&rows, |value| line(&format!("Sec-WebSocket-Extensions: {value}")));
    check(&[("Sec-WebSocket-Extensions: permessage-deflate", WebSocket)], |line| {
        with(&[b"Sec-WebSocket-Extensions: x-foo", line.as_bytes()])
    });
}

#[test]
fn origin_comes_once_and_is_ascii() {
    let rows = [
        ("null", WebSocket),
        ("https://a.example:8443", WebSocket),
        ("http://a http://b", WebSocket),
        ("", BAD),
        ("http://\u{e9}", BAD),
        ("a\r\nOrigin: b", BAD),
    ];
    check(&rows, |origin| line(&format!("Origin: {origin}")));
}

#[test]
fn a_body_is_refused() {
    let rows = [
        ("Content-Length: 0", WebSocket),
        ("Content-Length: 1", BAD),
        ("Content-Length: 99999999999999999999999", BAD),
        ("Content-Length: x", BAD),
        ("Content-Length: -0", BAD),
        ("Content-Length:", BAD),
        ("Content-Length: 0\r\nContent-Length: 0", BAD),
        ("Transfer-Encoding: chunked", BAD),
        ("Transfer-Encoding: identity", BAD),
    ];
    check(&rows, line);
}

#[test]
fn lines_that_proxies_read_differently_are_refused() {
    let rows = [
        ("X-A: b\r\n c", BAD),
        ("X-A: b\r\n\tc", BAD),
        ("X-A: a\rb", BAD),
        ("X-A: a\nX-B: b", BAD),
        ("X-A: a\r", BAD),
        ("X-A: a\0b", BAD),
        ("X-A: a\x7fb", BAD),
        ("X-A: a\x1bb", BAD),
        ("X-A : a", BAD),
        ("X-A\t: a", BAD),
        ("X-A", BAD),
        (": a", BAD),
        ("X-\u{e9}: a", BAD),
        ("X(A): a", BAD),
        ("X-A: \u{e9}\tb", WebSocket),
        ("X-A:", WebSocket),
        ("X-A: 1\r\nX-A: 2", WebSocket),
    ];
    check(&rows, line);
    check(&[("GET / HTTP/1.1\r\n X: a", BAD)], start);
    check(&[("\u{e9}", WebSocket)], |_| with(&[b"X-A: \xff\xfe"]));
}

#[test]
fn lines_that_end_in_lf_alone_are_refused() {
    let base = String::from_utf8(start("GET / HTTP/1.1")).unwrap();
    let rows = [("\r\n", BAD), ("1.1\r\n", BAD), (".1\r\nU", BAD), ("\r\n\r\n", BAD)];
    // All lines, and each line by itself.
    check(&rows, |end| base.replace(end, &end.replace("\r\n", "\n")).into_bytes());
    check(&[("", BAD)], |_| base.replace("\r\n\r\n", "\r\n\n").into_bytes());
}

#[test]
fn one_empty_line_may_come_before_a_request() {
    let rows = [("\r\n", WebSocket), ("\r\n\r\n", BAD), ("\n", BAD), (" ", BAD), ("\r", BAD)];
    check(&rows, |before| [before.as_bytes(), &start("GET / HTTP/1.1")].concat());
}
