//! The heads and bodies of HTTP/1.1 messages.

use core::hint::black_box;

use websocket_proto::http1::{
    BodyDecoder, HeadError, HeadKind, HeadLimits, HeadScanner, Header, Headers, HttpRequest,
    HttpResponse, ParseError,
};

use crate::{bytes, fields, inspect, show, text};

pub fn run() {
    let limits = black_box(HeadLimits::default());
    inspect(limits);
    let mut scanner = HeadScanner::new(black_box(HeadKind::Request), black_box(1024));
    let mut buffer = [0; 64];
    scanner.unfold(black_box(buffer.as_mut_slice()));
    inspect(scanner.position());
    if let Ok(Some(head)) = scanner.scan(bytes()) {
        inspect((head.bytes(), head.end(), head.behind()));
        if let Ok(request) = HttpRequest::parse(&head, &limits) {
            inspect(request);
        }
        if let Ok(response) = HttpResponse::parse(&head, &limits) {
            body(&response);
        }
        inspect(head);
    }
    scanner.restart();
    inspect(scanner);

    let headers = [Header::new(text(), text())];
    fields::run(Headers::new(black_box(headers.as_slice())));
    show(black_box(HeadError::BareLineFeed));
    show(black_box(ParseError::Version));
    inspect(ParseError::from(black_box(HeadError::BareLineFeed)));
}

fn body(response: &HttpResponse<'_>) {
    inspect((response, response.content_length(), response.body_length()));
    let mut decoder = BodyDecoder::new(black_box(response.body_length()));
    let mut input = bytes();
    match decoder.decode(&mut input) {
        Ok(piece) => inspect(piece),
        Err(error) => show(error),
    }
    inspect(decoder.is_complete());
    inspect(decoder);
}
