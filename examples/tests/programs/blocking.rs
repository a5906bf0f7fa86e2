//! The programs that use the blocking adapter or none, over TCP.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use bytes::Bytes;
use websocket_proto::io::ConnectError;
use websocket_proto::{CloseCode, Message, blocking};

use crate::server::{Server, bounded};

/// Checks that a server echoes messages of several lengths, and answers a Ping and a Close.
pub(crate) fn assert_echoes(server: &Server) {
    let mut socket = blocking::connect(&server.url).unwrap();
    socket.send("Hello").unwrap();
    assert_eq!(socket.read().unwrap(), Some(Message::text("Hello")));
    for len in [0, 1, 200, 20_000, 100_000] {
        let bytes: Vec<u8> = (0..len).map(|n| n as u8).collect();
        socket.send(bytes.clone()).unwrap();
        let mut echoed = Vec::new();
        // A server that echoes in parts sends the parts as one message.
        match socket.read().unwrap().unwrap() {
            Message::Binary(bytes) => echoed.extend_from_slice(&bytes),
            other => panic!("{other:?}"),
        }
        assert_eq!(echoed, bytes);
    }
    socket.send(Message::Ping(Bytes::from_static(b"?"))).unwrap();
    assert_eq!(socket.read().unwrap(), Some(Message::Pong(Bytes::from_static(b"?"))));
    socket.close(CloseCode::NORMAL, "done").unwrap();
    let Some(Message::Close(Some(close))) = socket.read().unwrap() else { panic!("a Close") };
    assert_eq!(close.code(), CloseCode::NORMAL);
    assert_eq!(socket.read().unwrap(), None);
}

#[test]
fn the_server_by_hand_echoes() {
    bounded(|| {
        let server = Server::start(env!("CARGO_BIN_EXE_by_hand"), &[]);
        // The server serves one connection after the other.
        assert_echoes(&server);
        assert_echoes(&server);
    });
}

#[test]
fn the_server_by_hand_refuses_what_is_no_handshake() {
    bounded(|| {
        let server = Server::start(env!("CARGO_BIN_EXE_by_hand"), &[]);
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
        assert_echoes(&server);
    });
}

#[test]
fn the_echo_server_echoes_to_many_at_once() {
    bounded(|| {
        let server = Server::start(env!("CARGO_BIN_EXE_echo_server"), &[]);
        let _idle = blocking::connect(&server.url).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert_echoes(&server));
            }
        });
    });
}

#[test]
fn the_echo_server_keeps_to_its_limit() {
    bounded(|| {
        let server =
            Server::start(env!("CARGO_BIN_EXE_echo_server"), &["--max-message-size", "10"]);
        let mut socket = blocking::connect(&server.url).unwrap();
        socket.send("x".repeat(10)).unwrap();
        assert!(socket.read().unwrap().unwrap().is_data());
        socket.send("x".repeat(11)).unwrap();
        let Some(Message::Close(Some(close))) = socket.read().unwrap() else { panic!() };
        assert_eq!(close.code(), CloseCode::TOO_BIG);
    });
}

#[cfg(feature = "deflate")]
#[test]
fn the_echo_servers_compress_when_they_are_told_to() {
    use websocket_proto::io::ConnectOptions;
    use websocket_proto::{deflate, websocket::Config};

    let mut programs = vec![env!("CARGO_BIN_EXE_echo_server")];
    if cfg!(feature = "tokio") {
        programs.push(env!("CARGO_BIN_EXE_echo_server_tokio"));
    }
    if cfg!(feature = "hyper") {
        programs.push(env!("CARGO_BIN_EXE_hyper_server"));
    }
    if cfg!(feature = "axum") {
        programs.push(env!("CARGO_BIN_EXE_axum_server"));
    }
    bounded(move || {
        for program in programs {
            for (arguments, compresses) in [(&["--compress"][..], true), (&[], false)] {
                let server = Server::start(program, arguments);
                let config = Config::new().deflate(deflate::DeflateConfig::new());
                let options = ConnectOptions::new(&server.url).unwrap().config(config);
                let mut socket = blocking::connect(options).unwrap();
                assert_eq!(socket.deflate_terms().is_some(), compresses, "{program}");
                for message in ["Hello".repeat(1000), "Hello".repeat(1001)] {
                    socket.send(message.clone()).unwrap();
                    assert_eq!(socket.read().unwrap(), Some(Message::text(message)));
                }
                // A client that does not offer compression gets none.
                assert_echoes(&server);
            }
        }
    });
}

#[test]
fn the_echo_server_answers_a_browser_that_asks_for_a_page() {
    bounded(|| {
        let server = Server::start(env!("CARGO_BIN_EXE_echo_server"), &[]);
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 426 "), "{answer}");
    });
}

#[test]
fn the_echo_client_prints_what_comes_back() {
    bounded(|| {
        for program in [env!("CARGO_BIN_EXE_echo_server"), env!("CARGO_BIN_EXE_by_hand")] {
            let server = Server::start(program, &[]);
            let output = Command::new(env!("CARGO_BIN_EXE_echo_client"))
                .args([&server.url, "one", "zwei €"])
                .output()
                .unwrap();
            assert!(output.status.success(), "{output:?}");
            assert_eq!(String::from_utf8(output.stdout).unwrap(), "one\nzwei €\n");
        }
    });
}

#[test]
fn the_echo_client_says_why_it_failed() {
    bounded(|| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_echo_client")).arg("http://a/").output().unwrap();
        assert!(!output.status.success());
        assert_eq!(
            String::from_utf8(output.stderr).unwrap(),
            "echo_client: the URL \"http://a/\" has a scheme other than ws and wss\n"
        );
    });
}

#[test]
fn the_autobahn_client_runs_the_cases_that_there_are() {
    bounded(|| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let fuzzing = std::thread::spawn(move || {
            let mut paths = Vec::new();
            for stream in listener.incoming().take(3) {
                let mut path = String::new();
                let mut socket = blocking::WebSocketStream::accept_with(
                    stream.unwrap(),
                    websocket_proto::websocket::Config::new(),
                    |request| {
                        path = request.target().to_owned();
                        websocket_proto::io::Reply::accept()
                    },
                )
                .unwrap();
                if path == "/getCaseCount" {
                    socket.send("1").unwrap();
                } else if path.starts_with("/runCase") {
                    socket.send("echo this").unwrap();
                    assert_eq!(socket.read().unwrap(), Some(Message::text("echo this")));
                }
                socket.close(CloseCode::NORMAL, "").unwrap();
                while socket.read().unwrap().is_some() {}
                socket.finish().unwrap();
                paths.push(path);
            }
            paths
        });
        let output = Command::new(env!("CARGO_BIN_EXE_autobahn_client"))
            .args([&url, "agent"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "1 cases run\n");
        let paths = fuzzing.join().unwrap();
        assert_eq!(
            paths,
            ["/getCaseCount", "/runCase?case=1&agent=agent", "/updateReports?agent=agent"]
        );
    });
}

#[test]
fn a_server_that_is_gone_refuses_the_connection() {
    bounded(|| {
        let server = Server::start(env!("CARGO_BIN_EXE_echo_server"), &[]);
        let url = server.url.clone();
        drop(server);
        assert!(matches!(blocking::connect(&url), Err(ConnectError::Io { .. })));
    });
}

/// `accept` fails with `EMFILE` until another connection ends.
#[cfg(unix)]
#[test]
fn a_server_without_file_descriptors_goes_on_when_it_has_some() {
    let programs = [
        env!("CARGO_BIN_EXE_by_hand"),
        env!("CARGO_BIN_EXE_echo_server"),
        #[cfg(feature = "tokio")]
        env!("CARGO_BIN_EXE_echo_server_tokio"),
        #[cfg(feature = "hyper")]
        env!("CARGO_BIN_EXE_hyper_server"),
        #[cfg(feature = "axum")]
        env!("CARGO_BIN_EXE_axum_server"),
    ];
    for program in programs {
        bounded(move || {
            let server = Server::start_with_few_files(program);
            let connect = |_| TcpStream::connect(server.address()).unwrap();
            let streams: Vec<TcpStream> = (0..40).map(connect).collect();
            drop(streams);
            assert_echoes(&server);
        });
    }
}

#[test]
fn the_echo_server_says_what_to_try_and_what_happens() {
    use std::io::{BufRead as _, BufReader};
    use std::process::Stdio;

    bounded(|| {
        let mut server = Command::new(env!("CARGO_BIN_EXE_echo_server"))
            .args(["127.0.0.1:0", "--verbose"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let url = first.trim_end().strip_prefix("listening on ").unwrap();
        let mut socket = blocking::connect(format!("{url}/a?secret")).unwrap();
        socket.send("the payload").unwrap();
        socket.close(CloseCode::NORMAL, "done").unwrap();
        socket.finish().unwrap();
        let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
        let mut said = String::new();
        for line in lines.by_ref().map(Result::unwrap) {
            said = format!("{said}{line}\n");
            if line == "connection 1: closed" {
                break;
            }
        }
        server.kill().unwrap();
        server.wait().unwrap();
        for line in [
            &format!("try: cargo run -p examples --features wsc --bin wsc -- {url}\n")[..],
            "connection 1: asks for /a\n",
            "connection 1: open, uncompressed\n",
            "connection 1: received text of 11 bytes\n",
            "connection 1: received a Close with code 1000\n",
        ] {
            assert!(said.contains(line), "{line}: {said}");
        }
        assert!(!said.contains("payload") && !said.contains("secret"), "{said}");
    });
}
