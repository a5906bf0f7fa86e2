//! The counters of a connection: `WebSocket::stats`, and the part of it that each half knows.

use core::time::Duration;

use bytes::Bytes;
use support::messages::*;
use websocket_proto::connection::{Oversized, Role, Server};
use websocket_proto::frame::Kind;
use websocket_proto::websocket::{
    Answers, Begun, Config, Keepalive, MessageSender, Part, Prepared, Stats, Traffic,
};
use websocket_proto::{CloseCode, Message, WebSocket};

/// The numbers of one direction without compression.
fn counts(traffic: Traffic) -> [u64; 3] {
    assert_eq!(traffic.compressed_bytes, traffic.bytes);
    [traffic.messages, traffic.bytes, traffic.pings]
}

/// Gives all that waits in one endpoint to the other, which receives it.
fn deliver(from: &mut WebSocket<impl Role>, to: &mut WebSocket<impl Role>) {
    to.input().extend_from_slice(&drain(from.output()));
    while to.receive().expect("a valid peer").is_some() {}
}

#[test]
fn a_new_connection_has_counted_nothing() {
    assert_eq!(server(Config::new()).stats(), Stats::default());
    assert_eq!(client(Config::new()).stats(), Stats::default());
}

#[test]
fn both_roles_count_messages_and_control_frames_in_both_directions() {
    let (mut client, mut server) = (client(Config::new()), server(Config::new()));
    for message in [Message::text("Hello"), Message::binary(vec![1; 300]), Message::text("")] {
        client.send(message.clone()).unwrap();
        server.send(message).unwrap();
    }
    client.send(Message::ping("?")).unwrap();
    client.send(Message::pong("unasked")).unwrap();
    client.close(CloseCode::NORMAL, "not counted").unwrap();
    deliver(&mut client, &mut server);
    deliver(&mut server, &mut client);
    assert_eq!(counts(client.stats().sent), [3, 305, 1]);
    assert_eq!(counts(server.stats().received), [3, 305, 1]);
    // The Pong that answers the Ping does not count.
    assert_eq!(counts(server.stats().sent), [3, 305, 0]);
    assert_eq!(counts(client.stats().received), [3, 305, 0]);
    assert_eq!(client.stats().round_trip, None);
}

/// Finishes a message that the caller encodes.
fn finish<R: Role>(sender: &mut MessageSender<R>, mut begun: Begun) {
    while let Begun::Encode(encoding) = begun {
        begun = sender.finish(encoding.encode()).expect("nothing came between");
    }
}

/// Sends messages of many lengths in every way, and returns their number and bytes.
fn send_in_every_way<R: Role>(websocket: &mut WebSocket<R>) -> [u64; 2] {
    let mut sent = [0; 2];
    for len in [0, 1, 125, 126, 999, 1001, LARGE, 40_000, 70_000, 200_000] {
        let text = "x".repeat(len);
        let prepared = Prepared::text(text.clone());
        websocket.send(Message::text(text.clone())).unwrap();
        websocket.send_prepared(&prepared).unwrap();
        websocket.send_fragment(Kind::Text, false, Bytes::from(text.clone())).unwrap();
        websocket.send_fragment(Kind::Text, true, Bytes::from(text.clone())).unwrap();
        let (_, sender) = websocket.halves();
        let begun = sender.begin(Message::binary(text.clone())).unwrap();
        finish(sender, begun);
        let begun = sender.begin_prepared(&prepared).unwrap();
        finish(sender, begun);
        let begun = sender.begin_fragment(Kind::Binary, true, text.into()).unwrap();
        finish(sender, begun);
        sent = [sent[0] + 6, sent[1] + 7 * len as u64];
    }
    sent
}

#[test]
fn each_way_to_send_counts_what_the_peer_counts_as_received() {
    for fragment_size in [1000, 66_000, u64::MAX] {
        let config = Config::new().high_water_mark(u64::MAX).fragment_size(fragment_size);
        let (mut client, mut server) = (client(config.clone()), server(config));
        let [messages, bytes] = send_in_every_way(&mut client);
        assert_eq!(counts(client.stats().sent), [messages, bytes, 0]);
        assert_eq!(send_in_every_way(&mut server), [messages, bytes]);
        deliver(&mut client, &mut server);
        deliver(&mut server, &mut client);
        assert_eq!(client.stats().sent, server.stats().received);
        assert_eq!(server.stats().sent, client.stats().received);
        assert_eq!(server.stats().sent, client.stats().sent);
    }
}

#[test]
fn a_message_that_is_rejected_does_not_count() {
    let mut client = client(Config::new().high_water_mark(10));
    client.send(Message::text("fills the queue")).unwrap();
    let before = client.stats();
    client.send(Message::text("no room")).unwrap_err();
    client.send(Message::ping("no room")).unwrap_err();
    client.send_prepared(&Prepared::text("no room")).unwrap_err();
    client.send_fragment(Kind::Text, true, Bytes::from("no room")).unwrap_err();
    drain(client.output());
    client.send(Message::ping(vec![0; 126])).unwrap_err();
    client.send_fragment(Kind::Text, true, Bytes::from(&b"\xff"[..])).unwrap_err();
    assert_eq!(client.stats(), before);

    let begun = client.halves().1.begin(Message::binary(vec![0; 100_000])).unwrap();
    client.close(CloseCode::NORMAL, "").unwrap();
    let Begun::Encode(encoding) = begun else { panic!("it is large") };
    client.halves().1.finish(encoding.encode()).unwrap_err();
    client.send(Message::pong("too late")).unwrap_err();
    assert_eq!(client.stats(), before);
}

#[test]
fn the_bytes_of_a_message_count_as_they_arrive_and_the_message_at_its_end() {
    let from = From::Client;
    let mut server = server(Config::new());
    let frame = from.frame(BINARY, [7; 100]);
    for (end, expected) in [(5, 0), (6, 0), (7, 1), (50, 44), (105, 99)] {
        let mut server = support::messages::server(Config::new());
        server.input().extend_from_slice(&frame[..end]);
        assert_eq!(server.receive(), Ok(None));
        assert_eq!(counts(server.stats().received), [0, expected, 0]);
    }
    server.input().extend_from_slice(&from.part(TEXT, "12345"));
    server.receive().unwrap();
    assert_eq!(counts(server.stats().received), [0, 5, 0]);
    server.input().extend_from_slice(&from.frame(CONTINUATION, "678"));
    // It counts when it is found.
    assert_eq!(server.process(), Ok(true));
    assert_eq!(counts(server.stats().received), [1, 8, 0]);
    assert_eq!(server.receive(), Ok(Some(Message::text("12345678"))));
    assert_eq!(counts(server.stats().received), [1, 8, 0]);
}

/// Messages whole and in fragments, some of them over the limit of 100 bytes, and control frames
/// between them.
fn conversation(from: From) -> (Vec<u8>, [u64; 3]) {
    let stream = [
        from.frame(TEXT, "before"),
        from.frame(BINARY, vec![1; 101]),
        from.part(TEXT, "x".repeat(60)),
        from.frame(PING, "between"),
        from.part(CONTINUATION, "\u{20ac}".repeat(20)),
        from.frame(PONG, ""),
        from.part(CONTINUATION, ""),
        from.frame(CONTINUATION, "x".repeat(300)),
        from.part(BINARY, vec![3; 60]),
        from.frame(CONTINUATION, vec![3; 40]),
        from.frame(BINARY, ""),
        from.frame(PING, ""),
        from.frame(TEXT, "after"),
    ];
    (stream.concat(), [6, 6 + 101 + 420 + 100 + 5, 2])
}

/// Takes everything that is ready.
fn take_all<R: Role>(websocket: &mut WebSocket<R>, way: &str) {
    loop {
        let is_something = match way {
            "owned" => websocket.receive().expect("a valid peer").is_some(),
            "lent" => websocket.receive_ref().expect("a valid peer").is_some(),
            "processed" => {
                websocket.process().expect("a valid peer")
                    && websocket.receive().expect("a valid peer").is_some()
            }
            "parts" => websocket.receive_part().expect("a valid peer").is_some(),
            "processed parts" => {
                websocket.process_part().expect("a valid peer")
                    && websocket.receive_part().expect("a valid peer").is_some()
            }
            // The first part of each message is taken, and the rest is dropped.
            _ => match websocket.receive_part().expect("a valid peer") {
                Some(Part::Data { last: false, .. }) => {
                    websocket.receive().expect("a valid peer").is_some()
                }
                part => part.is_some(),
            },
        };
        if !is_something {
            return;
        }
    }
}

const WAYS: [&str; 6] = ["owned", "lent", "processed", "parts", "processed parts", "dropped"];

fn assert_same_in_every_split<R: Role>(from: From, websocket: fn(Config) -> WebSocket<R>) {
    let config = Config::new().max_message_size(100).oversized(Oversized::Skip);
    let (stream, expected) = conversation(from);
    for way in WAYS {
        let check = |cuts: &[usize]| {
            let mut websocket = websocket(config.clone());
            let mut start = 0;
            for end in cuts.iter().copied().chain([stream.len()]) {
                websocket.input().extend_from_slice(&stream[start..end]);
                take_all(&mut websocket, way);
                start = end;
            }
            assert_eq!(counts(websocket.stats().received), expected, "{way} {cuts:?}");
        };
        check(&[]);
        check(&(1..stream.len()).collect::<Vec<_>>());
        for first in 0..stream.len() {
            check(&[first]);
            for second in (first..stream.len()).step_by(101) {
                check(&[first, second]);
            }
        }
    }
}

#[test]
fn the_counts_do_not_depend_on_the_split_nor_on_the_way_to_receive() {
    assert_same_in_every_split(From::Client, server);
    assert_same_in_every_split(From::Server, client);
}

#[test]
fn after_an_error_nothing_more_is_counted() {
    let from = From::Client;
    let mut server = server(Config::new());
    let stream = [from.frame(TEXT, "good"), from.frame(TEXT, b"bad \xff"), from.frame(TEXT, "x")];
    server.input().extend_from_slice(&stream.concat());
    assert_eq!(server.receive(), Ok(Some(Message::text("good"))));
    server.receive().unwrap_err();
    server.receive().unwrap_err();
    // The valid bytes before the fault were processed.
    assert_eq!(counts(server.stats().received), [1, 8, 0]);
}

#[test]
fn each_half_knows_its_direction_and_both_together_know_all() {
    let from = From::Client;
    let mut whole = server(Config::new());
    whole.send(Message::text("whole")).unwrap();
    whole.input().extend_from_slice(&from.frame(TEXT, "to the whole"));
    whole.receive().unwrap();
    let (mut receiver, mut sender) = whole.into_split();
    let mut answers = Answers::new();
    receiver.input().extend_from_slice(&from.frame(TEXT, "to the half"));
    receiver.receive(&mut answers).unwrap();
    receiver.input().extend_from_slice(&from.frame(PING, "?"));
    receiver.receive(&mut answers).unwrap();
    sender.send(Message::text("half")).unwrap();
    assert_eq!(counts(receiver.received()), [2, 23, 1]);
    assert_eq!(counts(sender.sent()), [2, 9, 0]);
    sender.settle(&mut answers);
    assert_eq!(counts(sender.sent()), [2, 9, 0]);
    let (received, sent) = (receiver.received(), sender.sent());
    let whole = WebSocket::reunite(receiver, sender).expect("one connection");
    assert_eq!((whole.stats().received, whole.stats().sent), (received, sent));
}

const INTERVAL: Duration = Duration::from_secs(20);

fn watching() -> WebSocket<Server> {
    let keepalive = Keepalive { interval: INTERVAL, timeout: Duration::from_secs(10) };
    server(Config::new().keepalive(keepalive))
}

fn milliseconds(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Asks the peer at the time that it returns.
fn ask(server: &mut WebSocket<Server>, silent_since: Duration) -> Duration {
    assert_eq!(server.deadline(silent_since), Some(silent_since + INTERVAL));
    let now = silent_since + INTERVAL;
    server.handle_deadline(now);
    assert_eq!(opcodes(server.output()), [PING]);
    assert!(server.deadline(now).is_some());
    now
}

fn receive(server: &mut WebSocket<Server>, frame: Vec<u8>) {
    server.input().extend_from_slice(&frame);
    server.receive().expect("a valid peer").expect("a whole frame");
}

#[test]
fn the_round_trip_lasts_from_the_ping_of_the_keepalive_to_its_pong() {
    let mut server = watching();
    let mut now = Duration::ZERO;
    for (number, time) in [(1, 30), (2, 4500), (3, 7)] {
        let asked = ask(&mut server, now);
        // Bytes that are no answer do not end it.
        receive(&mut server, From::Client.frame(TEXT, "busy"));
        receive(&mut server, From::Client.frame(PONG, "not the answer"));
        server.deadline(asked + milliseconds(1));
        let before = server.stats().round_trip;
        receive(&mut server, From::Client.frame(PONG, ""));
        now = asked + milliseconds(time);
        server.deadline(now);
        assert_ne!(server.stats().round_trip, before);
        assert_eq!(server.stats().round_trip, Some(milliseconds(time)));
        assert_eq!(server.stats().sent.pings, number);
        // A second Pong does not change it.
        receive(&mut server, From::Client.frame(PONG, ""));
        receive(&mut server, From::Client.frame(PONG, "not the answer"));
        server.deadline(now);
        assert_eq!(server.stats().round_trip, Some(milliseconds(time)));
    }
}

#[test]
fn a_pong_that_nobody_asked_for_is_no_round_trip() {
    let mut server = watching();
    receive(&mut server, From::Client.frame(PONG, ""));
    server.deadline(milliseconds(5));
    assert_eq!(server.stats().round_trip, None);
    // It does not answer the Ping that comes after it either.
    let asked = ask(&mut server, milliseconds(5));
    server.deadline(asked + milliseconds(3));
    assert_eq!(server.stats().round_trip, None);
    receive(&mut server, From::Client.frame(PONG, ""));
    server.deadline(asked + milliseconds(4));
    assert_eq!(server.stats().round_trip, Some(milliseconds(4)));
}

#[test]
fn the_round_trip_begins_when_the_ping_was_written() {
    let mut server = watching();
    server.deadline(Duration::ZERO);
    server.handle_deadline(INTERVAL);
    // The transport accepts nothing for a second.
    server.deadline(INTERVAL + milliseconds(1000));
    drain(server.output());
    server.deadline(INTERVAL + milliseconds(1000));
    receive(&mut server, From::Client.frame(PONG, ""));
    server.deadline(INTERVAL + milliseconds(1020));
    assert_eq!(server.stats().round_trip, Some(milliseconds(20)));
}

#[test]
fn a_ping_that_is_answered_before_the_program_looks_at_the_clock_has_no_round_trip() {
    let mut server = watching();
    server.deadline(Duration::ZERO);
    server.handle_deadline(INTERVAL);
    drain(server.output());
    receive(&mut server, From::Client.frame(PONG, ""));
    server.deadline(INTERVAL + milliseconds(1000));
    assert_eq!(server.stats().round_trip, None);
}

#[test]
fn the_sending_half_knows_the_round_trip() {
    let mut whole = watching();
    let asked = ask(&mut whole, Duration::ZERO);
    let (mut receiver, mut sender) = whole.into_split();
    let mut answers = Answers::new();
    receiver.input().extend_from_slice(&From::Client.frame(PONG, "x"));
    receiver.receive(&mut answers).unwrap();
    assert!(answers.is_empty() && !answers.has_pong());
    receiver.input().extend_from_slice(&From::Client.frame(PONG, ""));
    receiver.receive(&mut answers).unwrap();
    assert!(answers.has_pong() && !answers.is_empty());
    let mut all = Answers::new();
    all.append(&mut answers);
    assert!(answers.is_empty());
    sender.settle(&mut all);
    assert!(all.is_empty());
    assert_eq!(sender.round_trip(), None);
    let waiting =
        websocket_proto::websocket::Waiting { to_receive: false, to_flush: false, message: None };
    sender.deadline(asked + milliseconds(9), waiting);
    assert_eq!(sender.round_trip(), Some(milliseconds(9)));
    let whole = WebSocket::reunite(receiver, sender).expect("one connection");
    assert_eq!(whole.stats().round_trip, Some(milliseconds(9)));
}
