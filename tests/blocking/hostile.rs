//! Hostile and odd inputs from a raw TCP connection: the status, the echoes, the code of the Close
//! and the FIN behind it that each must get. The rows are named as in the collection that they
//! come from: H for handshakes, F for frames, C for closes.

use std::io::Write;
use std::thread;

use crate::loopback::*;
use support::messages::*;
use websocket_proto::websocket::Config;

/// What the server answers to these bytes, up to its FIN.
fn answer(request: impl Into<Vec<u8>>) -> String {
    let request = request.into();
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

/// The base request with a line in the place of the one that begins like it, or behind all.
fn with(line: &str) -> String {
    let name = line.split_once(':').unwrap().0;
    let mut lines: Vec<&str> = REQUEST.trim_end().split("\r\n").collect();
    match lines.iter_mut().find(|there| there.starts_with(&format!("{name}:"))) {
        Some(there) => *there = line,
        None => lines.push(line),
    }
    lines.join("\r\n") + "\r\n\r\n"
}

fn without(name: &str) -> String {
    let lines: Vec<&str> =
        REQUEST.trim_end().split("\r\n").filter(|line| !line.starts_with(name)).collect();
    lines.join("\r\n") + "\r\n\r\n"
}

#[track_caller]
fn assert_status(row: &str, request: impl Into<Vec<u8>>, status: u16) -> String {
    let answer = answer(request);
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{row}: {answer}");
    answer
}

#[test]
fn requests_that_open_no_websocket_are_refused() {
    let post = REQUEST.replace("GET", "POST").replace("\r\n\r\n", "\r\nContent-Length: 0\r\n\r\n");
    let refusal = assert_status("H02", post, 405);
    assert!(refusal.contains("\r\nAllow: GET\r\n"), "{refusal}");

    let refusal = assert_status("H06", without("Upgrade"), 426);
    assert!(refusal.contains("\r\nUpgrade: websocket\r\n"), "{refusal}");

    for (row, version) in [("H24", "12"), ("H26", "013"), ("H28", "1337")] {
        let line = format!("Sec-WebSocket-Version: {version}");
        let refusal = assert_status(row, with(&line), 426);
        assert!(refusal.contains("\r\nSec-WebSocket-Version: 13\r\n"), "{row}: {refusal}");
        assert!(refusal.contains("\r\nUpgrade: websocket\r\n"), "{row}: {refusal}");
    }
    for (row, request) in [
        ("H04", without("Host")),
        ("H10", with("Upgrade: websocket/13")),
        ("H16", with("Sec-WebSocket-Key: YWFhYWFhYWFhYWFhYWFh")),
        ("H18", with("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=!")),
        ("H30", with("Sec-WebSocket-Protocol: a, a")),
        ("H32", with("Sec-WebSocket-Extensions: permessage-deflate; =")),
        ("H44", REQUEST.replace("\r\n", "\n")),
        ("H46", with("X-A: b\r\n c")),
        ("H48", with("X-A: a\rb")),
        ("H50", with("Transfer-Encoding: chunked") + "0\r\n\r\n"),
    ] {
        assert_status(row, request, 400);
    }
    assert_status("H52", with(&format!("X-A: {}", "a".repeat(70_000))), 431);
    assert_status("H56", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), 400);
}

#[test]
fn odd_requests_that_are_right_open_the_websocket() {
    let split = REQUEST
        .replace("Connection: Upgrade\r\n", "Connection: keep-alive\r\nConnection: Upgrade\r\n");
    for (row, request) in [
        ("H08", with("Upgrade: WebSocket").into_bytes()),
        ("H12", with("Connection: keep-alive, Upgrade").into_bytes()),
        ("H14", split.into_bytes()),
        ("H20", with("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==").into_bytes()),
        ("H22", with("Sec-WebSocket-Key:    dGhlIHNhbXBsZSBub25jZQ==  ").into_bytes()),
        ("H34", {
            let offer = "permessage-deflate; server_no_context_takeover; \
                         server_no_context_takeover";
            with(&format!("Sec-WebSocket-Extensions: {offer}")).into_bytes()
        }),
        ("H36", {
            let offer = "permessage-deflate; server_max_window_bits";
            with(&format!("Sec-WebSocket-Extensions: {offer}")).into_bytes()
        }),
        ("H38", {
            let offer = "permessage-deflate; server_max_window_bits=8";
            with(&format!("Sec-WebSocket-Extensions: {offer}")).into_bytes()
        }),
        ("H40", { with("Sec-WebSocket-Extensions: x-foo; a=1, permessage-deflate").into_bytes() }),
        ("H42", {
            with("Sec-WebSocket-Extensions: x-foo\r\nSec-WebSocket-Extensions: permessage-deflate")
                .into_bytes()
        }),
        ("H54", {
            let (head, _) = REQUEST.split_at(REQUEST.len() - 2);
            [head.as_bytes(), b"X-A: \xff\xfe\r\n\r\n"].concat()
        }),
    ] {
        bounded(move || {
            let (address, server) = echo_server(Config::new());
            let mut stream = raw(address);
            stream.write_all(&request).unwrap();
            let head = read_head(&mut stream);
            assert!(head.starts_with("HTTP/1.1 101 "), "{row}: {head}");
            stream.write_all(&From::Client.close(1000, "")).unwrap();
            assert_eq!(read_to_fin(&mut stream), From::Server.close(1000, ""), "{row}");
            drop(stream);
            server.join().unwrap().unwrap();
        });
    }
}

#[test]
fn requests_made_to_exhaust_a_server_end_at_its_limits() {
    let quoted = format!("Sec-WebSocket-Extensions: a; b=\"{}", "\\c".repeat(15_000));
    assert_status("CVE-2020-7662", with(&quoted), 431);
    let quoted = format!("Sec-WebSocket-Extensions: a; b=\"{}", "\\c".repeat(5_000));
    assert_status("CVE-2020-7663", with(&quoted), 400);
    let spaces = format!("Sec-WebSocket-Protocol: b{}x", " ".repeat(15_000));
    assert_status("CVE-2021-32640", with(&spaces), 400);
    let headers: String = (0..1001).map(|n| format!("A{n}: b\r\n")).collect();
    assert_status("CVE-2024-37890", REQUEST.replace("\r\n\r\n", "\r\n") + &headers + "\r\n", 431);
    assert_status("key", with(&format!("Sec-WebSocket-Key: {}", "a".repeat(1 << 20))), 431);
    for host in ["::::", "a b"] {
        assert_status("CVE-2026-61666", with(&format!("Host: {host}")), 400);
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

fn unhex(hex: &str) -> Vec<u8> {
    assert_eq!(hex.len() % 2, 0, "{hex}");
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn config() -> Config {
    Config::new().max_message_size(1 << 20)
}

/// What comes back up to the FIN, for these bytes of a client that keeps its side open.
fn frames_to_fin(sent: Vec<u8>) -> (Vec<Frame>, Result<(), AnyError>) {
    bounded(move || {
        let (address, server) = echo_server(config());
        let mut stream = raw_open(address);
        stream.write_all(&sent).unwrap();
        let answers = decode(&read_to_fin(&mut stream));
        drop(stream);
        (answers, server.join().unwrap())
    })
}

#[test]
fn frames_that_break_the_protocol_get_a_close_with_their_code_and_a_fin() {
    let close_126 = [unhex("88fe007e37fa213d3412"), vec![0x41; 124]].concat();
    let sum = [From::Client.part(BINARY, vec![0; 614_400]), From::Client.header(0x80, 614_400)];
    for (row, bytes, code) in [
        ("F02", unhex("a18137fa213d4f"), 1002),
        ("F04", unhex("838137fa213d4f"), 1002),
        ("F06", unhex("8f8037fa213d"), 1002),
        ("F08", unhex("8900"), 1002),
        ("F12", unhex("81ff000000000000000537fa213d5f9f4d5158"), 1002),
        ("F14", unhex("82ff8000000000000000"), 1002),
        ("F16", unhex("82fffffffffffffffffc37fa213d41414141414141414141414141414141"), 1002),
        ("F18", sum.concat(), 1009),
        ("F20", close_126, 1002),
        ("F22", unhex("088237fa213d3412"), 1002),
        ("F24", unhex("808137fa213d4f"), 1002),
        ("F26", unhex("018137fa213d56828137fa213d55"), 1002),
        ("F30", unhex("818337fa213dda5aa1"), 1007),
        ("F32", unhex("818437fa213dc36aa1bd"), 1007),
        ("F34", unhex("818237fa213dd578"), 1007),
        ("F36", unhex("018137fa213dd5008137fa213d1f"), 1007),
        ("F38", unhex("818937fa213d5698de"), 1007),
        ("C02", unhex("888137fa213d34"), 1002),
        ("C04", unhex("888237fa213d341d"), 1002),
        ("C08", unhex("888237fa213d3417"), 1002),
        ("C14", unhex("888237fa213d340d"), 1002),
        ("C16", unhex("888237fa213d3c4d"), 1002),
        ("C20", unhex("888237fa213dc805"), 1002),
        ("C22", unhex("888437fa213d3412c3bf"), 1007),
    ] {
        let (answers, ended) = frames_to_fin(bytes);
        let [close] = &answers[..] else { panic!("{row}: {answers:?}") };
        assert_eq!(close_code(close), Some(code), "{row}");
        // For whoever reads the log at the other end.
        assert_eq!(ended.unwrap_err().to_string().as_bytes(), &close.payload[2..], "{row}");
    }
}

#[test]
fn a_close_is_answered_once_with_its_code_and_nothing_behind_it_is_read() {
    for (row, bytes, code) in [
        ("C06", "888237fa213d3411", 1003),
        ("C10", "888237fa213d3409", 1011),
        ("C12", "888237fa213d340f", 1013),
        ("C18", "888237fa213d247d", 4999),
        ("C24", "888237fa213d3412818437fa213d5b9b5558", 1000),
        ("C26", "888237fa213d3412888237fa213d3413", 1000),
        ("C28", "888237fa213d3412838137fa213d4f", 1000),
    ] {
        let (answers, ended) = frames_to_fin(unhex(bytes));
        let [close] = &answers[..] else { panic!("{row}: {answers:?}") };
        assert_eq!(close_code(close), Some(code), "{row}");
        ended.unwrap();
    }
    let (answers, ended) = frames_to_fin(From::Client.frame(CLOSE, ""));
    assert_eq!((answers.len(), close_code(&answers[0])), (1, None));
    ended.unwrap();
}

#[test]
fn odd_frames_that_are_right_are_echoed() {
    for (row, bytes, expected) in [
        ("F10", "81810000000078", vec![(TEXT, "x")]),
        ("F28", "018137fa213d56898137fa213d67808137fa213d55", vec![(PONG, "P"), (TEXT, "ab")]),
        ("F40", "818437fa213dd8419e45", vec![(TEXT, "\u{feff}x")]),
    ] {
        bounded(move || {
            let (address, server) = echo_server(config());
            let mut stream = raw_open(address);
            stream.write_all(&unhex(bytes)).unwrap();
            let echoes: Vec<_> = expected
                .iter()
                .flat_map(|(opcode, payload)| From::Server.frame(*opcode, payload))
                .collect();
            let mut got = vec![0; echoes.len()];
            std::io::Read::read_exact(&mut stream, &mut got).unwrap();
            assert_eq!(got, echoes, "{row}");
            stream.write_all(&From::Client.close(1000, "")).unwrap();
            assert_eq!(read_to_fin(&mut stream), From::Server.close(1000, ""), "{row}");
            drop(stream);
            server.join().unwrap().unwrap();
        });
    }
}

#[test]
fn echoes_and_pongs_go_out_before_the_close_that_reports_an_error() {
    let from = From::Client;
    let bytes = [from.frame(TEXT, "good"), from.frame(PING, "?"), from.part(0x3, "bad")].concat();
    let (answers, _) = frames_to_fin(bytes);
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
