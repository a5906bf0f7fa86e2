//! What the two sides agree on in the blocking adapter when either wants permessage-deflate, and
//! answers that a client does not take.

use std::io::{self, Write};
use std::net::TcpStream;

use crate::loopback::*;
use support::compressing::{compressing, preferring};
use websocket_proto::blocking::{self, Acceptor};
use websocket_proto::deflate::{DeflateError, Preferences};
use websocket_proto::handshake::{Incoming, ResponseError, ServerHandshake, WriteError};
use websocket_proto::io::{AcceptError, ConnectError, ConnectOptions, Reply};

#[test]
fn the_stricter_terms_of_the_two_are_seen_by_both() {
    bounded(|| {
        let of_server =
            Preferences::new().client_max_window_bits(10).server_no_context_takeover(true);
        let of_client =
            Preferences::new().server_max_window_bits(11).client_no_context_takeover(true);
        let (server, client) = connected(preferring(of_server), preferring(of_client));
        for agreement in [server.deflate_terms(), client.deflate_terms()] {
            let agreement = agreement.expect("both want it");
            assert!(agreement.server_no_context_takeover());
            assert!(agreement.client_no_context_takeover());
            assert_eq!(agreement.server_max_window_bits(), 11);
            assert_eq!(agreement.client_max_window_bits(), 10);
        }
    });
}

#[test]
fn a_refusal_says_nothing_of_compression() {
    bounded(|| {
        let (address, refused) = serve(|stream| {
            let mut acceptor = Acceptor::new(stream).config(compressing());
            let error = acceptor.accept_with(|_| Reply::refuse(403).body("no")).unwrap_err();
            acceptor.finish().unwrap();
            error
        });
        let options = ConnectOptions::new(&url(address)).unwrap().config(compressing());
        let Err(ConnectError::Refused { answer, .. }) = blocking::connect(options) else {
            panic!()
        };
        assert_eq!((answer.status, &answer.body[..]), (403, &b"no"[..]));
        assert_eq!(answer.header("Sec-WebSocket-Extensions"), None);
        assert!(matches!(refused.join().unwrap(), AcceptError::Refused { status: 403 }));
    });
}

/// Answers a request, with this for its extensions.
fn answer_with(stream: &mut TcpStream, extensions: &str) -> Result<(), WriteError> {
    let request = read_head(stream);
    let mut handshake = ServerHandshake::new();
    let Ok(Some(Incoming::WebSocket(request))) = handshake.receive(request.as_bytes()) else {
        panic!("{request}");
    };
    let mut response = [0; 256];
    let len = request.accept().write(&mut response)?;
    stream.write_all(&response[..len - 2]).unwrap();
    write!(stream, "Sec-WebSocket-Extensions: {extensions}\r\n\r\n").unwrap();
    let _ = io::copy(stream, &mut io::sink());
    Ok(())
}

#[test]
fn an_answer_that_does_not_fit_the_offer_fails_the_client() {
    bounded(|| {
        let strict = Preferences::new().server_no_context_takeover(true).server_max_window_bits(10);
        for (preferences, answer, expected) in [
            (Preferences::new(), "; unknown", DeflateError::UnknownParameter),
            (
                Preferences::new(),
                "; client_no_context_takeover; client_no_context_takeover",
                DeflateError::RepeatedParameter("client_no_context_takeover"),
            ),
            (
                Preferences::new(),
                "; client_max_window_bits",
                DeflateError::Value("client_max_window_bits"),
            ),
            (
                Preferences::new(),
                "; server_max_window_bits=16",
                DeflateError::Value("server_max_window_bits"),
            ),
            (strict, "", DeflateError::MissingParameter("server_no_context_takeover")),
            (
                strict,
                "; server_no_context_takeover",
                DeflateError::MissingParameter("server_max_window_bits"),
            ),
            (
                strict,
                "; server_no_context_takeover; server_max_window_bits=11",
                DeflateError::WindowTooLarge { bits: 11, offered: 10 },
            ),
        ] {
            let answer = format!("permessage-deflate{answer}");
            let (address, server) =
                serve(move |mut stream| answer_with(&mut stream, &answer).unwrap());
            let options =
                ConnectOptions::new(&url(address)).unwrap().config(preferring(preferences));
            let error = blocking::connect(options).unwrap_err();
            let ConnectError::Response { error: ResponseError::Deflate(error), .. } = error else {
                panic!("{error:?}");
            };
            assert_eq!(error, expected);
            server.join().unwrap();
        }
    });
}

#[test]
fn an_answer_to_what_was_not_offered_fails_the_client() {
    bounded(|| {
        let (address, server) =
            serve(|mut stream| answer_with(&mut stream, "permessage-deflate").unwrap());
        let error = blocking::connect(url(address)).unwrap_err();
        assert!(
            matches!(
                error,
                ConnectError::Response { error: ResponseError::ExtensionNotOffered, .. }
            ),
            "{error:?}"
        );
        server.join().unwrap();
    });
}
