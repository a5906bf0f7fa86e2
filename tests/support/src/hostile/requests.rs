//! Requests that a server has to refuse, and requests that only look as if.

use crate::handshake::{head, replace, start, with};

/// A request, and what a server answers.
#[derive(Clone, Debug)]
pub struct Request {
    /// What is hostile or odd about it.
    pub name: &'static str,
    /// The bytes on the wire.
    pub bytes: Vec<u8>,
    /// What the server answers.
    pub answer: Answer,
}

/// What a server answers to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 101.
    Opens {
        /// Whether the answer accepts permessage-deflate, if the server wants it.
        compresses: bool,
    },
    /// This status, and these header lines.
    Refuses(u16, &'static [&'static str]),
    /// An HTTP server may answer it. A server that has only WebSockets answers 426.
    IsNoWebSocket,
}

use Answer::{IsNoWebSocket, Opens, Refuses};

const OPENS: Answer = Opens { compresses: false };
const BAD: Answer = Refuses(400, &[]);
const TOO_LARGE: Answer = Refuses(431, &[]);
const VERSION: Answer = Refuses(426, &["Sec-WebSocket-Version: 13", "Upgrade: websocket"]);

/// The valid request with these lines instead of the header of that name.
fn replaced(name: &str, value: &str) -> Vec<u8> {
    replace(name, &[&format!("{name}: {value}")])
}

fn line(line: impl AsRef<str>) -> Vec<u8> {
    with(&[line.as_ref().as_bytes()])
}

fn extensions(offer: &str) -> Vec<u8> {
    line(format!("Sec-WebSocket-Extensions: {offer}"))
}

/// All requests.
pub fn requests() -> Vec<Request> {
    let rows = [fields(), messages(), offers(), sizes()].concat();
    rows.into_iter().map(|(name, bytes, answer)| Request { name, bytes, answer }).collect()
}

type Row = (&'static str, Vec<u8>, Answer);

/// The fields of RFC 6455, section 4.2.1.
fn fields() -> Vec<Row> {
    let post = {
        let mut bytes = start("POST / HTTP/1.1");
        bytes.truncate(bytes.len() - 2);
        [&bytes[..], b"Content-Length: 0\r\n\r\n"].concat()
    };
    let key = |value: &str| replaced("Sec-WebSocket-Key", value);
    let version = |value: &str| replaced("Sec-WebSocket-Version", value);
    vec![
        ("POST", post, Refuses(405, &["Allow: GET"])),
        ("without Host", replace("Host", &[]), BAD),
        ("Host of colons", replaced("Host", "::::"), BAD),
        ("Host with a space", replaced("Host", "a b"), BAD),
        ("without Upgrade", replace("Upgrade", &[]), IsNoWebSocket),
        ("Upgrade: WebSocket", replaced("Upgrade", "WebSocket"), OPENS),
        ("Upgrade: websocket/13", replaced("Upgrade", "websocket/13"), BAD),
        ("Connection: keep-alive, Upgrade", replaced("Connection", "keep-alive, Upgrade"), OPENS),
        ("two Connection lines", line("Connection: keep-alive"), OPENS),
        ("key of 15 bytes", key("YWFhYWFhYWFhYWFhYWFh"), BAD),
        ("key that is not base64", key("dGhlIHNhbXBsZSBub25jZQ=!"), BAD),
        ("key whose padding bits are not zero", key("dGhlIHNhbXBsZSBub25jZR=="), OPENS),
        ("key between spaces", key("   dGhlIHNhbXBsZSBub25jZQ==  "), OPENS),
        ("version 12", version("12"), VERSION),
        ("version 013", version("013"), VERSION),
        ("version 1337", version("1337"), VERSION),
        ("subprotocol twice", line("Sec-WebSocket-Protocol: a, a"), BAD),
    ]
}

/// The syntax of RFC 9112.
fn messages() -> Vec<Row> {
    let valid = start("GET / HTTP/1.1");
    let chunked = [line("Transfer-Encoding: chunked"), b"0\r\n\r\n".to_vec()].concat();
    let hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec();
    vec![
        ("lines that end in LF", valid.into_iter().filter(|&byte| byte != b'\r').collect(), BAD),
        ("folded line", line("X-A: b\r\n c"), BAD),
        ("CR in a value", line("X-A: a\rb"), BAD),
        ("chunked body", chunked, BAD),
        ("bytes above 127 in a value", with(&[b"X-A: \xff\xfe"]), OPENS),
        ("TLS", hello, BAD),
    ]
}

/// Offers of extensions (RFC 6455, section 9.1, and RFC 7692, section 5.1).
fn offers() -> Vec<Row> {
    let twice = "permessage-deflate; server_no_context_takeover; server_no_context_takeover";
    let no_value = "permessage-deflate; server_max_window_bits=";
    let two_lines: [&[u8]; 2] =
        [b"Sec-WebSocket-Extensions: x-foo", b"Sec-WebSocket-Extensions: permessage-deflate"];
    let compresses = Opens { compresses: true };
    vec![
        ("extension with an invalid parameter", extensions("permessage-deflate; ="), BAD),
        ("extension with an empty value", extensions(no_value), BAD),
        ("parameter twice", extensions(twice), OPENS),
        (
            "server_max_window_bits without a value",
            extensions("permessage-deflate; server_max_window_bits"),
            OPENS,
        ),
        (
            "server_max_window_bits=8",
            extensions("permessage-deflate; server_max_window_bits=8"),
            compresses,
        ),
        ("unknown extension first", extensions("x-foo; a=1, permessage-deflate"), compresses),
        ("extensions in two lines", with(&two_lines), compresses),
    ]
}

/// Requests that cost a server without limits much memory or work.
fn sizes() -> Vec<Row> {
    let quotes = |count| extensions(&format!("a; b=\"{}", "\\c".repeat(count)));
    let spaces = |count| line(format!("Sec-WebSocket-Protocol: b{}x", " ".repeat(count)));
    let headers = |count| with(&vec![&b"X: y"[..]; count]);
    let endless = {
        let mut bytes = head(&["GET / HTTP/1.1"]);
        bytes.truncate(bytes.len() - 2);
        let line = format!("X-A: {}\r\n", "a".repeat(4000));
        [bytes, line.repeat(500).into_bytes()].concat()
    };
    let large_key = replaced("Sec-WebSocket-Key", &"a".repeat(1 << 20));
    vec![
        ("header of 70,000 bytes", line(format!("X-A: {}", "a".repeat(70_000))), TOO_LARGE),
        ("10,000 bytes of escapes in an open quote", quotes(5_000), BAD),
        ("30,000 bytes of escapes in an open quote", quotes(15_000), TOO_LARGE),
        ("15,000 spaces inside a subprotocol", spaces(15_000), BAD),
        ("30,000 spaces inside a subprotocol", spaces(30_000), TOO_LARGE),
        ("one header too many", headers(96), TOO_LARGE),
        ("1001 headers", headers(1001), TOO_LARGE),
        ("headers of 4 kB without end", endless, TOO_LARGE),
        ("key of 1 MiB", large_key, TOO_LARGE),
    ]
}
