//! What a client that floods a server costs it in both adapters: bytes held, allocations, and
//! bytes read from a client that does not read.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::counting::{allocations, peak};
use crate::flood::Flood;
use bytes::BytesMut;
use support::handshake::with;
use support::transport::enter;
use support::{Frame, Side};
use websocket_proto::connection::Server;
use websocket_proto::handshake::Opened;
use websocket_proto::io::{Error, Unsent};
use websocket_proto::websocket::Config;
use websocket_proto::{Message, blocking, tokio};

/// What became of a flood.
#[derive(Debug, Default)]
struct Served {
    /// How many messages that carry data the server received.
    messages: usize,
    /// How many bytes those messages have together.
    payload: usize,
    /// The code of the error, 1000 if there was none, and 0 if the server still waits.
    code: u16,
    /// How many bytes the server read.
    given: usize,
    /// How many bytes the server wrote.
    taken: usize,
    /// The most bytes that it held at once.
    peak: usize,
    /// How many allocations it made.
    allocations: usize,
}

impl Served {
    fn receive(&mut self, message: &Message) -> bool {
        if message.is_data() {
            self.messages += 1;
            self.payload += message.len();
        }
        message.is_data()
    }
}

/// Echoes each message, in the blocking adapter. A call that would block three times in a row
/// would block for ever.
fn serve_blocking(flood: Flood) -> Served {
    let (config, opened) = (Config::new(), Opened::default());
    let mut socket =
        blocking::WebSocketStream::from_parts(flood, Server, config, opened, BytesMut::new());
    let mut served = Served::default();
    let mut unsent = None;
    let mut stuck = 0;
    served.code = loop {
        let step = match unsent.take() {
            Some(message) => socket.feed(message),
            None => match socket.read() {
                Ok(Some(message)) if served.receive(&message) => socket.feed(message),
                Ok(Some(_)) => Ok(()),
                Ok(None) => break 1000,
                Err(error) => Err(error),
            },
        };
        match step {
            Ok(()) => stuck = 0,
            // A full queue comes from a transport that is not ready.
            Err(error) if error.is_would_block() || matches!(error, Error::Rejected(_)) => {
                stuck += 1;
                if stuck == 3 {
                    break 0;
                }
                if let Some(Unsent::Message(message)) = error.into_unsent() {
                    unsent = Some(message);
                }
            }
            Err(error) => break error.close_code().unwrap_or_else(|| panic!("{error:?}")).0,
        }
    };
    if served.code != 0 {
        socket.finish().expect("the client reads");
    }
    (served.given, served.taken) = (socket.stream().given, socket.stream().taken);
    served
}

/// The same in the tokio adapter.
fn serve_tokio(flood: Flood) -> Served {
    let (config, opened) = (Config::new(), Opened::default());
    let mut socket =
        tokio::WebSocketStream::from_parts(flood, Server, config, opened, BytesMut::new());
    let mut served = Served::default();
    {
        let mut serve = pin!(async {
            loop {
                match socket.next().await {
                    Some(Ok(message)) if served.receive(&message) => {
                        socket.feed(message).await.expect("it is open");
                    }
                    Some(Ok(_)) => {}
                    Some(Err(error)) => {
                        served.code = error.close_code().expect("an error of the peer").0;
                    }
                    None => break,
                }
            }
            if served.code == 0 {
                served.code = 1000;
            }
        });
        let _runtime = enter();
        // A pause for other tasks comes after each mebibyte at the latest.
        for _ in 0..100_000 {
            if serve.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                break;
            }
        }
    }
    (served.given, served.taken) = (socket.stream().given, socket.stream().taken);
    served
}

/// Serves the flood in both adapters, and checks each.
fn serve(flood: &Flood, check: impl Fn(&Served)) {
    for serve in [serve_blocking, serve_tokio] {
        let (mut served, mut count) = (Served::default(), 0);
        let flood = flood.clone();
        let most = peak(|| count = allocations(|| served = serve(flood)));
        (served.peak, served.allocations) = (most, count);
        check(&served);
    }
}

/// The queue may hold its mark, and a buffer that grows both its old place and its new one.
const QUEUE: usize = 4 * Config::DEFAULT_HIGH_WATER_MARK as usize;

/// Room for a read, and for all else that a connection holds.
const READ: usize = 512 * 1024;

fn to_server(frame: Frame) -> Vec<u8> {
    frame.bytes(Side::Server)
}

fn close() -> Vec<u8> {
    to_server(Frame::close(1000, ""))
}

#[test]
fn pings_of_a_client_that_does_not_read_hold_no_more_than_the_queue() {
    let pings = to_server(Frame::ping([b'p'; 125]));
    let mut flood = Flood::new(Vec::new(), pings, (8 << 20) / 131, close());
    flood.reads = false;
    serve(&flood, |served| {
        assert_eq!(served.taken, 0);
        assert!(served.peak < QUEUE + READ, "{served:?}");
    });
}

#[test]
fn echoes_that_a_client_does_not_read_stop_the_server_from_reading() {
    for len in [100, 10_000] {
        let unit = to_server(Frame::binary(vec![b'e'; len]));
        let mut flood = Flood::new(Vec::new(), unit, (16 << 20) / len, close());
        flood.reads = false;
        serve(&flood, |served| {
            assert_eq!((served.code, served.taken), (0, 0), "it waits");
            assert!(served.given < QUEUE + READ, "{served:?}");
            assert!(served.peak < QUEUE + READ, "{served:?}");
        });
    }
}

#[test]
fn fragments_without_end_hold_what_they_carry() {
    for payload in ["x", ""] {
        let first = to_server(Frame::binary(payload).more());
        let unit = to_server(Frame::continuation(payload).more());
        let flood = Flood::new(first, unit, 200_000, Vec::new());
        serve(&flood, |served| {
            assert_eq!((served.code, served.messages), (1006, 0));
            assert_eq!(served.given, flood.len());
            assert!(served.peak < 4 * 200_000 * payload.len() + READ, "{served:?}");
            assert!(served.allocations < 1000, "{served:?}");
        });
    }
}

#[test]
fn a_ping_after_each_of_many_fragments_is_answered_and_holds_nothing() {
    const COUNT: usize = 100_000;
    let first = to_server(Frame::text("").more());
    let unit = [to_server(Frame::continuation("x").more()), to_server(Frame::ping("?"))].concat();
    let last = [to_server(Frame::continuation("")), close()].concat();
    serve(&Flood::new(first, unit, COUNT, last), |served| {
        assert_eq!((served.code, served.messages, served.payload), (1000, 1, COUNT));
        let pongs = COUNT * Frame::pong("?").bytes(Side::Client).len();
        assert!(served.taken > pongs + COUNT, "each Ping and the message: {served:?}");
        assert!(served.peak < 6 * COUNT + READ, "{served:?}");
    });
}

#[test]
fn a_length_that_is_declared_fails_at_its_header_and_what_follows_is_dropped() {
    let header = Frame::binary("").declaring(1 << 62).header(Side::Server);
    let flood = Flood::new(header, vec![0x55; 4096], 25_600, Vec::new());
    serve(&flood, |served| {
        assert_eq!((served.code, served.given), (1009, flood.len()));
        assert!(served.peak < READ, "{served:?}");
        assert!(served.allocations < 100, "{served:?}");
    });
}

#[test]
fn a_hundred_mebibytes_after_a_close_are_dropped() {
    let flood = Flood::new(close(), vec![0x55; 4096], 25_600, Vec::new());
    serve(&flood, |served| {
        assert_eq!((served.code, served.messages), (1000, 0));
        assert_eq!(served.given, flood.len());
        assert_eq!(served.taken, Frame::close(1000, "").bytes(Side::Client).len());
        assert!(served.peak < READ, "{served:?}");
        assert!(served.allocations < 100, "{served:?}");
    });
}

#[test]
fn text_that_comes_byte_by_byte_holds_what_has_come_and_costs_few_allocations() {
    let text = "😀".repeat(20_000);
    let mut flood = Flood::new(to_server(Frame::text(&text)), vec![0], 0, close());
    flood.bite = 1;
    serve(&flood, |served| {
        assert_eq!((served.code, served.messages, served.payload), (1000, 1, text.len()));
        assert!(served.peak < 4 * text.len() + READ, "{served:?}");
        assert!(served.allocations < 1000, "{served:?}");
    });
}

/// Waits for the request of this client in both adapters, and answers it: whether the WebSocket was
/// opened, how many bytes were read, how many were held, and how many allocations there were.
fn accept(flood: &Flood, check: impl Fn(bool, usize, usize, usize)) {
    let accept_blocking = |flood: Flood| {
        let mut acceptor = blocking::Acceptor::new(flood);
        let opened = acceptor.accept();
        let given = match &opened {
            Ok(socket) => socket.stream().given,
            Err(_) => acceptor.stream().expect("it has been refused").given,
        };
        (opened.is_ok(), given)
    };
    let accept_tokio = |flood: Flood| {
        let _runtime = enter();
        let mut acceptor = tokio::Acceptor::new(flood);
        let mut opened = None;
        {
            let mut accepting = pin!(acceptor.accept());
            let mut context = Context::from_waker(Waker::noop());
            for _ in 0..100_000 {
                if let Poll::Ready(ready) = accepting.as_mut().poll(&mut context) {
                    opened = Some(ready);
                    break;
                }
            }
        }
        match opened.expect("all bytes are there") {
            Ok(socket) => (true, socket.stream().given),
            Err(_) => (false, acceptor.stream().expect("it has been refused").given),
        }
    };
    // A runtime holds what it holds.
    drop(enter());
    for accept in [&accept_blocking as &dyn Fn(Flood) -> (bool, usize), &accept_tokio] {
        let (flood, mut accepted, mut count) = (flood.clone(), (false, 0), 0);
        let most = peak(|| count = allocations(|| accepted = accept(flood)));
        check(accepted.0, accepted.1, most, count);
    }
}

#[test]
fn a_head_that_comes_byte_by_byte_costs_few_allocations() {
    let request = with(&[format!("X-A: {}", "a".repeat(15_000)).as_bytes()]);
    let mut flood = Flood::new(request, vec![0], 0, Vec::new());
    flood.bite = 1;
    accept(&flood, |opened, given, held, allocations| {
        assert!(opened);
        assert_eq!(given, flood.len());
        assert!(held < 64 * 1024 && allocations < 50, "{held} bytes, {allocations} allocations");
    });
}

#[test]
fn a_head_without_end_is_read_and_held_up_to_the_limit() {
    for line in ["X: y\r\n".to_owned(), format!("X-A: {}\r\n", "a".repeat(4000))] {
        let start = b"GET / HTTP/1.1\r\n".to_vec();
        let flood = Flood::new(start, line.into_bytes(), 1_000_000, Vec::new());
        accept(&flood, |opened, given, held, allocations| {
            assert!(!opened);
            assert!(given <= 32 * 1024, "{given} bytes");
            assert!(
                held < 64 * 1024 && allocations < 50,
                "{held} bytes, {allocations} allocations"
            );
        });
    }
}
