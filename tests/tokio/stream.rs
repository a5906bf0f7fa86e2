//! How messages go through the tokio adapter: what is written when, in how many writes, and how
//! much is read at once.

use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt::Debug;
use std::pin::pin;
use std::task::Context;
use support::closed;

use support::transport::{self, Task, Transport, drive, open, open_with, payload, run, within};
use support::{Frame, SEED, Side, stream};
use tokio::io::duplex;
use tokio::net::TcpStream;
use websocket_proto::connection::{Client, Oversized, Role, Server, State};
use websocket_proto::frame::Kind;
use websocket_proto::handshake::Opened;
use websocket_proto::io::Unsent;
use websocket_proto::tokio::{Acceptor, Connector, ReadHalf, WebSocketStream, WriteHalf};
use websocket_proto::websocket::{Config, Part, Prepared};
use websocket_proto::{CloseCode, Message};

const SMALLEST_READ: usize = 8 * 1024;
const LARGEST_SPARE: usize = 64 * 1024;
const LARGEST_READ: usize = 256 * 1024;

/// Echoes by `feed` alone until there is nothing more to receive.
fn echo<R: Role>(socket: &mut WebSocketStream<Transport, R>) -> usize {
    let mut count = 0;
    while let Some(next) = run(socket.next()) {
        let message = next.expect("it is open").expect("a good peer");
        run(socket.feed(message)).expect("there is room").expect("it is open");
        count += 1;
    }
    count
}

#[test]
fn an_echo_that_only_feeds_sends_many_replies_in_one_write_and_leaves_none_behind() {
    fn check<R: Role>(role: R, far: impl Role, side: Side) {
        let (mut socket, peer) = open(role);
        // As many as one read takes, so that it waits once.
        let texts: Vec<String> = (0..200).map(|number| format!("{number}")).collect();
        peer.give(stream(side, &texts.iter().map(Frame::text).collect::<Vec<_>>()));
        assert!(peer.unread() < SMALLEST_READ);
        assert_eq!(echo(&mut socket), 200);
        assert_eq!(peer.state().writes.len(), 1);
        let expected: Vec<Message> = texts.into_iter().map(Message::text).collect();
        assert_eq!(peer.take_messages(far), expected);
    }
    check(Server, Client::new(SEED), Side::Server);
    check(Client::new(SEED), Server, Side::Client);
}

#[test]
fn a_message_over_the_limit_that_is_skipped_is_reported_and_the_next_one_arrives() {
    let config = Config::new().max_message_size(100).oversized(Oversized::Skip);
    let (mut socket, peer) = open_with(Server, config);
    let frames = [Frame::binary([0; 101]), Frame::text("next")];
    peer.give(stream(Side::Server, &[frames.clone(), frames].concat()));
    let mut next = || run(socket.next()).expect("it is ready").expect("it is open").expect("good");
    assert_eq!([next(), next()], [Message::Oversized { len: 101 }, Message::text("next")]);
    let part = run(socket.next_part()).expect("it is ready").expect("it is open");
    assert_eq!(part.expect("good"), Part::Oversized { len: 101 });
}

#[test]
fn one_poll_pauses_after_about_a_mebibyte_of_payload() {
    const LEN: usize = 100_000;
    for way in ["next", "next_ref", "next_part"] {
        let (mut socket, peer) = open(Server);
        peer.give(Frame::binary([0; LEN]).bytes(Side::Server).repeat(50));
        let (task, waker) = Task::new();
        let received = Cell::new(0);
        let mut receive_all = pin!(async {
            loop {
                let len = match way {
                    "next" => socket.next().await.expect("open").expect("good").len(),
                    "next_ref" => {
                        let message = socket.next_ref().await.expect("open").expect("good");
                        message.payload().map_or(0, <[u8]>::len)
                    }
                    _ => match socket.next_part().await.expect("open").expect("good") {
                        Part::Data { bytes, .. } => bytes.len(),
                        other => panic!("{other:?}"),
                    },
                };
                received.set(received.get() + len);
            }
        });
        assert!(receive_all.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        assert!(task.take_woken(), "it goes on afterwards");
        assert!(
            (600_000..=(1 << 20) + 256 * 1024).contains(&received.get()),
            "{way}: {received:?}"
        );
    }
}

#[test]
fn replies_leave_between_two_reads_though_the_peer_never_pauses() {
    let (mut socket, peer) = open(Server);
    let frame = Frame::text("x".repeat(100)).bytes(Side::Server);
    peer.give(frame.repeat(10_000));
    let mut replies = 0;
    while peer.unread() > 0 {
        let next = run(socket.next()).expect("there is more").expect("it is open");
        run(socket.feed(next.expect("a good peer"))).expect("there is room").expect("it is open");
        replies += 1;
    }
    let written = peer.state().writes.len();
    assert!(written > 2 && written < replies / 10, "{replies} replies in {written} writes");
}

#[test]
fn pings_and_a_close_are_answered_though_the_application_sends_nothing() {
    for bite in [1, 5, usize::MAX] {
        let (mut socket, peer) = open(Server);
        peer.hesitate();
        peer.bite(bite);
        let frames = [Frame::ping("a"), Frame::text("more").more(), Frame::ping("b")];
        peer.give(stream(Side::Server, &frames));
        let mut received = Vec::new();
        while let Some(next) = drive(&mut socket, 100, async |socket| socket.next().await) {
            received.push(next.expect("it is open").expect("a good peer"));
        }
        assert_eq!(received, [Message::Ping("a".into()), Message::Ping("b".into())]);
        let sent = peer.take_messages(Client::new(SEED));
        // RFC 6455 5.5.3: the answer to the newest is enough.
        assert_eq!(sent.last(), Some(&Message::Pong("b".into())), "{sent:?}");

        peer.give(Frame::close(3000, "done").bytes(Side::Server));
        let close = run(socket.next()).expect("it wakes").expect("it is open");
        let done = Message::close(CloseCode(3000), "done").expect("sendable");
        assert_eq!(close.expect("a good peer"), done);
        assert!(matches!(run(socket.next()), Some(None)));
        let reply = Message::close(CloseCode(3000), "done").expect("sendable");
        assert_eq!(peer.take_messages(Client::new(SEED)), [reply]);
        assert!(peer.state().shut);
    }
}

#[test]
fn many_large_messages_leave_in_one_vectored_write() {
    let (mut socket, peer) = open_with(Server, Config::new().high_water_mark(1 << 20));
    for _ in 0..5 {
        run(socket.feed("small")).expect("there is room").expect("it is open");
        run(socket.feed(payload(20_000))).expect("there is room").expect("it is open");
    }
    run(socket.flush()).expect("there is room").expect("a good transport");
    {
        let state = peer.state();
        let [write] = &state.writes[..] else { panic!("{:?}", state.writes) };
        // What is small stands with the header of what is large.
        let lens: Vec<usize> = write.slices.iter().map(|(_, len)| *len).collect();
        assert_eq!(lens, [7 + 4, 20_000].repeat(5));
    }
    let sent = peer.take_messages(Client::new(SEED));
    let expected = [Message::text("small"), Message::Binary(payload(20_000))];
    assert!(sent.chunks(2).eq([&expected[..]; 5]));
}

#[test]
fn a_transport_without_vectored_writes_gets_the_same_bytes() {
    let sent = [true, false].map(|vectored| {
        let (mut socket, peer) = open_with(Server, Config::new().high_water_mark(1 << 20));
        if !vectored {
            peer.refuse_vectored_writes();
        }
        peer.bite(777);
        peer.give(Frame::ping("now").bytes(Side::Server));
        run(socket.feed("small")).expect("there is room").expect("it is open");
        run(socket.feed(payload(20_000))).expect("there is room").expect("it is open");
        run(socket.next()).expect("it came").expect("it is open").expect("a good peer");
        assert!(run(socket.next()).is_none());
        let most = peer.state().writes.iter().map(|write| write.slices.len()).max();
        assert_eq!(most > Some(1), vectored);
        peer.take_written()
    });
    assert_eq!(sent[0], sent[1]);
}

#[test]
fn reads_grow_with_the_traffic_and_shrink_with_it() {
    let (mut socket, peer) = open(Server);
    let text = Frame::text("x".repeat(1000)).bytes(Side::Server);
    peer.give(text.repeat(3000));
    while let Some(next) = run(socket.next()) {
        next.expect("it is open").expect("a good peer");
    }
    let asked: Vec<usize> = peer.state().reads.iter().map(|read| read.asked).collect();
    assert_eq!(asked[..6], [8, 16, 32, 64, 128, 256].map(|kib| kib * 1024));
    // A buffer that has grown may have twice the room that a read wants.
    assert!(asked.iter().all(|asked| (SMALLEST_READ..=2 * LARGEST_READ).contains(asked)));

    peer.state().reads.clear();
    for _ in 0..100 {
        assert!(run(socket.next()).is_none(), "it waits, and holds no buffer");
        peer.give(Frame::text("small").bytes(Side::Server));
        run(socket.next()).expect("it came").expect("it is open").expect("a good peer");
    }
    // A spare buffer of the thread may have more room than a read wants.
    assert!(peer.state().reads.last().is_some_and(|read| read.asked <= LARGEST_SPARE));
}

#[tokio::test]
async fn two_of_them_talk_over_a_narrow_pipe() {
    let (near, far) = duplex(61);
    let input = bytes::BytesMut::new;
    let mut client =
        WebSocketStream::from_parts(near, Client::new(SEED), Config::new(), Opened::new(), input());
    let mut server =
        WebSocketStream::from_parts(far, Server, Config::new(), Opened::new(), input());
    let serve = async {
        while let Some(received) = server.next().await {
            let message = received.expect("a good peer");
            if message.is_data() {
                server.feed(message).await.expect("it is open");
            }
        }
    };
    let ask = async {
        for round in 0..50 {
            let sent = Message::Binary(payload(round * 100));
            client.send(sent.clone()).await.expect("it is open");
            assert_eq!(client.next().await.expect("open").expect("a good peer"), sent);
        }
        client.send_fragment(Kind::Text, false, "frag").await.expect("it is open");
        client.send(Message::Ping("between".into())).await.expect("it is open");
        client.send_fragment(Kind::Text, true, "ment").await.expect("it is open");
        client.send_prepared(&Prepared::text("prepared")).await.expect("it is open");
        for expected in
            [Message::Pong("between".into()), Message::text("fragment"), Message::text("prepared")]
        {
            assert_eq!(client.next().await.expect("open").expect("a good peer"), expected);
        }
        closed(&mut client, CloseCode::NORMAL, "").await.expect("a good peer");
        assert_eq!(client.state(), State::Closed);
    };
    within(async { tokio::join!(serve, ask) }).await;
}

#[test]
fn every_type_and_future_goes_where_its_user_needs_it() {
    fn everywhere<T: Send + Sync + Unpin + Debug + 'static>() {}
    everywhere::<WebSocketStream<TcpStream, Server>>();
    everywhere::<WebSocketStream<TcpStream, Client>>();
    everywhere::<ReadHalf<TcpStream, Server>>();
    everywhere::<WriteHalf<TcpStream, Client>>();
    everywhere::<Acceptor<TcpStream>>();
    everywhere::<Connector<TcpStream>>();

    fn sendable<T: Send>(future: T) -> T {
        future
    }
    let (mut socket, _peer) = open(Server);
    drop(sendable(socket.next()));
    drop(sendable(socket.ready()));
    drop(sendable(socket.feed("")));
    drop(sendable(socket.send("")));
    drop(sendable(socket.flush()));
    drop(sendable(closed(&mut socket, CloseCode::NORMAL, "")));
    let (mut reader, mut writer) = socket.into_split();
    drop(sendable(reader.next()));
    drop(sendable(writer.feed("")));
    drop(sendable(writer.send("")));
    drop(sendable(writer.flush()));
    drop(sendable(writer.close(CloseCode::NORMAL, "")));
}

#[test]
fn messages_come_out_of_bytes_that_were_read_before() {
    let frames = stream(Side::Server, &[Frame::text("one"), Frame::text("two")]);
    for cut in 0..=frames.len() {
        let (transport, peer) = transport::transport();
        let (before, behind) = frames.split_at(cut);
        peer.give(behind);
        let mut socket = WebSocketStream::from_parts(
            transport,
            Server,
            Config::new(),
            Opened::new(),
            before.into(),
        );
        let mut received = VecDeque::new();
        while let Some(next) = run(socket.next()) {
            received.push_back(next.expect("it is open").expect("a good peer"));
        }
        assert_eq!(received, [Message::text("one"), Message::text("two")], "cut at {cut}");
    }
}

#[test]
fn a_message_can_be_queued_without_a_wait_or_comes_back() {
    let (mut socket, peer) = open_with(Server, Config::new().high_water_mark(10));
    peer.room(0);
    socket.try_send("0123456789").expect("there is room");
    let error = socket.try_send("more").expect_err("the queue is full");
    assert!(
        matches!(error.into_unsent(), Some(Unsent::Message(Message::Text(text))) if text == "more")
    );
    assert_eq!(peer.take_written(), b"");
    peer.open_room();
    run(socket.feed_prepared(&Prepared::text("prepared"))).expect("it leaves").expect("it is open");
    let (reader, mut writer) = socket.into_split();
    assert_eq!((reader.state(), writer.state()), (State::Open, State::Open));
    assert!(writer.try_send("full again").is_err());
    run(writer.flush()).expect("it leaves").expect("a good transport");
    writer.try_send("room").expect("there is room");
    writer.try_send_prepared(&Prepared::text("more")).expect("there is room");
    assert!(writer.try_send_prepared(&Prepared::text("too much")).is_err());
    run(writer.feed_prepared(&Prepared::text("last"))).expect("it leaves").expect("it is open");
    run(writer.flush()).expect("it leaves").expect("a good transport");
    let sent = peer.take_messages(Client::new(SEED));
    assert_eq!(sent, ["0123456789", "prepared", "room", "more", "last"].map(Message::text));
}
