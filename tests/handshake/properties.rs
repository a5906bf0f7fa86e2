//! The opening handshake under random input, beside models too simple to be wrong.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use support::handshake::{self, RFC_REQUEST, RFC_RESPONSE, head, plain_headers, receive};
use websocket_proto::extension::Extensions;
use websocket_proto::handshake::{
    Answer, ClientHandshake, ClientRequest, Incoming, RequestError, ServerHandshake,
};
use websocket_proto::http1::{HeadLimits, Header};

/// What a server should make of a request, in the plainest way. The heads it is shown are well
/// formed, with `GET / HTTP/1.1` in front.
#[derive(Debug, PartialEq)]
enum Model {
    WebSocket { subprotocols: Vec<String> },
    Http,
    Status(u16),
}

fn model(headers: &[(&str, &str)]) -> Model {
    let all = |name: &str| -> Vec<&str> {
        let of_name = headers.iter().filter(|(other, _)| other.to_lowercase() == name);
        of_name.map(|(_, value)| value.trim()).collect()
    };
    let list = |name: &str| -> Vec<String> {
        let joined = all(name).join(",");
        let elements = joined.split(',').map(|element| element.trim().to_owned());
        elements.filter(|element| !element.is_empty()).collect()
    };
    let lower = |name: &str| -> Vec<String> {
        list(name).iter().map(|element| element.to_lowercase()).collect()
    };
    if !lower("upgrade").iter().any(|element| element == "websocket" || element == "websocket/13") {
        return Model::Http;
    }
    if lower("upgrade").contains(&"websocket/13".to_owned()) {
        return Model::Status(400);
    }
    match all("sec-websocket-version")[..] {
        ["13"] => {}
        [_, _, ..] => return Model::Status(400),
        _ => return Model::Status(426),
    }
    let subprotocols = list("sec-websocket-protocol");
    let is_unique = (1..subprotocols.len()).all(|n| !subprotocols[..n].contains(&subprotocols[n]));
    let is_token = |text: &String| text.chars().all(char::is_alphanumeric);
    let is_good = lower("connection").contains(&"upgrade".to_owned())
        && matches!(all("host")[..], ["a"])
        && matches!(all("sec-websocket-key")[..], ["dGhlIHNhbXBsZSBub25jZQ=="])
        && is_unique
        && subprotocols.iter().all(is_token);
    if is_good { Model::WebSocket { subprotocols } } else { Model::Status(400) }
}

/// Headers, most of them good, some missing, odd or repeated, in any order and case.
fn headers() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let good = vec![
        ("Host", "a"),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Version", "13"),
    ];
    let odd = vec![
        ("host", "a"),
        ("HOST", "a b"),
        ("upgrade", "h2c"),
        ("upgrade", " h2c , WebSocket"),
        ("Upgrade", "websocket/13"),
        ("connection", "keep-alive, UPGRADE"),
        ("Connection", "keep-alive"),
        ("sec-websocket-key", "  dGhlIHNhbXBsZSBub25jZQ==\t"),
        ("sec-websocket-key", "short"),
        ("SEC-WEBSOCKET-VERSION", "\t13"),
        ("sec-websocket-version", "8"),
        ("Sec-WebSocket-Protocol", "chat, superchat"),
        ("Sec-WebSocket-Protocol", "chat"),
        ("sec-websocket-protocol", "a,,b"),
        ("sec-websocket-protocol", "a b"),
        ("Accept", "*/*"),
        ("X", ""),
    ];
    let most = prop_oneof![6 => Just(5_usize), 3 => Just(4), 1 => 0..4_usize];
    let kept = most.prop_flat_map(move |count| subsequence(good.clone(), count));
    (kept, vec(select(odd), 0..4)).prop_map(|(kept, odd)| [kept, odd].concat()).prop_shuffle()
}

/// A valid head with a few bytes changed, taken out or put in.
fn mutated(valid: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![select(b"\r\n\t :,;=\"\\\0/\x7f\xff".to_vec()), any::<u8>()];
    vec((any::<Index>(), 0..3_u8, byte), 0..4).prop_map(move |changes| {
        let mut bytes = valid.to_vec();
        for (index, what, byte) in changes {
            let at = index.index(bytes.len());
            match what {
                0 => bytes[at] = byte,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, byte),
            }
        }
        bytes
    })
}

fn client() -> ClientRequest<'static> {
    ClientRequest::new("a", "/", handshake::RFC_NONCE)
        .subprotocols(&["chat"])
        .extensions("permessage-deflate")
}

/// Tokens that differ.
fn tokens(prefix: &'static str) -> impl Strategy<Value = Vec<String>> {
    vec("[a-zA-Z0-9!#$%&'*+.^_`|~-]{1,12}", 0..8).prop_map(move |names| {
        let numbered = names.into_iter().enumerate();
        numbered.map(|(index, name)| format!("{prefix}{index}{name}")).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn a_server_agrees_with_the_model(headers in headers()) {
        let mut lines = vec!["GET / HTTP/1.1".to_owned()];
        lines.extend(headers.iter().map(|(name, value)| format!("{name}:{value}")));
        let bytes = head(&lines);
        let made = match receive(&bytes) {
            Ok(Some(Incoming::WebSocket(request))) => Model::WebSocket {
                subprotocols: request.subprotocols().map(str::to_owned).collect(),
            },
            Ok(Some(Incoming::Http(_))) => Model::Http,
            Ok(None) => panic!("incomplete"),
            Err(error) => Model::Status(error.status()),
        };
        prop_assert_eq!(made, model(&headers));
    }

    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..200), split in any::<Index>()) {
        let mut server = ServerHandshake::new();
        let mut handshake = ClientHandshake::new();
        let mut client = |bytes| handshake.receive(&client(), bytes).is_ok();
        for end in [split.index(bytes.len() + 1), bytes.len()] {
            let _ = server.receive(&bytes[..end]);
            let _ = client(&bytes[..end]);
        }
        // Even when the caller breaks its side: bytes that shrink, and bytes that change.
        let _ = (server.receive(b""), client(b""));
        let _ = (server.receive(RFC_REQUEST), client(RFC_RESPONSE));
        let _ = (server.receive(&bytes), client(&bytes));
        Extensions::parse(&bytes).for_each(drop);
    }

    #[test]
    fn a_head_is_taken_if_and_only_if_the_plainest_parser_takes_it(bytes in mutated(RFC_REQUEST)) {
        let expected = plain_headers(&bytes);
        match receive(&bytes) {
            Ok(Some(incoming)) => {
                let headers = match incoming {
                    Incoming::WebSocket(request) => request.headers(),
                    Incoming::Http(request) => request.headers,
                };
                let ours = headers.iter().map(|header| (header.name.as_bytes(), header.value));
                prop_assert_eq!(Some(ours.collect()), expected);
            }
            Ok(None) | Err(RequestError::Head(_)) => prop_assert_eq!(expected, None),
            // Of a good head that asks in HTTP/1.0, or of one of another version.
            Err(RequestError::HttpVersion) => {}
            Err(_) => prop_assert!(expected.is_some()),
        }
    }

    #[test]
    fn a_server_hands_out_what_httparse_parsed(bytes in mutated(RFC_REQUEST)) {
        if let Ok(Some(incoming)) = receive(&bytes) {
            let mut storage = [httparse::EMPTY_HEADER; 100];
            let mut oracle = httparse::Request::new(&mut storage);
            let (headers, len) = match incoming {
                Incoming::WebSocket(request) => (request.headers(), request.head_len()),
                Incoming::Http(request) => (request.headers, request.head_len),
            };
            prop_assert_eq!(oracle.parse(&bytes), Ok(httparse::Status::Complete(len)));
            let ours: Vec<_> = headers.iter().map(|header| (header.name, header.value)).collect();
            let theirs: Vec<_> = oracle.headers.iter().map(|it| (it.name, it.value)).collect();
            prop_assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn a_client_hands_out_what_httparse_parsed(bytes in mutated(RFC_RESPONSE)) {
        if let Ok(Some(answer)) = ClientHandshake::new().receive(&client(), &bytes) {
            let mut storage = [httparse::EMPTY_HEADER; 100];
            let mut oracle = httparse::Response::new(&mut storage);
            let (headers, len) = match answer {
                Answer::WebSocket(response) => (response.headers(), response.head_len()),
                Answer::Http(response) => (response.headers, response.head_len),
            };
            prop_assert_eq!(oracle.parse(&bytes), Ok(httparse::Status::Complete(len)));
            let ours: Vec<_> = headers.iter().map(|header| (header.name, header.value)).collect();
            let theirs: Vec<_> = oracle.headers.iter().map(|it| (it.name, it.value)).collect();
            prop_assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn any_split_of_a_mutated_request_gives_the_same(
        bytes in mutated(RFC_REQUEST),
        mut cuts in vec(any::<Index>(), 0..8),
    ) {
        let whole = format!("{:?}", receive(&bytes));
        let mut handshake = ServerHandshake::new();
        cuts.sort_by_key(|cut| cut.index(bytes.len()));
        for cut in cuts {
            let _ = handshake.receive(&bytes[..cut.index(bytes.len())]);
        }
        prop_assert_eq!(format!("{:?}", handshake.receive(&bytes)), whole);
    }

    #[test]
    fn what_a_client_offers_a_server_reads_and_the_client_takes_its_answer(
        nonce: [u8; 16],
        subprotocols in tokens("p"),
        extensions in tokens("x"),
        chosen: (Index, Index),
        value in "[ -~]{0,20}",
        rest in vec(any::<u8>(), 0..8),
    ) {
        let subprotocols: Vec<&str> = subprotocols.iter().map(String::as_str).collect();
        let offer = extensions.join("; a=\"\\1\", ");
        let extra = [Header::new("X-Extra", &value)];
        let mut request = ClientRequest::new("a.example:81", "/b?c", nonce)
            .subprotocols(&subprotocols)
            .headers(&extra);
        if !extensions.is_empty() {
            request = request.extensions(&offer);
        }
        let mut sent = [0xa5; 2048];
        let len = request.write(&mut sent).unwrap();

        let mut server = ServerHandshake::new();
        let Ok(Some(Incoming::WebSocket(received))) = server.receive(&sent[..len]) else {
            panic!("{}", sent[..len].escape_ascii())
        };
        prop_assert!(received.subprotocols().eq(subprotocols.iter().copied()));
        prop_assert!(received.extensions().map(|it| it.name()).eq(extensions.iter()));
        prop_assert_eq!(received.headers().first("x-extra"), Some(value.trim().as_bytes()));
        prop_assert_eq!(received.head_len(), len);

        let mut accept = received.accept();
        let subprotocol = subprotocols.get(chosen.0.index(9)).copied();
        let extension = extensions.get(chosen.1.index(9));
        if let Some(subprotocol) = subprotocol {
            accept = accept.subprotocol(subprotocol);
        }
        if let Some(extension) = extension {
            accept = accept.extensions(extension);
        }
        let mut answered = [0xa5; 512];
        let answer_len = accept.write(&mut answered).unwrap();
        let stream = [&answered[..answer_len], &rest].concat();

        let mut client = ClientHandshake::new();
        let Ok(Some(Answer::WebSocket(response))) = client.receive(&request, &stream) else {
            panic!("{}", stream.escape_ascii())
        };
        prop_assert_eq!(response.subprotocol(), subprotocol);
        prop_assert!(response.extensions().map(|it| it.name()).eq(extension));
        prop_assert_eq!(&stream[response.head_len()..], &rest[..]);
    }

    #[test]
    fn limits_bind_whatever_comes(
        bytes in mutated(RFC_REQUEST),
        limits in (0..300_usize, 0..10_usize),
    ) {
        let limits = HeadLimits { bytes: limits.0, headers: limits.1 };
        let mut handshake = ServerHandshake::with_limits(limits);
        if let Ok(Some(Incoming::WebSocket(request))) = handshake.receive(&bytes) {
            prop_assert!(request.head_len() <= limits.bytes);
            prop_assert!(request.headers().iter().count() <= limits.headers);
        }
        prop_assert!(handshake.received() <= limits.bytes);
    }
}
