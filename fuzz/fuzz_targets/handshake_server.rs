//! Any bytes as a request: the same is made of them however they are cut, and their head is taken
//! when the plainest parser takes it, and only then. What is accepted a client understands.
//!
//! The input is the number of cuts, the length of the piece before each cut, and the bytes: what
//! stands on the wire can be written into a corpus file as it is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use support::handshake::plain_headers;
use websocket_proto::handshake::{Incoming, Request, RequestError, ServerHandshake};
use websocket_proto::http1::HeadLimits;

fuzz_target!(|input: &[u8]| {
    let [cuts, rest @ ..] = input else { return };
    let (cuts, bytes) = rest.split_at(usize::from(*cuts).min(rest.len()));

    let whole = made(bytes, std::iter::empty(), HeadLimits::DEFAULT);
    let cut_as_asked = cuts.iter().map(|&len| usize::from(len));
    assert_eq!(made(bytes, cut_as_asked, HeadLimits::DEFAULT), whole);
    let a_byte_at_a_time = std::iter::repeat_n(1, bytes.len());
    assert_eq!(made(bytes, a_byte_at_a_time, HeadLimits::DEFAULT), whole);
    // A small head is the same to small limits, and they are kept.
    let limits = HeadLimits { bytes: 200, headers: 6 };
    let mut handshake = ServerHandshake::with_limits(limits);
    if let Ok(Some(incoming)) = handshake.receive(bytes) {
        let http = http_of(&incoming);
        assert!(http.0 <= limits.bytes && http.1.len() <= limits.headers);
        assert_eq!(made(bytes, std::iter::empty(), limits), whole);
    }

    let plain = plain_headers(bytes);
    match ServerHandshake::new().receive(bytes) {
        Ok(Some(incoming)) => {
            let (head_len, headers) = http_of(&incoming);
            assert!(bytes[..head_len].ends_with(b"\r\n\r\n"));
            assert_eq!(Some(headers), plain);
            if let Incoming::WebSocket(request) = incoming {
                accept(&request);
            }
        }
        // The limits are none of its business.
        Err(error) if error.status() == 431 => {}
        Ok(None) | Err(RequestError::Head(_)) => assert_eq!(plain, None),
        // Of a good head that asks in HTTP/1.0, or of one of another version.
        Err(RequestError::HttpVersion) => {}
        Err(error) => {
            assert!(plain.is_some(), "{error:?}");
            error.refusal().write(&mut [0xa5; 512]).expect("a refusal is short");
        }
    }
});

/// What becomes of bytes that come in these pieces, and then the rest.
fn made(bytes: &[u8], pieces: impl Iterator<Item = usize>, limits: HeadLimits) -> String {
    let mut handshake = ServerHandshake::with_limits(limits);
    let mut end = 0;
    for len in pieces {
        end = bytes.len().min(end + len);
        if !matches!(handshake.receive(&bytes[..end]), Ok(None)) {
            break;
        }
        assert_eq!(handshake.received(), end);
    }
    format!("{:?}", handshake.receive(bytes))
}

/// A header's name and value.
type Line<'b> = (&'b [u8], &'b [u8]);

/// The length of the head, and its headers.
fn http_of<'b>(incoming: &Incoming<'b>) -> (usize, Vec<Line<'b>>) {
    let (head_len, headers) = match incoming {
        Incoming::WebSocket(request) => (request.head_len(), request.headers()),
        Incoming::Http(request) => (request.head_len, request.headers),
    };
    (head_len, headers.iter().map(|header| (header.name.as_bytes(), header.value)).collect())
}

/// Everything about a request is sound enough to be written back.
fn accept(request: &Request<'_>) {
    assert!(request.path().starts_with('/') && !request.target().contains('#'));
    assert_eq!(request.key().len(), 24);
    let mut out = vec![0xa5; 32 * 1024];
    let mut accept = request.accept();
    let subprotocol = request.subprotocols().last();
    if let Some(subprotocol) = subprotocol {
        accept = accept.subprotocol(subprotocol);
    }
    let extensions = request.extensions().map(|extension| extension.name()).collect::<Vec<_>>();
    let extensions = extensions.join(", ");
    if !extensions.is_empty() {
        accept = accept.extensions(&extensions);
    }
    let len = accept.write(&mut out).expect("what was offered");
    let mut storage = [httparse::EMPTY_HEADER; 8];
    let mut response = httparse::Response::new(&mut storage);
    assert_eq!(response.parse(&out[..len]), Ok(httparse::Status::Complete(len)));
}
