//! The counters of the tokio adapter, and the round trip of the keepalive in virtual time.

use std::time::Duration;

use support::transport::{Peer, Transport, open_with, within};
use support::{Frame, SEED, Side};
use tokio::io::{DuplexStream, duplex};
use tokio::time::{sleep, timeout};
use websocket_proto::Message;
use websocket_proto::connection::{Client, Role, Server};
use websocket_proto::handshake::Opened;
use websocket_proto::tokio::{Keepalive, Stats, Traffic, WebSocketStream};
use websocket_proto::websocket::{Config, Part};

const INTERVAL: Duration = Duration::from_secs(30);

fn watching() -> Config {
    Config::new().keepalive(Keepalive { interval: INTERVAL, timeout: Duration::from_secs(5) })
}

fn watched() -> (WebSocketStream<Transport, Server>, Peer) {
    open_with(Server, watching())
}

fn counts(traffic: Traffic) -> [u64; 3] {
    [traffic.messages, traffic.bytes, traffic.pings]
}

fn pair() -> (WebSocketStream<DuplexStream, Server>, WebSocketStream<DuplexStream, Client>) {
    fn stream<R: Role>(stream: DuplexStream, role: R) -> WebSocketStream<DuplexStream, R> {
        WebSocketStream::from_parts(stream, role, Config::new(), Opened::new(), Default::default())
    }
    let (near, far) = duplex(1 << 20);
    (stream(near, Server), stream(far, Client::new(SEED)))
}

#[tokio::test]
async fn every_method_counts_each_message_once() {
    let (mut server, mut client) = pair();
    assert_eq!(server.stats(), Stats::default());
    for _ in 0..3 {
        client.send("Hello").await.expect("it is open");
    }
    client.send(Message::ping("?")).await.expect("it is open");
    assert_eq!(counts(client.stats().sent), [3, 15, 1]);
    within(server.next()).await.expect("a message").expect("no error");
    within(server.next_ref()).await.expect("a message").expect("no error");
    let part = within(server.next_part()).await.expect("a message").expect("no error");
    assert!(matches!(part, Part::Data { last: true, .. }));
    within(server.next()).await.expect("a Ping").expect("no error");
    assert_eq!(counts(server.stats().received), [3, 15, 1]);
    assert_eq!(counts(server.stats().sent), [0, 0, 0]);
    within(client.next()).await.expect("a Pong").expect("no error");
    assert_eq!(counts(client.stats().received), [0, 0, 0], "a Pong does not count");
}

#[tokio::test]
async fn each_half_has_its_direction_and_the_whole_has_both() {
    let (mut server, mut client) = pair();
    server.send("whole").await.expect("it is open");
    let (mut reader, mut writer) = server.into_split();
    writer.send("half").await.expect("it is open");
    writer.send_fragment(websocket_proto::frame::Kind::Text, true, "x").await.expect("it is open");
    client.send("to the half").await.expect("it is open");
    client.send(Message::ping("?")).await.expect("it is open");
    within(reader.next()).await.expect("a message").expect("no error");
    within(reader.next()).await.expect("a Ping").expect("no error");
    assert_eq!(counts(reader.received()), [1, 11, 1]);
    assert_eq!(counts(writer.sent()), [3, 10, 0]);
    let (received, sent) = (reader.received(), writer.sent());
    let whole = reader.reunite(writer).expect("two halves of one WebSocket");
    assert_eq!((whole.stats().received, whole.stats().sent), (received, sent));
}

#[tokio::test(start_paused = true)]
async fn the_round_trip_is_that_of_the_last_answered_ping() {
    let (mut socket, peer) = watched();
    for (number, time) in [(1, 40), (2, 1200), (3, 5)] {
        timeout(INTERVAL + Duration::from_millis(1), socket.next()).await.expect_err("silence");
        assert_eq!(peer.take_messages(Client::new(SEED)), [Message::ping("")]);
        let before = socket.stats().round_trip;
        // The timer was 1 ms ago.
        let left = Duration::from_millis(time - 1);
        timeout(left, socket.next()).await.expect_err("silence");
        assert_eq!(socket.stats().round_trip, before);
        peer.give(Frame::pong("").bytes(Side::Server));
        within(socket.next()).await.expect("a Pong").expect("a good peer");
        let stats = socket.stats();
        assert_eq!(stats.round_trip.expect("it is known").as_millis(), time.into());
        assert_eq!(stats.sent.pings, number);
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_that_the_application_takes_for_the_pong_does_not_count() {
    let (mut socket, peer) = watched();
    timeout(INTERVAL + Duration::from_millis(1), socket.next()).await.expect_err("silence");
    timeout(Duration::from_millis(29), socket.next()).await.expect_err("silence");
    peer.give(Frame::pong("").bytes(Side::Server));
    within(socket.next()).await.expect("a Pong").expect("a good peer");
    sleep(Duration::from_secs(3)).await;
    timeout(Duration::from_secs(1), socket.next()).await.expect_err("silence");
    assert_eq!(socket.stats().round_trip.expect("it is known").as_millis(), 30);
}

#[tokio::test(start_paused = true)]
async fn the_half_that_writes_knows_the_round_trip() {
    let (socket, peer) = watched();
    let (mut reader, writer) = socket.into_split();
    assert_eq!(writer.round_trip(), None);
    timeout(INTERVAL + Duration::from_millis(1), reader.next()).await.expect_err("silence");
    timeout(Duration::from_millis(29), reader.next()).await.expect_err("silence");
    peer.give(Frame::pong("").bytes(Side::Server));
    within(reader.next()).await.expect("a Pong").expect("a good peer");
    assert_eq!(writer.round_trip().expect("it is known").as_millis(), 30);
    let whole = reader.reunite(writer).expect("two halves of one WebSocket");
    assert_eq!(whole.stats().round_trip.expect("it is known").as_millis(), 30);
}
