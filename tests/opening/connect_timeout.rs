//! The time-out of a client's options covers each stage of connecting, in every adapter, and
//! nothing behind it.

use std::thread;
use std::time::{Duration, Instant};

use crate::peers::{Peer, by_each_adapter};
use websocket_proto::io::{ConnectError, ConnectOptions};
use websocket_proto::{Message, blocking};

const TIMEOUT: Duration = Duration::from_millis(200);

/// Much longer than the time-out, much shorter than for ever.
const BOUND: Duration = Duration::from_secs(10);

#[track_caller]
fn assert_times_out(options: ConnectOptions) {
    let begin = Instant::now();
    for (adapter, connected) in by_each_adapter(&options.connect_timeout(TIMEOUT)) {
        assert_timed_out(adapter, connected);
    }
    assert!(begin.elapsed() >= TIMEOUT, "{:?}", begin.elapsed());
    assert!(begin.elapsed() < BOUND, "{:?}", begin.elapsed());
}

#[track_caller]
fn assert_timed_out<T: std::fmt::Debug>(adapter: &str, connected: Result<T, ConnectError>) {
    match connected {
        Err(ConnectError::TimedOut { .. }) => {}
        connected => panic!("{adapter}: {connected:?}"),
    }
}

/// A Linux listener whose queue is full does not answer.
#[cfg(all(target_os = "linux", feature = "tokio"))]
#[test]
fn a_host_that_does_not_answer() {
    crate::peers::run(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        let mut queued = Vec::new();
        loop {
            let connecting = tokio::net::TcpStream::connect(address);
            match tokio::time::timeout(TIMEOUT, connecting).await {
                Ok(stream) => queued.push(stream.unwrap()),
                Err(_) => break,
            }
            assert!(queued.len() < 100, "this queue is never full");
        }
        let url = format!("ws://{address}/");
        tokio::task::spawn_blocking(move || {
            assert_times_out(ConnectOptions::new(&url).unwrap());
        })
        .await
        .unwrap();
    });
}

#[test]
fn a_server_that_is_silent() {
    let server = Peer::silent();
    assert_times_out(ConnectOptions::new(&server.ws()).unwrap());
}

#[test]
fn a_server_that_stops_within_its_head() {
    let server = Peer::answering_and_waiting("HTTP/1.1 101 Switching");
    assert_times_out(ConnectOptions::new(&server.ws()).unwrap());
}

/// Each byte alone is in time.
#[test]
fn a_server_that_drips() {
    let server = Peer::start(|mut stream, _| {
        for byte in "HTTP/1.1 100 Continue\r\n\r\n".bytes().cycle() {
            if std::io::Write::write_all(&mut stream, &[byte]).is_err() {
                return;
            }
            thread::sleep(TIMEOUT / 10);
        }
    });
    assert_times_out(ConnectOptions::new(&server.ws()).unwrap());
}

#[test]
fn a_proxy_that_is_silent() {
    let proxy = Peer::silent();
    let options = ConnectOptions::new("ws://server.test/").unwrap();
    assert_times_out(options.proxy(&format!("http://{}", proxy.address)).unwrap());
}

#[test]
fn a_server_that_is_silent_behind_a_proxy() {
    let proxy = Peer::proxy_to(Peer::silent().address, "HTTP/1.1 200 OK\r\n\r\n");
    let options = ConnectOptions::new("ws://server.test/").unwrap();
    assert_times_out(options.proxy(&format!("http://{}", proxy.address)).unwrap());
}

#[cfg(feature = "tls")]
#[test]
fn a_server_that_is_silent_in_the_handshake_of_tls() {
    let server = Peer::silent();
    let options = ConnectOptions::new(&format!("wss://{}/", server.address)).unwrap();
    let connecting = websocket_proto::tokio::connect_with_tls(
        options.connect_timeout(TIMEOUT),
        crate::identity::Identity::of(&["localhost"]).client(),
    );
    let begin = Instant::now();
    assert_timed_out("tokio", crate::peers::run(connecting));
    assert!((TIMEOUT..BOUND).contains(&begin.elapsed()), "{:?}", begin.elapsed());
}

#[test]
fn no_time_at_all_is_over_at_once() {
    let options = ConnectOptions::new(&Peer::silent().ws()).unwrap();
    for (adapter, connected) in by_each_adapter(&options.connect_timeout(Duration::ZERO)) {
        assert_timed_out(adapter, connected);
    }
}

#[test]
fn a_time_beyond_the_clock_is_none() {
    let server = Peer::echo();
    let options = ConnectOptions::new(&server.ws()).unwrap().connect_timeout(Duration::MAX);
    for (adapter, connected) in by_each_adapter(&options) {
        assert!(connected.is_ok(), "{adapter}: {connected:?}");
    }
}

#[test]
fn a_blocking_connection_has_no_time_out_afterwards() {
    const LIMIT: Duration = Duration::from_secs(1);
    let server = Peer::start(|stream, _| {
        let mut socket = blocking::WebSocketStream::accept(stream).unwrap();
        thread::sleep(LIMIT * 3 / 2);
        socket.send("late").unwrap();
        let _ = socket.read();
    });
    let options = ConnectOptions::new(&server.ws()).unwrap().connect_timeout(LIMIT);
    let mut socket = blocking::connect(options).unwrap();
    assert_eq!(socket.stream().read_timeout().unwrap(), None);
    assert_eq!(socket.stream().write_timeout().unwrap(), None);
    assert_eq!(socket.read().unwrap(), Some(Message::from("late")));
}
