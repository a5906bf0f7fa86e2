//! The opening handshakes of a server with a hostile client, and of a client with a hostile server
//! or proxy, and hostile URLs.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::{Buf as _, BufMut as _};
use support::handshake::{RFC_NONCE, http_request};
use support::hostile::{Answered, Growing, growing_requests, growing_responses, growing_urls};
use websocket_proto::blocking;
use websocket_proto::deflate::DeflateConfig;
use websocket_proto::http::Offer;
use websocket_proto::http1::HeadLimits;
use websocket_proto::io::{
    AcceptError, ConnectError, ConnectOptions, Connecting, ProxyError, Step, Tunneling,
};
use websocket_proto::tokio;
use websocket_proto::websocket::Config;

use super::byte_stream::ByteStream;
use super::{Pace, Pass, Row};

const LIMITS: HeadLimits = HeadLimits { bytes: 1 << 20, headers: 256 };

/// Returns the inputs, with each way to process them.
pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for request in growing_requests() {
        rows.push(accepting("blocking", accept_blocking, Pace::AtOnce, request));
        for pace in Pace::BOTH {
            rows.push(accepting("tokio", accept_tokio, pace, request));
        }
        rows.extend(over_http(request));
    }
    for response in growing_responses() {
        for pace in Pace::BOTH {
            rows.push(answered("client", connect, pace, response));
            rows.push(answered("client of a proxy", tunnel, pace, response));
        }
    }
    rows.extend(urls());
    rows
}

fn config() -> Config {
    Config::new().deflate(DeflateConfig::new())
}

fn status(error: &AcceptError) -> u16 {
    match error {
        AcceptError::Request(error) => error.status(),
        AcceptError::Refused { status } | AcceptError::NotWebSocket { status } => *status,
        // The client ends its direction before the request is complete.
        AcceptError::Io(_) => 0,
        other => panic!("{other:?}"),
    }
}

fn accepting(way: &str, accept: fn(ByteStream) -> u16, pace: Pace, request: Growing<u16>) -> Row {
    let Growing { name, bytes, outcome } = request;
    let create = move |size| -> Pass {
        let stream = ByteStream::new(bytes(size), pace.bite());
        Box::new(move || assert_eq!(accept(stream), outcome, "{name}"))
    };
    let name = format!("{name}: {way}, {}", pace.name());
    Row { name, size: pace.size(), create: Box::new(create) }
}

fn accept_blocking(stream: ByteStream) -> u16 {
    let mut acceptor = blocking::Acceptor::new(stream).head_limits(LIMITS).config(config());
    match acceptor.accept() {
        Ok(_) => 101,
        Err(error) => {
            acceptor.finish().expect("the transport does not fail");
            status(&error)
        }
    }
}

fn accept_tokio(stream: ByteStream) -> u16 {
    let mut acceptor = tokio::Acceptor::new(stream).head_limits(LIMITS).config(config());
    let mut accepting = pin!(acceptor.accept());
    // The future pauses after each 128 reads, so it needs several polls.
    for _ in 0..100_000 {
        match accepting.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(_)) => return 101,
            Poll::Ready(Err(error)) => return status(&error),
            Poll::Pending => {}
        }
    }
    panic!("all bytes are there");
}

/// The same request in the types of the crate `http`, if they can hold it.
fn over_http(request: Growing<u16>) -> Option<Row> {
    let Growing { name, bytes, outcome } = request;
    // The HTTP library limits the number of headers.
    http_request(&bytes(Pace::AtOnce.size()))
        .filter(|request| request.headers().len() <= LIMITS.headers)?;
    let create = move |size| -> Pass {
        let request = http_request(&bytes(size)).expect("it is well-formed");
        Box::new(move || {
            let status = match Offer::from_request(&request, None) {
                Ok(Some(offer)) => {
                    let accept = offer.accept().deflate(config().deflate_preferences());
                    accept.open().0.status().as_u16()
                }
                Ok(None) => 426,
                Err(error) => error.status(),
            };
            assert_eq!(status, outcome, "{name}");
        })
    };
    let name = format!("{name}: http");
    Some(Row { name, size: Pace::AtOnce.size(), create: Box::new(create) })
}

fn answered(
    way: &str,
    client: fn(&[u8], usize, Answered),
    pace: Pace,
    response: Growing<Answered>,
) -> Row {
    let Growing { name, bytes, outcome } = response;
    let create = move |size| -> Pass {
        let bytes = bytes(size);
        Box::new(move || client(&bytes, pace.bite(), outcome))
    };
    let name = format!("{name}: {way}, {}", pace.name());
    Row { name, size: pace.size(), create: Box::new(create) }
}

fn options() -> ConnectOptions {
    let options = ConnectOptions::new("ws://example.com/chat").expect("a good URL");
    options
        .proxy("http://proxy.test:3128")
        .expect("a good URL")
        .subprotocol("chat")
        .expect("a token")
        .head_limits(LIMITS)
        .max_refusal_body(1 << 20)
        .config(config())
}

/// Runs a client that has sent its request and gets this response.
fn connect(bytes: &[u8], bite: usize, outcome: Answered) {
    let mut connecting = Connecting::new(options(), RFC_NONCE).expect("a good request");
    assert!(matches!(connecting.step(|_| ()), Step::Write));
    let len = connecting.output().remaining();
    connecting.output().advance(len);
    connecting.flushed();
    let mut pieces = bytes.chunks(bite.min(bytes.len()));
    let answered = loop {
        match connecting.step(|_| ()) {
            Step::Done(Ok(_)) => break Answered::Opens,
            Step::Done(Err(ConnectError::Refused { answer, .. })) => {
                break Answered::Refused(answer.status);
            }
            Step::Done(Err(_)) => break Answered::Fails,
            Step::Read => match pieces.next() {
                Some(piece) => connecting.input().put_slice(piece),
                None => connecting.receive_eof(),
            },
            Step::Write => panic!("the request is written"),
        }
    };
    assert_eq!(answered, outcome);
}

/// Runs a client that has asked a proxy for a tunnel and gets this response. A 101 does not open
/// the tunnel, so it is a refusal.
fn tunnel(bytes: &[u8], bite: usize, outcome: Answered) {
    let mut tunneling: Tunneling = options().tunnel().expect("there is a proxy");
    let len = tunneling.output().remaining();
    tunneling.output().advance(len);
    tunneling.flushed();
    let mut pieces = bytes.chunks(bite.min(bytes.len()));
    let answered = loop {
        match tunneling.step() {
            Step::Done(Err(ConnectError::Proxy { error: ProxyError::Refused(answer), .. })) => {
                break Answered::Refused(answer.status);
            }
            Step::Done(Err(_)) => break Answered::Fails,
            Step::Read => match pieces.next() {
                Some(piece) => tunneling.input().put_slice(piece),
                None => tunneling.receive_eof(),
            },
            Step::Done(Ok(())) | Step::Write => panic!("no response opens the tunnel"),
        }
    };
    match outcome {
        Answered::Refused(_) => assert_eq!(answered, outcome),
        Answered::Opens => assert_eq!(answered, Answered::Refused(101)),
        Answered::Fails => {}
    }
}

fn urls() -> Vec<Row> {
    growing_urls()
        .into_iter()
        .map(|Growing { name, bytes, outcome }| {
            let create = move |size| -> Pass {
                let url = String::from_utf8(bytes(size)).expect("text");
                Box::new(move || {
                    let options = ConnectOptions::new(&url);
                    assert_eq!(options.is_ok(), outcome, "{name}");
                    // The text of an error quotes the URL.
                    drop(options.map_err(|error| error.to_string()));
                })
            };
            Row { name: name.to_owned(), size: Pace::AtOnce.size(), create: Box::new(create) }
        })
        .collect()
}
