//! The counters of the blocking adapter, whole and in halves.

use std::io::Write as _;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use support::messages::{From, PONG};
use websocket_proto::Message;
use websocket_proto::blocking::{Keepalive, Stats, Traffic, WebSocketStream};
use websocket_proto::connection::Server;
use websocket_proto::websocket::Config;

use crate::halves::{halves, read_frame};
use crate::loopback::*;

const INTERVAL: Duration = Duration::from_millis(20);
const ANSWER: Duration = Duration::from_millis(50);

fn counts(traffic: Traffic) -> [u64; 3] {
    [traffic.messages, traffic.bytes, traffic.pings]
}

#[test]
fn every_method_counts_each_message_once() {
    bounded(|| {
        let (mut server, mut client) = both();
        assert_eq!(server.stats(), Stats::default());
        for _ in 0..3 {
            client.send("Hello").unwrap();
        }
        client.send(Message::ping("?")).unwrap();
        assert_eq!(counts(client.stats().sent), [3, 15, 1]);
        server.read().unwrap().expect("a message");
        server.read_ref().unwrap().expect("a message");
        server.read_part().unwrap().expect("a message");
        server.read().unwrap().expect("a Ping");
        assert_eq!(server.stats().received, client.stats().sent);
        assert_eq!(counts(server.stats().sent), [0; 3]);
    });
}

#[test]
fn each_half_has_its_direction_and_the_whole_has_both() {
    bounded(|| {
        let (mut server, mut client) = both();
        server.send("whole").unwrap();
        let (mut reader, mut writer) = server.into_split().unwrap();
        writer.send("half").unwrap();
        client.send("to the half").unwrap();
        client.send(Message::ping("?")).unwrap();
        reader.read().unwrap().expect("a message");
        reader.read().unwrap().expect("a Ping");
        assert_eq!(counts(reader.received()), [1, 11, 1]);
        assert_eq!(counts(writer.sent()), [2, 9, 0]);
        assert_eq!(writer.round_trip(), None);
        let (received, sent) = (reader.received(), writer.sent());
        let whole = reader.reunite(writer).expect("two halves of one WebSocket");
        assert_eq!((whole.stats().received, whole.stats().sent), (received, sent));
    });
}

fn watching() -> Config {
    Config::new().keepalive(Keepalive { interval: INTERVAL, timeout: LIMIT })
}

/// The peer takes [`ANSWER`] to answer.
fn assert_round_trip(round_trip: Option<Duration>) {
    let round_trip = round_trip.expect("the Ping was answered");
    assert!(round_trip >= ANSWER, "{round_trip:?}");
}

#[test]
fn the_round_trip_of_the_keepalive_is_measured() {
    bounded(|| {
        let (mut server, mut peer) = server();
        let answering = thread::spawn(move || {
            let ping = read_frame(&mut peer);
            assert_eq!(ping.payload, b"");
            thread::sleep(ANSWER);
            peer.write_all(&From::Client.frame(PONG, "")).unwrap();
            peer
        });
        assert_eq!(server.read().unwrap(), Some(Message::pong("")));
        assert_round_trip(server.stats().round_trip);
        assert_eq!(server.stats().sent.pings, 1);
        drop(answering.join().unwrap());
    });
}

/// A server that watches its peer, and the transport of the peer.
fn server() -> (WebSocketStream<TcpStream, Server>, TcpStream) {
    let (server, client) = connected(watching(), Config::new());
    (server, client.into_parts().stream)
}

#[test]
fn the_half_that_writes_knows_the_round_trip() {
    bounded(|| {
        let (mut reader, writer, mut peer) = halves(server);
        let answering = thread::spawn(move || {
            read_frame(&mut peer);
            thread::sleep(ANSWER);
            peer.write_all(&From::Client.frame(PONG, "")).unwrap();
            peer
        });
        assert_eq!(reader.read().unwrap(), Some(Message::pong("")));
        assert_round_trip(writer.round_trip());
        drop(answering.join().unwrap());
    });
}
