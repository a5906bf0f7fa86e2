//! permessage-deflate in the tokio adapter: between our own two roles, and over a transport whose
//! other end is made by hand.
#![cfg(all(feature = "deflate", feature = "tokio"))]

mod common;
#[path = "common/deflated.rs"]
mod deflated;
#[path = "common/transport.rs"]
mod transport;

use std::time::Duration;

use bytes::Bytes;
use common::{Frame, SEED, Side, stream};
use deflated::{Deflated, RSV1, Unframed, bomb, deflated, json, unframe};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use transport::{Peer, Transport, drive, open_with, poll_and_drop, run, within};
use websocket_proto::adapter::{AcceptError, ConnectError, ConnectOptions, Error, Reply};
use websocket_proto::connection::{Client, Role, Server, State};
use websocket_proto::deflate::{self, Compress};
use websocket_proto::frame::Kind;
use websocket_proto::handshake::deflate::{DeflateError, Preferences};
use websocket_proto::handshake::{Extensions, Incoming, ResponseError, ServerHandshake};
use websocket_proto::tokio::{Acceptor, Connector, WebSocketStream};
use websocket_proto::websocket::{Config, Keepalive, Prepared};
use websocket_proto::{Message, ProtocolError};

/// More polls than any future in here needs when it is not dropped.
const ENOUGH: usize = 10_000;

fn compressing() -> Config {
    Config::new().deflate(deflate::Config::new())
}

fn preferring(preferences: Preferences) -> Config {
    Config::new().deflate(deflate::Config::new().preferences(preferences))
}

fn options(config: Config) -> ConnectOptions {
    ConnectOptions::new("ws://server.example.com/").expect("a URL").config(config)
}

type Joined = (WebSocketStream<DuplexStream, Server>, WebSocketStream<DuplexStream, Client>);

/// Both ends of a connection whose opening handshake is over.
async fn connected(server: Config, client: Config) -> Joined {
    let (near, far) = duplex(100_000);
    let mut acceptor = Acceptor::new(near).config(server);
    let mut connector = Connector::new(far, options(client)).expect("a good request");
    let (server, client) =
        within(async { tokio::join!(acceptor.accept(), connector.connect()) }).await;
    (server.expect("a good request"), client.expect("a good response"))
}

async fn pass<F: Role, R: Role>(
    from: &mut WebSocketStream<DuplexStream, F>,
    to: &mut WebSocketStream<DuplexStream, R>,
    message: impl Into<Message>,
) {
    let message = message.into();
    let (sent, received) =
        within(async { tokio::join!(from.send(message.clone()), to.next()) }).await;
    sent.expect("it is open");
    assert_eq!(received.expect("it is open").expect("a good peer"), message);
}

#[tokio::test]
async fn what_both_want_is_agreed_on_and_messages_go_both_ways() {
    let new = Preferences::new;
    for (of_server, of_client) in [
        (new(), new()),
        (new().server_no_context_takeover(true), new()),
        (new(), new().client_no_context_takeover(true).server_max_window_bits(9)),
        (new().client_max_window_bits(8), new().server_no_context_takeover(true)),
    ] {
        let (mut server, mut client) =
            connected(preferring(of_server), preferring(of_client)).await;
        let terms = |agreement: Option<&websocket_proto::handshake::deflate::Agreement>| {
            agreement.expect("both want it").response().to_string()
        };
        assert_eq!(terms(server.agreement()), terms(client.agreement()));
        for (number, len) in [0, 1, 128, 40_000, 100, 40_000, 70_000].into_iter().enumerate() {
            pass(&mut client, &mut server, json(number, len)).await;
            pass(&mut server, &mut client, json(number, len)).await;
            pass(&mut server, &mut client, transport::payload(len)).await;
            pass(&mut client, &mut server, transport::payload(len)).await;
        }
        // Halves go on where the whole was, and the whole where the halves were.
        let (mut server_reader, mut server_writer) = server.into_split();
        let (mut client_reader, mut client_writer) = client.into_split();
        for number in 0..3 {
            let text = json(number, 3000);
            let (begin, end) = text.split_at(1001);
            within(server_writer.send(text.clone())).await.expect("open");
            within(client_writer.send_fragment(Kind::Text, false, begin.to_owned()))
                .await
                .expect("open");
            server_writer.release();
            client_writer.release();
            within(client_writer.send_fragment(Kind::Text, true, end.to_owned()))
                .await
                .expect("open");
            for received in [within(client_reader.next()).await, within(server_reader.next()).await]
            {
                assert_eq!(received.expect("open").expect("good"), Message::text(text.clone()));
            }
        }
        let mut server = server_reader.reunite(server_writer).expect("they belong together");
        let mut client = client_reader.reunite(client_writer).expect("they belong together");
        pass(&mut client, &mut server, json(0, 3000)).await;
        pass(&mut server, &mut client, json(0, 3000)).await;
    }
}

#[tokio::test]
async fn unless_both_want_it_nothing_is_compressed() {
    for (of_server, of_client) in [(compressing(), Config::new()), (Config::new(), compressing())] {
        let (mut server, mut client) = connected(of_server, of_client).await;
        assert_eq!((server.agreement(), client.agreement()), (None, None));
        server.compress(Compress::Yes);
        server.release();
        pass(&mut client, &mut server, json(1, 10_000)).await;
        within(server.send(json(1, 1000))).await.expect("open");
        let mut bytes = [0; 1004];
        within(client.into_stream().read_exact(&mut bytes)).await.expect("it was sent");
        assert_eq!(bytes[..4], [0x81, 126, 3, 232]);
        assert_eq!(bytes[4..], *json(1, 1000).as_bytes());
    }
}

#[tokio::test]
async fn a_refusal_says_nothing_of_compression() {
    let (near, far) = duplex(1024);
    let mut acceptor = Acceptor::new(near).config(compressing());
    let mut connector = Connector::new(far, options(compressing())).expect("a good request");
    let (refused, error) = within(async {
        tokio::join!(acceptor.accept_with(|_| Reply::refuse(403).body("no")), connector.connect())
    })
    .await;
    assert!(matches!(refused, Err(AcceptError::Refused { status: 403 })), "{refused:?}");
    let Err(ConnectError::Refused(answer)) = error else { panic!("{error:?}") };
    assert_eq!((answer.status, &answer.body[..]), (403, &b"no"[..]));
    assert_eq!(answer.header("Sec-WebSocket-Extensions"), None);
}

/// A client of these preferences that is answered with this.
async fn answered_with(preferences: Preferences, extensions: &str) -> ConnectError {
    let (mut near, far) = duplex(1024);
    let mut connector =
        Connector::new(far, options(preferring(preferences))).expect("a good request");
    let answer = async {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            near.read_buf(&mut request).await.expect("a request");
        }
        let mut handshake = ServerHandshake::new();
        let Ok(Some(Incoming::WebSocket(request))) = handshake.receive(&request) else { panic!() };
        let mut response = vec![0; 256];
        let len = request.accept().write(&mut response).expect("it fits");
        response.truncate(len - 2);
        response.extend(format!("Sec-WebSocket-Extensions: {extensions}\r\n\r\n").bytes());
        near.write_all(&response).await.expect("it reads");
    };
    let ((), connected) = within(async { tokio::join!(answer, connector.connect()) }).await;
    connected.expect_err("it does not fit the offer")
}

#[tokio::test]
async fn an_answer_that_does_not_fit_the_offer_fails_the_client() {
    let strict = Preferences::new().server_max_window_bits(10);
    for (preferences, answer, expected) in [
        (Preferences::new(), "permessage-deflate; unknown", DeflateError::UnknownParameter),
        (strict, "permessage-deflate", DeflateError::MissingParameter("server_max_window_bits")),
        (
            strict,
            "permessage-deflate; server_max_window_bits=11",
            DeflateError::WindowTooLarge { bits: 11, offered: 10 },
        ),
    ] {
        let error = answered_with(preferences, answer).await;
        let ConnectError::Response(ResponseError::Deflate(error)) = error else {
            panic!("{error:?}");
        };
        assert_eq!(error, expected);
    }
}

/// An open WebSocket on the terms that a server of these preferences agrees on with most clients,
/// and the other end of its transport.
fn open<R: Role>(
    role: R,
    config: Config,
    preferences: Preferences,
) -> (WebSocketStream<Transport, R>, Peer) {
    let offer = b"permessage-deflate; client_max_window_bits";
    let agreement = preferences.accept(Extensions::parse(offer).map_while(Result::ok));
    open_with(role, config.agreement(Some(agreement.expect("it can be met"))))
}

fn open_server() -> (WebSocketStream<Transport, Server>, Peer) {
    open(Server, Config::new(), Preferences::new())
}

fn compressed(payload: impl AsRef<[u8]>) -> Frame {
    Frame::text(payload).rsv(RSV1)
}

/// The frames that have been written since this was last asked.
#[track_caller]
fn take_frames(peer: &Peer) -> Vec<Unframed> {
    assert_eq!(peer.state().unflushed, 0, "what was written has been flushed");
    unframe(&peer.take_written())
}

/// The text messages in `frames`, each in one frame or in fragments, as a peer inflates them; and
/// the payloads of the Pongs among them.
#[track_caller]
fn read_texts(peer: &mut Deflated, frames: &[Unframed]) -> (Vec<String>, Vec<Vec<u8>>) {
    let (mut texts, mut pongs) = (Vec::new(), Vec::new());
    let mut under_way: Option<(bool, Vec<u8>)> = None;
    for Unframed { first, payload } in frames {
        match first & 0x0f {
            0x0 => under_way.as_mut().expect("a message").1.extend(payload),
            0x1 => {
                assert!(under_way.is_none());
                under_way = Some((first & RSV1 != 0, payload.clone()));
            }
            0xa => {
                pongs.push(payload.clone());
                continue;
            }
            0x8 => continue,
            other => panic!("opcode {other}"),
        }
        if first & 0x80 != 0 {
            let (is_compressed, payload) = under_way.take().expect("a message");
            let text = if is_compressed { peer.read(&payload) } else { payload };
            texts.push(String::from_utf8(text).expect("text"));
        }
    }
    assert!(under_way.is_none(), "it has no end");
    (texts, pongs)
}

/// What a peer sends in these tests, and the messages that come of it: the third refers to the
/// first, the fragments to what is before and between them.
fn script() -> (Vec<Frame>, Vec<Message>) {
    let mut peer = Deflated::new();
    let large = json(1, 10_000);
    let again = json(1, 4000);
    let (begin, end) = again.split_at(1500);
    let frames = vec![
        compressed(peer.message(&large)),
        Frame::ping("a"),
        Frame::text("plain"),
        compressed(peer.flushed(begin)).more(),
        Frame::ping("b"),
        Frame::continuation(peer.flushed("")).more(),
        Frame::continuation(peer.message(end)),
        compressed(peer.message(&again)),
        Frame::close(1000, "done"),
    ];
    let messages = vec![
        Message::text(large),
        Message::Ping("a".into()),
        Message::text("plain"),
        Message::Ping("b".into()),
        Message::text(again.clone()),
        Message::text(again),
        Message::close(websocket_proto::CloseCode::NORMAL, "done").expect("sendable"),
    ];
    (frames, messages)
}

fn texts(messages: &[Message]) -> Vec<String> {
    let text = |message: &Message| message.as_text().map(str::to_owned);
    messages.iter().filter_map(text).collect()
}

fn echo_whatever_is_dropped<R: Role>(role: impl Fn() -> R, side: Side, preferences: Preferences) {
    let (frames, expected) = script();
    for (patience, bite) in (1..=12).chain([ENOUGH]).zip([1, 3, 1000, usize::MAX].iter().cycle()) {
        let (mut socket, peer) = open(role(), Config::new(), preferences);
        peer.hesitate();
        peer.bite(*bite);
        peer.give(stream(side, &frames));
        peer.end();

        let mut received = Vec::new();
        while let Some(next) = drive(&mut socket, patience, async |socket| socket.next().await)
            .expect("the transport wakes whoever waits")
        {
            let message = next.expect("a good peer");
            if message.is_data() {
                drive(&mut socket, patience, async |socket| socket.ready().await)
                    .expect("it wakes")
                    .expect("a good transport");
                run(socket.feed(message.clone())).expect("there is room").expect("it is open");
            }
            received.push(message);
        }
        assert_eq!(received, expected, "dropped after {patience} polls");
        let (sent, pongs) = read_texts(&mut Deflated::new(), &take_frames(&peer));
        assert_eq!(sent, texts(&expected), "dropped after {patience} polls");
        assert_eq!(pongs.last().map(Vec::as_slice), Some(&b"b"[..]));
        assert_eq!(socket.state(), State::Closed);
    }
}

#[test]
fn an_echo_loses_nothing_when_its_futures_are_dropped_at_every_await() {
    let none = Preferences::new().server_no_context_takeover(true).client_no_context_takeover(true);
    echo_whatever_is_dropped(|| Server, Side::Server, Preferences::new());
    echo_whatever_is_dropped(|| Client::new(SEED), Side::Client, Preferences::new());
    echo_whatever_is_dropped(
        || Server,
        Side::Server,
        none.client_no_context_takeover(false).server_max_window_bits(9),
    );
}

/// The peer's window moves with what is sent: it must be sent once, and nothing else.
#[test]
fn a_message_whose_send_is_dropped_leaves_once_with_the_next_flush() {
    type Send = fn(&mut WebSocketStream<Transport, Server>, usize) -> bool;
    let kinds: [Send; 3] = [
        |socket, polls| poll_and_drop(polls, socket.send(json(7, 1000))).is_some(),
        |socket, polls| {
            let prepared = Prepared::text(json(7, 1000)).compressed(&deflate::Config::new());
            poll_and_drop(polls, socket.send_prepared(&prepared)).is_some()
        },
        |socket, polls| {
            poll_and_drop(polls, socket.send_fragment(Kind::Text, true, json(7, 1000))).is_some()
        },
    ];
    for send in kinds {
        let mut polls = 0;
        loop {
            polls += 1;
            let (mut socket, peer) = open_server();
            peer.hesitate();
            peer.bite(70);
            run(socket.feed(json(6, 1000))).expect("there is room").expect("it is open");
            let done = send(&mut socket, polls);
            // It refers to both.
            run(socket.feed(json(6, 1000))).expect("there is room").expect("it is open");
            drive(&mut socket, 1, async |socket| socket.flush().await)
                .expect("it wakes")
                .expect("a good transport");
            let (sent, _) = read_texts(&mut Deflated::new(), &take_frames(&peer));
            assert_eq!(sent, [json(6, 1000), json(7, 1000), json(6, 1000)]);
            if done {
                assert!(polls > 4, "it was dropped at {polls} awaits");
                break;
            }
        }
    }
}

#[test]
fn a_message_whose_send_is_dropped_for_want_of_room_was_not_compressed_either() {
    type Send = fn(&mut WebSocketStream<Transport, Server>);
    let kinds: [Send; 4] = [
        |socket| assert!(run(socket.feed(json(9, 1000))).is_none()),
        |socket| assert!(run(socket.send(json(9, 1000))).is_none()),
        |socket| {
            let prepared = Prepared::text(json(9, 1000)).compressed(&deflate::Config::new());
            assert!(run(socket.send_prepared(&prepared)).is_none());
        },
        |socket| assert!(run(socket.send_fragment(Kind::Text, true, json(9, 1000))).is_none()),
    ];
    for send in kinds {
        let config = Config::new().high_water_mark(10);
        let (mut socket, peer) = open(Server, config, Preferences::new());
        peer.room(3);
        run(socket.feed(json(8, 1000))).expect("there is room").expect("it is open");
        send(&mut socket);
        peer.open_room();
        run(socket.ready()).expect("there is room").expect("a good transport");
        // Had it been, this one would refer to it.
        run(socket.send(json(9, 1000))).expect("there is room").expect("it is open");
        let (sent, _) = read_texts(&mut Deflated::new(), &take_frames(&peer));
        assert_eq!(sent, [json(8, 1000), json(9, 1000)]);
    }
}

#[test]
fn what_came_before_a_fault_is_received_before_its_error_and_the_close_arrives() {
    let good = || compressed(deflated(json(0, 500)));
    let limit = 100_000;
    let cases = [
        (compressed(b"\x00\x05\x00\x00\x00Hello"), ProtocolError::InvalidDeflate, 1007_u16),
        (compressed(b"\xf2\x00\x11\x00\x00"), ProtocolError::InvalidDeflate, 1007),
        (compressed(deflated([0xff])), ProtocolError::InvalidUtf8 { offset: 0 }, 1007),
        (Frame::binary(bomb(16 << 20)).rsv(RSV1), ProtocolError::InflatedTooLarge { limit }, 1009),
        (
            Frame::ping("?").rsv(RSV1),
            ProtocolError::ReservedBits { rsv: websocket_proto::frame::Rsv::RSV1 },
            1002,
        ),
    ];
    for (bad, expected, code) in cases {
        for patience in [1, 2, 3, ENOUGH] {
            // No context, so that each may be compressed by itself.
            let preferences = Preferences::new().client_no_context_takeover(true);
            let config = Config::new().max_message_size(limit);
            let (mut socket, peer) = open(Server, config, preferences);
            peer.hesitate();
            peer.give(stream(
                Side::Server,
                &[good(), Frame::text("plain"), bad.clone(), Frame::text("behind")],
            ));
            let mut next = || {
                drive(&mut socket, patience, async |socket| socket.next().await).expect("it wakes")
            };
            assert_eq!(next().expect("open").expect("good"), Message::text(json(0, 500)));
            assert_eq!(next().expect("open").expect("good"), Message::text("plain"));
            let Error::Protocol(error) = next().expect("open").expect_err("bad") else { panic!() };
            assert_eq!(error, expected);

            assert!(drive(&mut socket, patience, async |socket| socket.next().await).is_none());
            assert!(peer.state().shut, "there is nothing more to say");
            let frames = take_frames(&peer);
            let [Unframed { first: 0x88, payload }] = &frames[..] else { panic!("{frames:?}") };
            assert_eq!(payload[..2], code.to_be_bytes());
            peer.end();
            assert!(matches!(run(socket.next()), Some(None)));
        }
    }
}

#[test]
fn halves_choose_release_and_reunite_with_what_they_know() {
    let (socket, far) = open_server();
    let mut peer = Deflated::new();
    let (mut reader, mut writer) = socket.into_split();
    let text = json(0, 3000);
    let mut sent = |first| {
        let frames = take_frames(&far);
        let [frame] = &frames[..] else { panic!("{frames:?}") };
        assert_eq!(frame.first, first);
        if first & RSV1 != 0 {
            assert_eq!(peer.read(&frame.payload), text.as_bytes());
        }
        frame.payload.len()
    };
    let send = |writer: &mut websocket_proto::tokio::WriteHalf<_, _>| {
        run(writer.send(text.clone())).expect("room").expect("open");
    };
    send(&mut writer);
    assert!(sent(0xc1) > 100);
    send(&mut writer);
    assert!(sent(0xc1) < 60);
    writer.compress(Compress::No);
    send(&mut writer);
    assert_eq!(sent(0x81), 3000);
    writer.compress(Compress::Auto);
    writer.release();
    send(&mut writer);
    assert!(sent(0xc1) > 100);

    let mut from = Deflated::new();
    for round in 0..3 {
        let payload = from.message(&text);
        assert_eq!(payload.len() < 60, round > 0);
        far.give(compressed(payload).bytes(Side::Server));
        let received = run(reader.next()).expect("it came").expect("open").expect("good");
        assert_eq!(received, Message::text(text.clone()));
        // Also what the other half has.
        writer.release();
    }
    send(&mut writer);
    assert!(sent(0xc1) > 100);
    let mut socket = reader.reunite(writer).expect("they belong together");
    assert!(socket.agreement().is_some());
    run(socket.send(text.clone())).expect("room").expect("open");
    assert!(sent(0xc1) < 60);
    far.give(compressed(from.message(&text)).bytes(Side::Server));
    let received = run(socket.next()).expect("it came").expect("open").expect("good");
    assert_eq!(received, Message::text(text.clone()));
}

#[test]
fn a_prepared_message_is_sent_to_each_on_its_terms() {
    let text = json(1, 3000) + &json(1, 3000);
    let prepared = Prepared::text(text.clone()).compressed(&deflate::Config::new());
    let new = Preferences::new;
    let mut as_prepared = None;
    let other = json(2, 1500);
    for (preferences, same) in [
        (new(), true),
        (new().server_no_context_takeover(true), true),
        (new().server_max_window_bits(13), true),
        (new().server_max_window_bits(12), false),
        (new().server_max_window_bits(8), false),
    ] {
        let (mut socket, peer) = open(Server, Config::new(), preferences);
        for _ in 0..3 {
            // Between others, which refer to what is before them.
            run(socket.send(other.clone())).expect("room").expect("open");
            run(socket.send_prepared(&prepared)).expect("room").expect("open");
        }
        let frames = take_frames(&peer);
        let (sent, _) = read_texts(&mut Deflated::new(), &frames);
        assert_eq!(sent, [&other[..], &text].repeat(3));
        for frame in frames.into_iter().skip(1).step_by(2) {
            let as_prepared = as_prepared.get_or_insert(frame.payload.clone());
            assert_eq!(*as_prepared == frame.payload, same, "{preferences:?}");
        }
    }

    let (mut socket, peer) = open_with(Server, Config::new());
    run(socket.send_prepared(&prepared)).expect("room").expect("open");
    assert_eq!(peer.take_messages(Client::new(SEED)), [Message::text(text)]);
}

#[test]
fn a_client_sends_a_prepared_message_masked() {
    let text = json(1, 3000);
    let prepared = Prepared::text(text.clone()).compressed(&deflate::Config::new());
    let (mut socket, peer) = open(Client::new(SEED), Config::new(), Preferences::new());
    for _ in 0..2 {
        run(socket.send_prepared(&prepared)).expect("room").expect("open");
        run(socket.send(text.clone())).expect("room").expect("open");
    }
    let frames = take_frames(&peer);
    assert!(frames.iter().all(|frame| frame.first == 0xc1));
    assert_eq!(read_texts(&mut Deflated::new(), &frames).0, vec![text; 4]);
}

#[tokio::test(start_paused = true)]
async fn a_keepalive_goes_between_the_fragments_of_a_compressed_message() {
    let (interval, timeout) = (Duration::from_secs(30), Duration::from_secs(5));
    let config = Config::new().keepalive(Keepalive { interval, timeout });
    let (mut socket, far) = open(Server, config, Preferences::new());
    let mut peer = Deflated::new();
    let text = json(2, 3000);
    let (begin, end) = text.split_at(1500);

    // In the middle of one each way.
    within(socket.send_fragment(Kind::Text, false, begin.to_owned())).await.expect("open");
    let payload = peer.message(&text);
    let cut = payload.len() / 2;
    far.give(compressed(&payload[..cut]).more().bytes(Side::Server));
    let silence = interval + Duration::from_secs(1);
    tokio::time::timeout(silence, socket.next()).await.expect_err("half a message");
    // What is idle may give its memory back.
    socket.release();
    far.give(Frame::pong("").bytes(Side::Server));
    far.give(Frame::ping("?").bytes(Side::Server));
    far.give(Frame::continuation(&payload[cut..]).bytes(Side::Server));
    let mut received = Vec::new();
    for _ in 0..3 {
        received.push(within(socket.next()).await.expect("open").expect("good"));
    }
    let expected =
        [Message::Pong(Bytes::new()), Message::Ping("?".into()), Message::text(text.clone())];
    assert_eq!(received, expected);
    within(socket.send_fragment(Kind::Text, true, end.to_owned())).await.expect("open");

    let frames = take_frames(&far);
    let firsts: Vec<_> = frames.iter().map(|frame| frame.first).collect();
    assert_eq!(firsts, [0x41, 0x89, 0x8a, 0x80]);
    let read = peer.read(&[&frames[0].payload[..], &frames[3].payload].concat());
    assert_eq!(read, text.as_bytes());

    // A peer that says nothing in the middle of one has gone.
    far.give(compressed(peer.flushed(begin)).more().bytes(Side::Server));
    let error = within(socket.next()).await.expect("once").expect_err("it is silent");
    assert!(matches!(error, Error::Protocol(ProtocolError::KeepaliveTimeout { .. })), "{error:?}");
}
