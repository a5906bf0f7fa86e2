//! Hostile and odd input from a raw TCP connection: the status, the echoes, the code of the Close
//! and the FIN after it that each gets.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::thread;

use crate::loopback::*;
use support::hostile::{Answer, MAX_MESSAGE_SIZE, Outcome, Request, Stream, requests, streams};
use support::messages::*;
use websocket_proto::websocket::Config;

/// What the server answers to a request that it refuses, up to its FIN.
fn refusal(request: Vec<u8>) -> String {
    bounded(move || {
        let (address, server) = echo_server(Config::new());
        let mut stream = raw(address);
        stream.write_all(&request).unwrap();
        let answer = read_to_fin(&mut stream);
        drop(stream);
        server.join().unwrap().unwrap_err();
        String::from_utf8(answer).unwrap()
    })
}

/// The head of the answer to a request that the server accepts.
fn acceptance(request: Vec<u8>, config: Config) -> String {
    bounded(move || {
        let (address, server) = echo_server(config);
        let mut stream = raw(address);
        stream.write_all(&request).unwrap();
        let head = read_head(&mut stream);
        if head.starts_with("HTTP/1.1 101 ") {
            stream.write_all(&From::Client.close(1000, "")).unwrap();
            assert_eq!(read_to_fin(&mut stream), From::Server.close(1000, ""));
            drop(stream);
            server.join().unwrap().unwrap();
        }
        head
    })
}

#[test]
fn requests_that_open_no_websocket_are_refused() {
    for Request { name, bytes, answer } in requests() {
        let (status, headers): (_, &[&str]) = match answer {
            Answer::Opens { .. } => continue,
            Answer::Refuses(status, headers) => (status, headers),
            Answer::IsNoWebSocket => (426, &["Upgrade: websocket"]),
        };
        let answer = refusal(bytes);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{name}: {answer}");
        for header in headers {
            assert!(answer.contains(&format!("\r\n{header}\r\n")), "{name}: {answer}");
        }
    }
}

#[test]
fn odd_requests_that_are_right_open_the_websocket() {
    for Request { name, bytes, answer } in requests() {
        let Answer::Opens { .. } = answer else { continue };
        let head = acceptance(bytes, Config::new());
        assert!(head.starts_with("HTTP/1.1 101 "), "{name}: {head}");
        assert!(!head.contains("Sec-WebSocket-Extensions"), "{name}: {head}");
    }
}

#[cfg(feature = "deflate")]
#[test]
fn a_server_that_compresses_declines_an_invalid_offer_and_accepts_an_offer_after_another() {
    for Request { name, bytes, answer } in requests() {
        let Answer::Opens { compresses } = answer else { continue };
        let head = acceptance(bytes, support::compressing::compressing());
        assert!(head.starts_with("HTTP/1.1 101 "), "{name}: {head}");
        let accepted = head.contains("\r\nSec-WebSocket-Extensions: permessage-deflate");
        assert_eq!(accepted, compresses, "{name}: {head}");
    }
}

#[test]
fn headers_without_end_are_refused_at_the_limit() {
    bounded(|| {
        let (address, server) = echo_server(Config::new());
        let mut stream = raw(address);
        stream.write_all(b"GET / HTTP/1.1\r\n").unwrap();
        let mut writer = stream.try_clone().unwrap();
        let line = format!("X-A: {}\r\n", "a".repeat(4000));
        // The server reads on, so that its answer is not lost in a reset.
        let flood =
            thread::spawn(move || (0..500).try_for_each(|_| writer.write_all(line.as_bytes())));
        let answer = read_to_fin(&mut stream);
        assert!(answer.starts_with(b"HTTP/1.1 431 "), "{}", answer.escape_ascii());
        flood.join().unwrap().unwrap();
        drop(stream);
        server.join().unwrap().unwrap_err();
    });
}

#[test]
fn a_second_request_is_no_frame() {
    bounded(|| {
        let (address, server) = echo_server(Config::new());
        let mut stream = raw(address);
        stream.write_all(REQUEST.repeat(2).as_bytes()).unwrap();
        assert!(read_head(&mut stream).starts_with("HTTP/1.1 101 "));
        let [close] = &decode(&read_to_fin(&mut stream))[..] else { panic!("one Close") };
        assert_eq!(close_code(close), Some(1002));
        drop(stream);
        server.join().unwrap().unwrap_err();
    });
}

fn config() -> Config {
    Config::new().max_message_size(1 << 20)
}

/// What comes back up to the FIN, for these bytes of a client that keeps its side open.
fn frames_to_fin(
    config: Config,
    open: fn(SocketAddr) -> TcpStream,
    sent: Vec<u8>,
) -> (Vec<Frame>, Result<(), AnyError>) {
    bounded(move || {
        let (address, server) = echo_server(config);
        let mut stream = open(address);
        stream.write_all(&sent).unwrap();
        let answers = decode(&read_to_fin(&mut stream));
        drop(stream);
        (answers, server.join().unwrap())
    })
}

fn assert_outcome(stream: Stream, config: Config, open: fn(SocketAddr) -> TcpStream) {
    let Stream { name, mut bytes, outcome } = stream;
    if let Outcome::Receives { .. } = outcome {
        bytes.extend(From::Client.close(1000, ""));
    }
    let (mut answers, ended) = frames_to_fin(config, open, bytes);
    let close = answers.pop().expect("a Close");
    match outcome {
        Outcome::Fails(code) => {
            assert_eq!(close_code(&close), Some(code), "{name}");
            assert_eq!(answers, [], "{name}");
            // The other endpoint may write the reason to its log.
            assert_eq!(ended.unwrap_err().to_string().as_bytes(), &close.payload[2..], "{name}");
        }
        Outcome::Answers(code) => {
            assert_eq!(close_code(&close).unwrap_or(1005), code, "{name}");
            assert_eq!(answers, [], "{name}");
            ended.unwrap();
        }
        Outcome::Receives { texts, pings } => {
            assert_eq!(close_code(&close), Some(1000), "{name}");
            let payloads = |opcode| -> Vec<_> {
                let frames = answers.iter().filter(|frame| frame.opcode == opcode);
                frames.map(|frame| str::from_utf8(&frame.payload).unwrap()).collect()
            };
            assert_eq!(payloads(TEXT), *texts, "{name}");
            assert_eq!(payloads(PONG), *pings, "{name}");
            assert_eq!(answers.len(), texts.len() + pings.len(), "{name}");
            ended.unwrap();
        }
    }
}

fn assert_outcomes(belongs: fn(Outcome) -> bool) {
    for stream in streams().into_iter().filter(|stream| belongs(stream.outcome)) {
        assert_outcome(stream, Config::new().max_message_size(MAX_MESSAGE_SIZE), raw_open);
    }
}

#[test]
fn frames_that_break_the_protocol_get_a_close_with_their_code_and_a_fin() {
    assert_outcomes(|outcome| matches!(outcome, Outcome::Fails(_)));
}

#[test]
fn a_close_is_answered_once_with_its_code_and_nothing_behind_it_is_read() {
    assert_outcomes(|outcome| matches!(outcome, Outcome::Answers(_)));
}

#[test]
fn odd_frames_that_are_right_are_echoed() {
    assert_outcomes(|outcome| matches!(outcome, Outcome::Receives { .. }));
}

#[cfg(feature = "deflate")]
#[test]
fn each_hostile_compressed_message_gets_its_close_code_and_each_odd_one_its_echo() {
    for stream in support::hostile::compressed_messages() {
        assert_outcome(stream, support::compressing::compressing(), |address| {
            let offer = "permessage-deflate; client_max_window_bits";
            crate::loopback_deflate::open_by_hand(address, offer).0
        });
    }
}

#[test]
fn echoes_and_pongs_go_out_before_the_close_that_reports_an_error() {
    let from = From::Client;
    let bytes = [from.frame(TEXT, "good"), from.frame(PING, "?"), from.part(0x3, "bad")].concat();
    let (answers, _) = frames_to_fin(config(), raw_open, bytes);
    let mut opcodes: Vec<_> = answers.iter().map(|frame| frame.opcode).collect();
    assert_eq!(opcodes.pop(), Some(CLOSE));
    // A Pong may overtake what waits.
    opcodes.sort_unstable();
    assert_eq!(opcodes, [TEXT, PONG]);
}

#[test]
fn the_close_arrives_though_a_mebibyte_is_still_on_its_way() {
    let flood = || vec![0x55; 1 << 20];
    let announced = From::Client.header(0x82, (1 << 20) + 1);
    for (bad, code) in [(announced, 1009), (vec![0xff], 1002), (From::Client.close(1000, ""), 1000)]
    {
        bounded(move || {
            let (address, server) = echo_server(config());
            let mut stream = raw_open(address);
            stream.write_all(&[bad, flood()].concat()).unwrap();
            let [close] = &decode(&read_to_fin(&mut stream))[..] else { panic!("one Close") };
            assert_eq!(close_code(close), Some(code));
            drop(stream);
            assert_eq!(server.join().unwrap().is_ok(), code == 1000);
        });
    }
}
