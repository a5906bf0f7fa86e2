//! The opening handshake of both roles.

use core::hint::black_box;

use websocket_proto::deflate::Preferences;
use websocket_proto::handshake::{
    Accept, Answer, ClientHandshake, ClientRequest, Incoming, ParseSchemeError, Refusal, Request,
    RequestError, Response, ResponseError, Scheme, ServerHandshake, WriteError, accept_key,
};
use websocket_proto::http1::{HeadKind, HeadLimits, HeadScanner, Header, HttpRequest};

use crate::{bytes, fields, inspect, show, text};

pub fn run() {
    server();
    client();
    // It is called by a pointer. Otherwise the panics that it may contain would look like those of
    // this program.
    let accept_key: fn(&[u8]) -> [u8; 28] = black_box(accept_key);
    inspect(accept_key(bytes()));
    show(black_box(WriteError::BufferTooSmall { needed: 1 }));
}

fn server() {
    let limits = black_box(HeadLimits::default());
    inspect(ServerHandshake::default());
    let mut handshake = black_box(ServerHandshake::new());
    match handshake.receive(bytes()) {
        Ok(Some(incoming)) => incoming_request(incoming),
        Ok(None) => inspect(handshake.received()),
        Err(error) => refused(error),
    }
    inspect(black_box(ServerHandshake::with_limits(limits)));

    let mut scanner = HeadScanner::new(HeadKind::Request, black_box(1024));
    if let Ok(Some(head)) = scanner.scan(bytes())
        && let Ok(request) = HttpRequest::parse(&head, &limits)
        && let Ok(incoming) = Incoming::check(request)
    {
        incoming_request(incoming);
    }
}

fn incoming_request(incoming: Incoming<'_>) {
    inspect(incoming);
    let Incoming::WebSocket(request) = incoming else { return };
    request_parts(&request);
    let chosen = request.choose_subprotocol(black_box(&["a", "b"]));
    let headers = [Header::new(text(), text())];
    let accept: Accept<'_> = request
        .accept()
        .subprotocol(chosen)
        .extensions(text())
        .deflate(black_box(Preferences::new()))
        .headers(black_box(&headers));
    let mut out = [0; 64];
    inspect(accept.write(black_box(out.as_mut_slice())));
    inspect(accept.deflate_terms());
    inspect(accept);
}

fn request_parts(request: &Request<'_>) {
    inspect((request.target(), request.path(), request.query(), request.host()));
    inspect((request.origin(), request.key(), request.head_len()));
    for subprotocol in request.subprotocols() {
        inspect(subprotocol);
    }
    for extension in request.extensions() {
        inspect(extension);
    }
    fields::run(request.headers());
}

fn refused(error: RequestError) {
    let headers = [Header::new(text(), text())];
    let refusal = Refusal::new(black_box(403))
        .headers(black_box(&headers))
        .body(bytes())
        .to_head(black_box(true));
    inspect((refusal.status(), error.status()));
    let mut out = [0; 64];
    inspect(refusal.write(black_box(out.as_mut_slice())));
    inspect(error.refusal().write(black_box(out.as_mut_slice())));
    inspect(refusal);
    show(error);
}

fn client() {
    let limits = black_box(HeadLimits::default());
    let headers = [Header::new(text(), text())];
    let request = ClientRequest::new(text(), text(), black_box([7; 16]))
        .port(black_box(80), black_box(Scheme::Wss))
        .subprotocols(black_box(&["a", "b"]))
        .require_subprotocol(black_box(true))
        .extensions(text())
        .deflate(black_box(Preferences::new()))
        .origin(text())
        .headers(black_box(&headers));
    let mut out = [0; 64];
    inspect(request.write(black_box(out.as_mut_slice())));
    inspect(request);
    match text().parse::<Scheme>() {
        Ok(scheme) => {
            inspect((scheme.default_port(), scheme.as_str()));
            show(scheme);
        }
        Err(error) => show::<ParseSchemeError>(error),
    }

    inspect(ClientHandshake::default());
    let mut handshake = black_box(ClientHandshake::with_limits(limits));
    handshake.unfold(black_box(out.as_mut_slice()));
    match handshake.receive(&request, bytes()) {
        Ok(Some(Answer::WebSocket(response))) => response_parts(&response),
        Ok(other) => inspect(other),
        Err(error) => show::<ResponseError>(error),
    }
    let mut handshake = black_box(ClientHandshake::new());
    inspect(handshake.receive_http(bytes()));
    inspect((handshake.received(), handshake));
}

fn response_parts(response: &Response<'_>) {
    inspect((response.subprotocol(), response.deflate_terms(), response.head_len()));
    for extension in response.extensions() {
        inspect(extension);
    }
    fields::run(response.headers());
    inspect(response);
}
