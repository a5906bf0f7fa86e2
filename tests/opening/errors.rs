//! What the errors of the crate say: each layer what it knows and no text twice, and for a connect
//! the phase, the host and the limit, but never a secret.

use std::error::Error as StdError;
use std::io::{self, ErrorKind};
use std::net::TcpListener;
use std::time::Duration;

use bytes::Bytes;
use websocket_proto::close::CloseCode;
use websocket_proto::deflate::DeflateError;
use websocket_proto::extension::ExtensionError;
use websocket_proto::frame::Rsv;
use websocket_proto::handshake::{RequestError, ResponseError, Scheme, WriteError};
use websocket_proto::http1::{BodyDecoder, BodyLength, HeadError, ParseError};
use websocket_proto::io::{
    AcceptError, ConnectError, ConnectOptions, ConnectPhase, ConnectStep, Error, ProxyError, Unsent,
};
use websocket_proto::utf8::Utf8Validator;
use websocket_proto::websocket::Rejected;
use websocket_proto::{Message, OutputFull, ProtocolError, SendError, Utf8Bytes};

use crate::peers::{Peer, by_each_adapter};

#[test]
fn no_error_repeats_the_text_of_its_source() {
    for error in every_error() {
        let mut error = &*error;
        while let Some(source) = error.source() {
            let (text, cause) = (error.to_string(), source.to_string());
            assert!(!text.contains(&cause), "{cause:?} is in {text:?}");
            error = source;
        }
    }
}

#[test]
fn every_error_text_is_one_line_and_says_what_is_wrong() {
    for error in every_error() {
        let text = error.to_string();
        assert!(text.split(' ').count() >= 3, "{text}");
        assert!(!text.contains('\n') && !text.ends_with('.'), "{text}");
    }
}

fn every_error() -> Vec<Box<dyn StdError>> {
    let mut errors = errors_without_io();
    #[cfg(feature = "http")]
    errors.extend(errors_over_http_types());
    errors.extend(errors_of_an_open_websocket());
    errors.extend(errors_of_accepting());
    errors.extend(errors_of_connecting());
    errors
}

fn reset() -> io::Error {
    ErrorKind::ConnectionReset.into()
}

fn rejected<M>(message: M) -> Rejected<M> {
    Rejected { message, error: SendError::Closing }
}

fn errors_without_io() -> Vec<Box<dyn StdError>> {
    let full = OutputFull { needed: 7, available: 3 };
    let head = HeadError::TooLarge { limit: 16 };
    let deflate = DeflateError::WindowTooLarge { bits: 15, offered: 9 };
    vec![
        Box::new(ProtocolError::ReservedBits { rsv: Rsv::RSV1 }),
        Box::new(ProtocolError::UnexpectedEof),
        Box::new(SendError::Closing),
        Box::new(SendError::OutputFull(full)),
        Box::new(full),
        Box::new(rejected(Message::text("x"))),
        Box::new(rejected(Bytes::from_static(b"x"))),
        Box::new(head),
        Box::new(HeadError::Tls),
        Box::new(HeadError::Http2),
        Box::new(BodyDecoder::new(BodyLength::Chunked).decode(&mut &b"x"[..]).unwrap_err()),
        Box::new(ParseError::Head(head)),
        Box::new(ParseError::Version),
        Box::new(ExtensionError::EmptyList),
        Box::new(deflate),
        Box::new(RequestError::Head(head)),
        Box::new(RequestError::Extensions(ExtensionError::Name)),
        Box::new(ResponseError::Head(head)),
        Box::new(ResponseError::Extensions(ExtensionError::Name)),
        Box::new(ResponseError::Deflate(deflate)),
        Box::new(WriteError::Extensions(ExtensionError::Name)),
        Box::new(WriteError::ReservedHeader { index: 0 }),
        Box::new(Utf8Validator::new().feed(b"\xff").unwrap_err()),
        Box::new(Utf8Bytes::try_from(Bytes::from_static(b"\xff")).unwrap_err()),
        Box::new("http".parse::<Scheme>().unwrap_err()),
    ]
}

#[cfg(feature = "http")]
fn errors_over_http_types() -> Vec<Box<dyn StdError>> {
    use websocket_proto::http::OfferError;
    vec![
        Box::new(OfferError::Upgrade(RequestError::Head(HeadError::TooLarge { limit: 16 }))),
        Box::new(OfferError::Connect(RequestError::Version)),
        Box::new(OfferError::Protocol),
        Box::new(OfferError::NotWebSocket(http::Version::HTTP_11)),
    ]
}

fn errors_of_an_open_websocket() -> Vec<Box<dyn StdError>> {
    let unsent = |unsent| Error::Unsent { unsent: Box::new(unsent), error: reset() };
    vec![
        Box::new(Error::Io(reset())),
        Box::new(Error::Io(ErrorKind::WouldBlock.into())),
        Box::new(Error::Io(ErrorKind::PermissionDenied.into())),
        Box::new(Error::Protocol(ProtocolError::UnexpectedEof)),
        Box::new(Error::from(rejected(Message::text("x")))),
        Box::new(Error::from(rejected(Bytes::from_static(b"x")))),
        Box::new(unsent(Unsent::Message(Message::text("x")))),
        Box::new(unsent(Unsent::Fragment(Bytes::from_static(b"x")))),
        Box::new(Error::Send(SendError::Closing)),
        Box::new(Error::Send(SendError::OutputFull(OutputFull { needed: 7, available: 3 }))),
    ]
}

fn errors_of_accepting() -> Vec<Box<dyn StdError>> {
    let io = [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset, ErrorKind::WouldBlock];
    let mut errors: Vec<Box<dyn StdError>> = vec![
        Box::new(AcceptError::Io(ErrorKind::PermissionDenied.into())),
        Box::new(AcceptError::Request(RequestError::Head(HeadError::Tls))),
        Box::new(AcceptError::NotWebSocket { status: 426 }),
        Box::new(AcceptError::Refused { status: 401 }),
        Box::new(AcceptError::Reply(WriteError::HeaderName { index: 0 })),
        Box::new(AcceptError::NoRequest),
        Box::new(AcceptError::TimedOut { limit: Duration::from_secs(10) }),
        Box::new(AcceptError::Finished),
    ];
    for kind in io {
        errors.push(Box::new(AcceptError::Io(kind.into())));
    }
    errors
}

fn errors_of_connecting() -> Vec<Box<dyn StdError>> {
    use ConnectPhase::{Handshake, LookUp, Proxy, Tcp, Tls};
    let proxy = |error| ConnectError::Proxy { proxy: "proxy.test:3128".into(), error };
    let mut errors: Vec<Box<dyn StdError>> = vec![
        Box::new(ConnectOptions::new("http://a/").unwrap_err()),
        Box::new(ConnectError::from(ConnectOptions::new("").unwrap_err())),
        Box::new(ConnectError::Request(WriteError::Method)),
        Box::new(ConnectError::Entropy(ErrorKind::Unsupported.into())),
        Box::new(ConnectError::Response {
            server: "a.test:80".into(),
            error: ResponseError::Head(HeadError::Http2),
        }),
        Box::new(proxy(ProxyError::EarlyBytes)),
        Box::new(proxy(ProxyError::Response(ResponseError::Head(HeadError::StartLine)))),
        Box::new(ConnectError::Finished),
    ];
    for phase in [LookUp, Tcp, Proxy, Tls, Handshake] {
        let step = || ConnectStep::new(phase, "a.test:80");
        errors.push(Box::new(ConnectError::Io { step: step(), error: reset() }));
        errors.push(Box::new(ConnectError::Ended { step: step(), received: 3 }));
        let limit = Duration::from_secs(30);
        errors.push(Box::new(ConnectError::TimedOut { step: step(), limit }));
        #[cfg(feature = "tls")]
        errors.push(Box::new(ConnectError::Tls { step: step(), error: Box::new(reset()) }));
    }
    #[cfg(feature = "tls")]
    errors.push(Box::new(ConnectError::NoRoots));
    errors
}

/// The end of the transport, a reset, TLS without close_notify, and a keepalive without an answer.
#[test]
fn a_peer_that_is_gone_is_recognised_however_it_went() {
    let timeout = Duration::from_secs(1);
    for error in [
        Error::Protocol(ProtocolError::UnexpectedEof),
        Error::Protocol(ProtocolError::KeepaliveTimeout { timeout }),
        Error::Io(reset()),
        Error::Io(ErrorKind::UnexpectedEof.into()),
        Error::Io(ErrorKind::BrokenPipe.into()),
        Error::Unsent { unsent: Box::new(Unsent::Message(Message::text("x"))), error: reset() },
    ] {
        assert!(error.is_disconnected() && !error.is_would_block(), "{error:?}");
        assert_eq!(error.close_code(), Some(CloseCode::ABNORMAL), "{error:?}");
    }
}

/// It is another error than the time-out of a socket.
#[cfg(target_os = "linux")]
#[test]
fn a_connection_that_tcp_has_given_up_is_gone() {
    const ETIMEDOUT: i32 = 110;
    let error = Error::Io(io::Error::from_raw_os_error(ETIMEDOUT));
    assert!(error.is_disconnected() && !error.is_would_block(), "{error:?}");
}

#[test]
fn a_connection_that_goes_on_has_no_close_code() {
    for kind in [ErrorKind::WouldBlock, ErrorKind::TimedOut] {
        let error = Error::Io(kind.into());
        assert!(error.is_would_block() && !error.is_disconnected(), "{error:?}");
        assert_eq!(error.close_code(), None, "{error:?}");
    }
    for error in [Error::from(rejected(Message::text("x"))), Error::Send(SendError::Closing)] {
        assert!(!error.is_would_block() && !error.is_disconnected(), "{error:?}");
        assert_eq!(error.close_code(), None, "{error:?}");
    }
}

#[test]
fn a_fault_of_the_peer_has_the_code_of_its_close() {
    let error = Error::Protocol(ProtocolError::InvalidDeflate);
    assert_eq!(error.close_code(), Some(CloseCode::INVALID_DATA));
    assert!(!error.is_disconnected() && !error.is_would_block());
}

#[test]
fn a_message_or_a_fragment_that_was_not_queued_is_in_the_error() {
    let (message, fragment) = (Message::text("x"), Bytes::from_static(b"y"));
    let unsent = |unsent| Error::Unsent { unsent: Box::new(unsent), error: reset() };
    for (error, expected) in [
        (rejected(message.clone()).into(), Some(Unsent::Message(message.clone()))),
        (rejected(fragment.clone()).into(), Some(Unsent::Fragment(fragment.clone()))),
        (unsent(Unsent::Fragment(fragment.clone())), Some(Unsent::Fragment(fragment))),
        (Error::Io(reset()), None),
        (Error::Send(SendError::Closing), None),
    ] {
        assert_eq!(error.into_unsent(), expected);
    }
}

#[test]
fn a_refused_connection_names_the_host_and_the_address() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let port = address.port();
    for (host, shown) in [
        ("127.0.0.1", format!("127.0.0.1:{port}")),
        ("localhost", format!("localhost:{port} (127.0.0.1:{port})")),
    ] {
        let options = ConnectOptions::new(&format!("ws://{host}:{port}/")).unwrap();
        for (adapter, refused) in by_each_adapter(&options) {
            let error = refused.expect_err(adapter);
            assert!(error.is_transient(), "{adapter}: {error:?}");
            let text = error.to_string();
            assert!(text.starts_with("cannot open a TCP connection to "), "{adapter}: {text}");
            // A host may have an IPv6 address too.
            let is_other = text.contains("[::1]") && host == "localhost";
            assert!(text.ends_with(&shown) || is_other, "{adapter}: {text}");
            let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
            assert_eq!(source.kind(), ErrorKind::ConnectionRefused, "{adapter}");
        }
    }
}

#[test]
fn a_name_without_an_address_is_an_error_of_the_look_up() {
    let options = ConnectOptions::new("ws://no.such.host.invalid/").unwrap();
    for (adapter, refused) in by_each_adapter(&options) {
        let error = refused.expect_err(adapter);
        let text = "cannot look up the addresses of no.such.host.invalid:80";
        assert_eq!(error.to_string(), text, "{adapter}");
    }
}

#[test]
fn the_end_of_the_time_limit_names_the_phase_and_the_limit() {
    let peer = Peer::silent();
    let limit = Duration::from_millis(300);
    let server = ConnectOptions::new(&peer.ws()).unwrap().connect_timeout(limit);
    let proxy = ConnectOptions::new("ws://server.test/").unwrap().connect_timeout(limit);
    let proxy = proxy.proxy(&format!("http://{}", peer.address)).unwrap();
    for (options, task) in
        [(server, "open a WebSocket with"), (proxy, "open a tunnel through the proxy")]
    {
        for (adapter, refused) in by_each_adapter(&options) {
            let error = refused.expect_err(adapter);
            assert!(error.is_transient(), "{adapter}: {error:?}");
            let address = peer.address;
            let text = format!("cannot {task} {address}: the time limit of 300ms ran out");
            assert_eq!(error.to_string(), text, "{adapter}");
        }
    }
}

#[test]
fn a_peer_that_leaves_within_its_response_is_named_with_what_it_sent() {
    let peer = Peer::answering("HTTP/1.1 101");
    for (adapter, refused) in by_each_adapter(&ConnectOptions::new(&peer.ws()).unwrap()) {
        let error = refused.expect_err(adapter);
        assert!(error.is_transient(), "{adapter}: {error:?}");
        let text = format!(
            "cannot open a WebSocket with {}: the peer ended the connection after 12 bytes of a \
             response",
            peer.address
        );
        assert_eq!(error.to_string(), text, "{adapter}");
    }
}

#[test]
fn a_refusal_says_what_the_client_may_do_instead() {
    for (answer, text, is_transient) in [
        (
            "HTTP/1.1 302 Found\r\nLocation: wss://b.test/\r\nContent-Length: 0\r\n\r\n",
            "refused the WebSocket with status 302, Location: wss://b.test/",
            false,
        ),
        (
            "HTTP/1.1 401 \r\nWWW-Authenticate: Basic realm=\"\u{e9}\"\r\nContent-Length: 0\r\n\r\n",
            "refused the WebSocket with status 401, WWW-Authenticate: Basic \
             realm=\"\\xc3\\xa9\"",
            false,
        ),
        (
            "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
            "refused the WebSocket with status 503",
            true,
        ),
    ] {
        let peer = Peer::answering(answer);
        for (adapter, refused) in by_each_adapter(&ConnectOptions::new(&peer.ws()).unwrap()) {
            let error = refused.expect_err(adapter);
            let text = format!("the server {} {text}", peer.address);
            assert_eq!(error.to_string(), text, "{adapter}");
            assert_eq!(error.is_transient(), is_transient, "{adapter}");
        }
    }
}

#[test]
fn a_refusal_of_the_proxy_names_the_proxy_and_what_it_wants() {
    let proxy = Peer::answering(
        "HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
    );
    let options = ConnectOptions::new("ws://server.test/").unwrap();
    let options = options.proxy(&format!("http://bob:secret@{}", proxy.address)).unwrap();
    for (adapter, refused) in by_each_adapter(&options) {
        let error = refused.expect_err(adapter);
        let text = format!("cannot open a tunnel through the proxy {}", proxy.address);
        assert_eq!(error.to_string(), text, "{adapter}");
        let source = error.source().unwrap().to_string();
        let text = "the proxy refused the tunnel with status 407, Proxy-Authenticate: Basic";
        assert_eq!(source, text, "{adapter}");
    }
}

#[test]
fn a_server_that_answers_with_tls_or_http_2_is_recognised() {
    for (answer, hint) in [
        (&b"\x15\x03\x01\x00\x02\x02\x50"[..], "wss"),
        (b"\x00\x00\x12\x04\x00\x00\x00\x00\x00", "HTTP/2"),
    ] {
        let peer = Peer::answering(answer);
        for (adapter, refused) in by_each_adapter(&ConnectOptions::new(&peer.ws()).unwrap()) {
            let error = refused.expect_err(adapter);
            let text = format!("the response of the server {} opens no WebSocket", peer.address);
            assert_eq!(error.to_string(), text, "{adapter}");
            let source = error.source().unwrap().to_string();
            assert!(source.contains(hint), "{adapter}: {source}");
        }
    }
}

#[test]
fn an_error_in_a_url_quotes_it_without_its_secrets() {
    let long = format!("http://{}/", "a".repeat(300));
    for (url, shown) in [
        ("http://a.test:81/chat", "http://a.test:81/chat"),
        ("", ""),
        ("a.test", "a.test"),
        ("ws://bob:secret@a.test/#x", "ws://...@a.test/#..."),
        ("ws://bob:sec/ret@a.test/#x", "ws://...@a.test/#..."),
        ("ws://bob:sec?ret@a.test/#x", "ws://...@a.test/#..."),
        ("ws://bob:sec#ret@a.test/", "ws://...@a.test/"),
        ("ws://bob@evil:secret@a.test/", "ws://...@a.test/"),
        ("bob:secret@a.test", "...@a.test"),
        ("ws:/bob:secret@a.test", "...@a.test"),
        ("bob:secret://x@a.test", "...@a.test"),
        ("ws://a.test/?token=secret#x", "ws://a.test/?..."),
        ("ws://a b/\r\n", "ws://a b/\\r\\n"),
    ] {
        let error = ConnectOptions::new(url).unwrap_err();
        assert_eq!(error.url(), shown, "{url:?}");
        assert!(error.to_string().starts_with(&format!("the URL \"{shown}\" ")), "{error}");
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
    assert!(ConnectOptions::new(&long).unwrap_err().url().len() < 250);

    let options = ConnectOptions::new("ws://a.test/").unwrap();
    let error = options.proxy("https://bob:secret@proxy.test/").unwrap_err();
    assert_eq!(error.url(), "https://...@proxy.test/");
    let options = ConnectOptions::new("wss://bob:secret@a.test/chat?token=secret").unwrap();
    let error = websocket_proto::blocking::connect(options).unwrap_err();
    assert!(error.to_string().starts_with("the URL \"wss://a.test:443/chat?...\" needs TLS"));
}
