//! Requests to a server whose limits allow a mebibyte and 256 headers.

use super::{Growing, repeated, row};
use crate::handshake::{LINES, head, replace, with};

/// The valid request, and `count` times this line.
fn lines(line: impl AsRef<[u8]>, count: usize) -> Vec<u8> {
    with(&vec![line.as_ref(); count])
}

fn field(name: &str, value: impl AsRef<[u8]>) -> Vec<u8> {
    let line = [name.as_bytes(), b": ", value.as_ref()].concat();
    with(&[&line[..]])
}

/// The valid request with this value of one of its headers.
fn replaced(name: &str, value: impl AsRef<[u8]>) -> Vec<u8> {
    let value = String::from_utf8(value.as_ref().to_vec()).expect("ASCII");
    replace(name, &[&format!("{name}: {value}")])
}

fn start(target: &str) -> Vec<u8> {
    let line = format!("GET {target} HTTP/1.1");
    let mut lines = vec![&line[..]];
    lines.extend(LINES);
    head(&lines)
}

/// As many different tokens as fit into `size` bytes.
fn tokens(size: usize) -> String {
    let tokens: Vec<String> = (0..size / 8).map(|number| format!("t{number:05}")).collect();
    tokens.join(", ")
}

const EXTENSIONS: &str = "Sec-WebSocket-Extensions";
const PROTOCOL: &str = "Sec-WebSocket-Protocol";

/// Requests, each with the status of the answer.
pub fn growing_requests() -> Vec<Growing<u16>> {
    [fields(), lists(), offers(), messages()].concat()
}

fn fields() -> Vec<Growing<u16>> {
    vec![
        row("a header", |size| field("X-A", repeated("a", size)), 101),
        row("a header of spaces", |size| field("X-A", repeated(" ", size)), 101),
        row(
            "a name of a header",
            |size| lines([repeated("a", size), b": b".to_vec()].concat(), 1),
            101,
        ),
        row("200 headers", |size| lines(field_line(size / 200), 200), 101),
        row(
            "200 Cookie headers",
            |size| lines([b"Cookie: ".to_vec(), repeated("a", size / 200)].concat(), 200),
            101,
        ),
        row("one Cookie of pairs", |size| field("Cookie", repeated("a=1; ", size)), 101),
        row("a key", |size| replaced("Sec-WebSocket-Key", repeated("a", size)), 400),
        row("a version", |size| replaced("Sec-WebSocket-Version", repeated("1", size)), 426),
        row("a Host", |size| replaced("Host", repeated("a", size)), 101),
        row(
            "a Host of an IPv6 address",
            |size| replaced("Host", [b"[".to_vec(), repeated("1:", size), b"]".to_vec()].concat()),
            400,
        ),
        row("an Origin", |size| field("Origin", repeated("a", size)), 101),
        row(
            "an Origin of words",
            |size| field("Origin", [repeated("a ", size), b"a".to_vec()].concat()),
            101,
        ),
        row("a Content-Length", |size| field("Content-Length", repeated("0", size)), 101),
    ]
}

fn field_line(size: usize) -> Vec<u8> {
    [b"X-A: ".to_vec(), repeated("a", size.saturating_sub(7))].concat()
}

fn lists() -> Vec<Growing<u16>> {
    vec![
        row("a Connection of tokens", |size| field("Connection", tokens(size)), 101),
        row("an Upgrade of protocols", |size| field("Upgrade", tokens(size)), 101),
        row("an Upgrade of commas", |size| field("Upgrade", repeated(",", size)), 101),
        row("different subprotocols", |size| field(PROTOCOL, tokens(size)), 431),
        row("a subprotocol", |size| field(PROTOCOL, repeated("a", size)), 101),
        row("64 subprotocols that differ at the end", |size| field(PROTOCOL, alike(size)), 101),
        row("commas instead of subprotocols", |size| field(PROTOCOL, repeated(",", size)), 101),
        row(
            "spaces inside a subprotocol",
            |size| field(PROTOCOL, [b"b".to_vec(), repeated(" ", size), b"x".to_vec()].concat()),
            400,
        ),
    ]
}

/// As many subprotocols as may be offered, each with the same long start.
fn alike(size: usize) -> String {
    let start = "a".repeat(size / 64);
    let names: Vec<String> = (0..64).map(|number| format!("{start}{number}")).collect();
    names.join(",")
}

fn offers() -> Vec<Growing<u16>> {
    vec![
        row(
            "offers of one extension",
            |size| field(EXTENSIONS, [repeated("x,", size), b"x".to_vec()].concat()),
            101,
        ),
        row("offers of different extensions", |size| field(EXTENSIONS, tokens(size)), 101),
        row("commas instead of extensions", |size| field(EXTENSIONS, repeated(",", size)), 101),
        row(
            "200 lines of extensions",
            |size| lines([EXTENSIONS.as_bytes(), b": ", &repeated("x,", size / 200)].concat(), 200),
            101,
        ),
        row(
            "parameters of one extension",
            |size| field(EXTENSIONS, [b"x".to_vec(), repeated(";a", size)].concat()),
            101,
        ),
        row(
            "parameters of permessage-deflate",
            |size| {
                field(
                    EXTENSIONS,
                    [
                        b"permessage-deflate".to_vec(),
                        repeated("; server_no_context_takeover", size),
                    ]
                    .concat(),
                )
            },
            101,
        ),
        row(
            "offers of permessage-deflate that cannot be met",
            |size| {
                field(
                    EXTENSIONS,
                    [repeated("permessage-deflate; a,", size), b"x".to_vec()].concat(),
                )
            },
            101,
        ),
        row(
            "a quoted parameter of escapes",
            |size| {
                field(
                    EXTENSIONS,
                    [b"x; a=\"".to_vec(), repeated("\\c", size), b"\"".to_vec()].concat(),
                )
            },
            101,
        ),
        row(
            "escapes in an open quote",
            |size| field(EXTENSIONS, [b"x; a=\"".to_vec(), repeated("\\c", size)].concat()),
            400,
        ),
        row(
            "spaces between parameters",
            |size| {
                field(EXTENSIONS, [b"x".to_vec(), repeated(" ", size), b"; a".to_vec()].concat())
            },
            101,
        ),
    ]
}

fn messages() -> Vec<Growing<u16>> {
    vec![
        row("a path", |size| start(&format!("/{}", "a".repeat(size))), 101),
        row("a query", |size| start(&format!("/?{}", "a=b&".repeat(size / 4))), 101),
        row("a complete URI", |size| start(&format!("http://{}/", "a".repeat(size))), 101),
        row("a method", |size| repeated("A", size), 0),
        row(
            "headers without an end",
            |size| [b"GET / HTTP/1.1\r\n".to_vec(), repeated("X: y\r\n", size)].concat(),
            0,
        ),
        row("too many headers", |size| lines("X: y", size / 6), 431),
        row(
            "folded lines",
            |size| field("X-A", [b"b".to_vec(), repeated("\r\n c", size)].concat()),
            400,
        ),
        row("control bytes in a header", |size| field("X-A", repeated([1], size)), 400),
        row("bytes after the request", |size| [with(&[]), repeated([0x55], size)].concat(), 101),
    ]
}
