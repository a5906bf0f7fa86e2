//! Responses to a client that offers permessage-deflate and the subprotocol `chat`, and whose
//! limits allow a mebibyte and 256 headers. The client reads a mebibyte of the body of a refusal.

use super::{Growing, repeated, row};
use crate::handshake::head;

/// What a client makes of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The WebSocket is open.
    Opens,
    /// It is refused with this status.
    Refused(u16),
    /// The response is an error, or it never ends.
    Fails,
}

use Answered::{Fails, Opens, Refused};

/// A good 101, and these lines.
fn with(lines: &[Vec<u8>]) -> Vec<u8> {
    let good = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    ];
    let mut all: Vec<Vec<u8>> = good.map(|line| line.as_bytes().to_vec()).to_vec();
    all.extend_from_slice(lines);
    head(&all)
}

fn field(name: &str, value: impl AsRef<[u8]>) -> Vec<u8> {
    with(&[[name.as_bytes(), b": ", value.as_ref()].concat()])
}

/// A refusal with this header and this body.
fn refusal(header: &str, body: Vec<u8>) -> Vec<u8> {
    [head(&["HTTP/1.1 403 Forbidden", header]), body].concat()
}

fn chunked(body: Vec<u8>) -> Vec<u8> {
    refusal("Transfer-Encoding: chunked", body)
}

const EXTENSIONS: &str = "Sec-WebSocket-Extensions";

/// Responses, each with what the client makes of it.
pub fn growing_responses() -> Vec<Growing<Answered>> {
    vec![
        row("a header", |size| field("X-A", repeated("a", size)), Opens),
        row(
            "200 headers",
            |size| with(&vec![[b"X-A: ".to_vec(), repeated("a", size / 200 - 7)].concat(); 200]),
            Opens,
        ),
        row("too many headers", |size| with(&vec![b"X: y".to_vec(); size / 6]), Fails),
        row(
            "folded lines",
            |size| field("X-A", [b"b".to_vec(), repeated("\r\n c", size)].concat()),
            Opens,
        ),
        row(
            "a reason phrase",
            |size| {
                head(&[
                    [b"HTTP/1.1 403 ".to_vec(), repeated("a", size)].concat(),
                    b"Content-Length: 0".to_vec(),
                ])
            },
            Refused(403),
        ),
        row(
            "interim responses",
            |size| [repeated("HTTP/1.1 103 \r\n\r\n", size), with(&[])].concat(),
            Opens,
        ),
        row(
            "interim responses with a folded line",
            |size| [repeated("HTTP/1.1 103 \r\nA: b\r\n c\r\n\r\n", size), with(&[])].concat(),
            Opens,
        ),
        row(
            "interim responses without an end",
            |size| repeated("HTTP/1.1 100 Continue\r\n\r\n", size),
            Fails,
        ),
        row("a Connection of tokens", |size| field("Connection", repeated("a, ", size)), Opens),
        row(
            "extensions that were not offered",
            |size| field(EXTENSIONS, [repeated("y,", size), b"y".to_vec()].concat()),
            Fails,
        ),
        row(
            "an extension with parameters",
            |size| {
                field(EXTENSIONS, [b"permessage-deflate".to_vec(), repeated(";a", size)].concat())
            },
            Fails,
        ),
        row(
            "the same extension again",
            |size| {
                field(
                    EXTENSIONS,
                    [
                        b"permessage-deflate".to_vec(),
                        repeated(";a", size),
                        b", permessage-deflate".to_vec(),
                    ]
                    .concat(),
                )
            },
            Fails,
        ),
        row("a subprotocol", |size| field("Sec-WebSocket-Protocol", repeated("a", size)), Fails),
        row(
            "a body of known length",
            |size| refusal(&format!("Content-Length: {size}"), vec![b'a'; size]),
            Refused(403),
        ),
        row("a body up to the end", |size| refusal("X: y", vec![b'a'; size]), Refused(403)),
        row(
            "a Content-Length of values",
            |size| refusal(&format!("Content-Length: {}1", "1,".repeat(size / 2)), b"a".to_vec()),
            Refused(403),
        ),
        row(
            "a body in chunks of one byte",
            |size| chunked([repeated("1\r\na\r\n", size), b"0\r\n\r\n".to_vec()].concat()),
            Refused(403),
        ),
        row(
            "an extension of a chunk",
            |size| {
                chunked(
                    [b"1;".to_vec(), repeated("a", size), b"\r\na\r\n0\r\n\r\n".to_vec()].concat(),
                )
            },
            Refused(403),
        ),
        row(
            "zeros before the size of a chunk",
            |size| chunked([repeated("0", size), b"1\r\na\r\n0\r\n\r\n".to_vec()].concat()),
            Refused(403),
        ),
        row(
            "trailers",
            |size| {
                chunked([b"0\r\n".to_vec(), repeated("A: b\r\n", size), b"\r\n".to_vec()].concat())
            },
            Refused(403),
        ),
        row(
            "a malformed chunk after a long one",
            |size| {
                chunked(
                    [format!("{size:x}\r\n").into_bytes(), vec![b'a'; size], b"x".to_vec()]
                        .concat(),
                )
            },
            Refused(403),
        ),
        row(
            "a Location",
            |size| {
                head(&[
                    b"HTTP/1.1 301 Moved".to_vec(),
                    [b"Location: /".to_vec(), repeated("a", size)].concat(),
                    b"Content-Length: 0".to_vec(),
                ])
            },
            Refused(301),
        ),
    ]
}
