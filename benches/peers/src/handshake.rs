//! Opening handshakes in memory: a connection is opened and dropped.

mod responder;
mod ways;

use crate::arguments::Arguments;
use crate::check::catching;
use crate::measure::{Candidate, Pass};
use crate::memory::{Memory, Stream};
use crate::report::{Calls, Report, tables};
use responder::Responder;
use ways::Way;

/// The packages whose versions stand in the head.
pub const PACKAGES: &[&str] = &[
    "websocket-proto",
    "tungstenite",
    "tokio-tungstenite",
    "tokio-websockets",
    "soketto",
    "sockudo-ws",
    "wtx",
    "tokio",
];

/// A request as a browser sends it.
const BROWSER: &[u8] = b"GET /chat?room=1 HTTP/1.1\r\n\
    Host: server.example.com\r\n\
    Connection: Upgrade\r\n\
    Pragma: no-cache\r\n\
    Cache-Control: no-cache\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n\
    Upgrade: websocket\r\n\
    Origin: https://server.example.com\r\n\
    Sec-WebSocket-Version: 13\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Accept-Language: en-GB,en;q=0.9\r\n\
    Cookie: session=0123456789abcdef0123456789abcdef\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// The request of a small client.
const SHORT: &[u8] = b"GET / HTTP/1.1\r\n\
    Host: localhost\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

/// The accept value that RFC 6455, section 1.3, computes from the key of both requests.
const ACCEPT_KEY: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// How many handshakes are one pass.
const HANDSHAKES: usize = 16;

/// Runs all workloads.
pub fn run(arguments: &Arguments) -> Report {
    let mut report = Report::new("handshake", "ns/handshake");
    for (workload, request) in [("accept-browser", BROWSER), ("accept-short", SHORT)] {
        if arguments.runs(workload) {
            accept(workload, request, arguments, &mut report);
        }
    }
    if arguments.runs("connect") {
        connect(arguments, &mut report);
    }
    tables::print(&report);
    for way in ways::all() {
        report.describe(way.name, way.how);
    }
    for reason in ways::LEFT_OUT {
        report.note((*reason).to_owned());
    }
    report
}

fn accept(workload: &str, request: &[u8], arguments: &Arguments, report: &mut Report) {
    let mut candidates = Vec::new();
    for way in ways::all() {
        let Some(accept) = way.accept else { continue };
        let checked = catching(|| check_accept(request, accept));
        if report.checked(workload, way.name, way.side, checked).is_some() {
            candidates.push(candidate(&way, move |shift| accepting(request, accept, shift)));
        }
    }
    report.time(workload, HANDSHAKES, &candidates, arguments.effort);
}

fn accepting(request: &[u8], accept: fn(Memory), shift: usize) -> Pass {
    let memory = Memory::new(Stream::shifted(request, shift));
    Box::new(move |passes| {
        for _ in 0..passes * HANDSHAKES {
            memory.rewind();
            accept(memory.clone());
        }
    })
}

fn connect(arguments: &Arguments, report: &mut Report) {
    let mut candidates = Vec::new();
    for way in ways::all() {
        let Some(connect) = way.connect else { continue };
        let checked = catching(|| check_connect(connect));
        if report.checked("connect", way.name, way.side, checked).is_some() {
            candidates.push(candidate(&way, move |_| connecting(connect)));
        }
    }
    report.time("connect", HANDSHAKES, &candidates, arguments.effort);
}

fn connecting(connect: fn(Responder)) -> Pass {
    Box::new(move |passes| {
        for _ in 0..passes * HANDSHAKES {
            connect(Responder::new());
        }
    })
}

fn candidate<'c>(way: &Way, create: impl Fn(usize) -> Pass + 'c) -> Candidate<'c> {
    let (name, side) = (way.name.to_owned(), way.side);
    Candidate { name, side, calls: Calls::NONE, create: Box::new(create) }
}

fn check_accept(request: &[u8], accept: fn(Memory)) {
    let memory = Memory::new(Stream::shifted(request, 0));
    memory.record();
    accept(memory.clone());
    let response = String::from_utf8(memory.take_record()).expect("a response is text");
    assert!(response.starts_with("HTTP/1.1 101 "), "it answered {response:?}");
    assert!(response.ends_with("\r\n\r\n"), "it answered {response:?}");
    let header = |name: &str| {
        let lines = response.lines().filter_map(|line| line.split_once(':'));
        let mut values = lines.filter(|(found, _)| found.eq_ignore_ascii_case(name));
        values.next().map(|(_, value)| value.trim().to_owned())
    };
    assert_eq!(header("Sec-WebSocket-Accept").as_deref(), Some(ACCEPT_KEY));
    assert!(header("Upgrade").is_some_and(|value| value.eq_ignore_ascii_case("websocket")));
    assert!(header("Connection").is_some_and(|value| value.eq_ignore_ascii_case("upgrade")));
}

fn check_connect(connect: fn(Responder)) {
    let responder = Responder::new();
    connect(responder.clone());
    let request = responder.request();
    assert!(request.starts_with("GET /chat HTTP/1.1\r\n"), "it sent {request:?}");
    let lower = request.to_ascii_lowercase();
    assert!(lower.contains("\r\nhost: server.example.com\r\n"), "it sent {request:?}");
    assert!(lower.contains("\r\nsec-websocket-version: 13\r\n"), "it sent {request:?}");
}
