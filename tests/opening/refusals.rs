//! A refusal of a peer that does not hang up keeps its status, within a time of its own.

use std::time::{Duration, Instant};

use crate::peers::{Peer, by_each_adapter};
use websocket_proto::blocking;
use websocket_proto::handshake::HttpAnswer;
use websocket_proto::io::{ConnectError, ConnectOptions, ProxyError};

/// Much longer than the time for a body, much shorter than the time for all of connecting.
const BOUND: Duration = Duration::from_secs(10);

#[track_caller]
fn refusal(options: ConnectOptions) -> HttpAnswer {
    let begin = Instant::now();
    let options = options.refusal_body_timeout(Duration::from_millis(100));
    let mut answers =
        by_each_adapter(&options).into_iter().map(|(adapter, refused)| match refused {
            Err(ConnectError::Refused { answer, .. })
            | Err(ConnectError::Proxy { error: ProxyError::Refused(answer), .. }) => *answer,
            refused => panic!("{adapter}: {refused:?}"),
        });
    let answer = answers.next().expect("there is an adapter");
    for other in answers {
        assert_eq!((other.status, &other.body), (answer.status, &answer.body));
    }
    assert!(begin.elapsed() < BOUND, "{:?}", begin.elapsed());
    answer
}

#[test]
fn a_refusal_without_a_length() {
    let server = Peer::answering_and_waiting("HTTP/1.1 403 Forbidden\r\nX: y\r\n\r\n");
    let answer = refusal(ConnectOptions::new(&server.ws()).unwrap());
    assert_eq!((answer.status, &answer.body[..]), (403, &b""[..]));
    assert_eq!(answer.header("x"), Some(&b"y"[..]));
}

#[test]
fn a_refusal_without_a_length_over_a_tcp_connection_of_the_callers() {
    let server = Peer::answering_and_waiting("HTTP/1.1 403 Forbidden\r\n\r\nno");
    let options = ConnectOptions::new(&server.ws()).unwrap();
    let options = options.refusal_body_timeout(Duration::from_millis(100));
    let stream = blocking::connect_tcp(&options).unwrap();
    let mut connector = blocking::Connector::new(stream, options).unwrap();
    match connector.connect() {
        Err(ConnectError::Refused { answer, .. }) => assert_eq!(answer.body, "no"),
        refused => panic!("{refused:?}"),
    }
}

#[test]
fn a_chunked_refusal_with_trailers() {
    let server = Peer::answering_and_waiting(
        "HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nlater\r\n0\r\nX: y\r\n\r\n",
    );
    let answer = refusal(ConnectOptions::new(&server.ws()).unwrap());
    assert_eq!((answer.status, &answer.body[..]), (503, &b"later"[..]));
}

#[test]
fn a_refusal_of_a_proxy_without_a_length() {
    let proxy = Peer::answering_and_waiting("HTTP/1.1 407 Who?\r\n\r\nwho?");
    let options = ConnectOptions::new("ws://server.test/").unwrap();
    let answer = refusal(options.proxy(&format!("http://{}", proxy.address)).unwrap());
    assert_eq!((answer.status, &answer.body[..]), (407, &b"who?"[..]));
}

#[test]
fn a_refusal_that_stops_within_its_body_at_the_end_of_all_connecting() {
    let head = "HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\nla";
    let server = Peer::answering_and_waiting(head);
    let options = ConnectOptions::new(&server.ws()).unwrap();
    let options = options.connect_timeout(Duration::from_millis(200));
    for (adapter, refused) in by_each_adapter(&options.refusal_body_timeout(Duration::MAX)) {
        match refused {
            Err(ConnectError::Refused { answer, .. }) => {
                assert_eq!((answer.status, &answer.body[..]), (503, &b"la"[..]), "{adapter}");
            }
            refused => panic!("{adapter}: {refused:?}"),
        }
    }
}
