//! Every ending of the tokio adapter is right: whole, in halves, and as a `Stream` and a `Sink` that
//! two tasks share.

use std::future::poll_fn;
use std::io::ErrorKind;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use bytes::BytesMut;
use futures_core::Stream as _;
use futures_sink::Sink as _;
use support::transport::{
    Peer, Task, Transport, messages, open, open_with, poll_and_drop, run, within,
};
use support::{Frame, SEED, Side, stream};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};
use websocket_proto::connection::{Client, Role, Server};
use websocket_proto::handshake::Opened;
use websocket_proto::io::Error;
use websocket_proto::tokio::{ReadHalf, ServerStream, WebSocketStream, WriteHalf};
use websocket_proto::websocket::{Config, Keepalive};
use websocket_proto::{CloseCode, Message, ProtocolError, SendError};

type Halves = (ReadHalf<Transport, Server>, WriteHalf<Transport, Server>, Peer);

fn halves(config: Config) -> Halves {
    let (socket, peer) = open_with(Server, config);
    let (reader, writer) = socket.into_split();
    (reader, writer, peer)
}

fn close() -> Message {
    Message::close(CloseCode::NORMAL, "").expect("sendable")
}

/// A stream that two tasks share, as the halves of `StreamExt::split` do.
#[derive(Clone, Debug)]
struct Shared(Arc<Mutex<WebSocketStream<Transport, Server>>>);

impl Shared {
    fn with<T>(&self, act: impl FnOnce(Pin<&mut WebSocketStream<Transport, Server>>) -> T) -> T {
        act(Pin::new(&mut *self.0.lock().expect("no test panics with it")))
    }

    async fn next(&self) -> Option<Result<Message, Error>> {
        poll_fn(|context| self.with(|socket| socket.poll_next(context))).await
    }

    async fn send(&self, message: Message) -> Result<(), Error> {
        poll_fn(|context| self.with(|socket| socket.poll_ready(context))).await?;
        self.with(|socket| socket.start_send(message))?;
        poll_fn(|context| self.with(|socket| socket.poll_flush(context))).await
    }

    async fn close(&self) -> Result<(), Error> {
        poll_fn(|context| self.with(|socket| socket.poll_close(context))).await
    }
}

fn shared(config: Config) -> (Shared, Peer) {
    let (socket, peer) = open_with(Server, config);
    (Shared(Arc::new(Mutex::new(socket))), peer)
}

#[track_caller]
fn protocol(error: Error) -> ProtocolError {
    let Error::Protocol(error) = error else { panic!("{error:?}") };
    error
}

#[track_caller]
fn assert_closing(sent: Result<(), Error>) {
    match sent.expect_err("it is over") {
        Error::Rejected(rejected) => assert_eq!(rejected.error, SendError::Closing),
        error => panic!("{error:?}"),
    }
}

/// `if close { break }`, and then a drop, is a usual program.
#[test]
fn an_answer_leaves_before_the_message_that_caused_it_is_returned() {
    fn check<R: Role>(role: impl Fn() -> R, far: impl Fn() -> Client, side: Side) {
        let frames = [Frame::ping("a"), Frame::close(1000, "")];
        let (mut socket, peer) = open(role());
        peer.give(stream(side, &frames));
        run(socket.next()).expect("it came").expect("open").expect("a good peer");
        assert_eq!(peer.take_messages(far()), [Message::Pong("a".into())]);
        run(socket.next()).expect("it came").expect("open").expect("a good peer");
        drop(socket);
        assert_eq!(peer.take_messages(far()), [close()]);
    }
    check(|| Server, || Client::new(SEED), Side::Server);

    let (mut reader, writer, peer) = halves(Config::new());
    peer.give(stream(Side::Server, &[Frame::ping("a"), Frame::close(1000, "")]));
    run(reader.next()).expect("it came").expect("open").expect("a good peer");
    assert_eq!(peer.take_messages(Client::new(SEED)), [Message::Pong("a".into())]);
    run(reader.next()).expect("it came").expect("open").expect("a good peer");
    drop((reader, writer));
    assert_eq!(peer.take_messages(Client::new(SEED)), [close()]);

    let (socket, peer) = shared(Config::new());
    peer.give(stream(Side::Server, &[Frame::ping("a"), Frame::close(1000, "")]));
    for _ in 0..2 {
        run(socket.next()).expect("it came").expect("open").expect("a good peer");
    }
    drop(socket);
    assert_eq!(peer.take_messages(Client::new(SEED)), [Message::Pong("a".into()), close()]);
}

#[test]
fn the_parts_and_the_borrowed_messages_are_answered_as_soon() {
    let (mut socket, peer) = open(Server);
    peer.give(stream(Side::Server, &[Frame::ping("a"), Frame::ping("b"), Frame::close(1000, "")]));
    assert!(run(socket.next_ref()).expect("it came").expect("open").is_ok());
    assert_eq!(peer.take_messages(Client::new(SEED)), [Message::Pong("a".into())]);
    assert!(run(socket.next_part()).expect("it came").expect("open").is_ok());
    assert_eq!(peer.take_messages(Client::new(SEED)), [Message::Pong("b".into())]);
    assert!(run(socket.next_ref()).expect("it came").expect("open").is_ok());
    assert_eq!(peer.take_messages(Client::new(SEED)), [close()]);
}

#[test]
fn close_flushes_what_is_owed_after_the_peer_has_closed() {
    let (mut reader, mut writer, peer) = halves(Config::new());
    peer.room(0);
    peer.give(Frame::close(1000, "").bytes(Side::Server));
    run(reader.next()).expect("it came").expect("open").expect("a good peer");
    assert!(run(writer.close(CloseCode::NORMAL, "")).is_none(), "the answer is to be written");
    peer.open_room();
    run(writer.close(CloseCode::NORMAL, "")).expect("it is written").expect("a clean end");
    assert_eq!(peer.take_messages(Client::new(SEED)), [close()]);

    let (socket, peer) = shared(Config::new());
    peer.room(0);
    peer.give(Frame::close(1000, "").bytes(Side::Server));
    run(socket.next()).expect("it came").expect("open").expect("a good peer");
    assert!(run(socket.close()).is_none(), "the answer is to be written");
    peer.open_room();
    run(socket.close()).expect("it is written").expect("a clean end");
    assert_eq!(peer.take_messages(Client::new(SEED)), [close()]);
}

#[test]
fn close_and_finish_may_follow_any_end_in_any_order() {
    type End = fn(&Peer);
    let ends: [End; 4] = [
        |peer| peer.give(Frame::close(1000, "").bytes(Side::Server)),
        |peer| peer.give([0xff; 2]),
        |peer| peer.fail_reads(ErrorKind::ConnectionReset),
        |_| {},
    ];
    for end in ends {
        for order in 0..6 {
            let (socket, peer) = open(Server);
            end(&peer);
            peer.end();
            let mut socket = socket;
            while let Some(next) = run(socket.next()).expect("it ended") {
                let _ = next;
            }
            for step in [order % 3, (order + 1) % 3, order / 2, 0, 1, 2] {
                match step {
                    0 => run(socket.close(CloseCode::NORMAL, "")).expect("at once").expect("over"),
                    1 => run(socket.finish()).expect("at once").expect("over"),
                    _ => assert!(run(socket.next()).expect("at once").is_none()),
                }
            }
            // Halves know what the whole has seen, and the other way round.
            let (mut reader, mut writer) = socket.into_split();
            run(writer.close(CloseCode::NORMAL, "")).expect("at once").expect("over");
            assert_closing(run(writer.send("late")).expect("at once"));
            run(reader.finish()).expect("at once").expect("over");
            assert!(run(reader.next()).expect("at once").is_none());
            let mut socket = reader.reunite(writer).expect("one connection");
            run(socket.finish()).expect("at once").expect("over");
            assert_closing(run(socket.send("late")).expect("at once"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_client_of_a_server_that_keeps_the_transport_open_is_done_within_the_close_time_out() {
    let (mut socket, peer) = open(Client::new(SEED));
    peer.give(Frame::close(1000, "").bytes(Side::Client));
    let begin = Instant::now();
    within(socket.next()).await.expect("a Close").expect("a good peer");
    assert!(within(socket.next()).await.is_none());
    assert_eq!(begin.elapsed().as_secs(), 10);
    within(socket.close(CloseCode::NORMAL, "")).await.expect("a clean end");
    within(socket.finish()).await.expect("a clean end");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_closes_and_reads_nothing_is_left_within_the_close_time_out() {
    let (mut reader, mut writer, peer) = halves(Config::new().high_water_mark(1));
    peer.room(0);
    within(writer.feed("first")).await.expect("there is room");
    let sending = tokio::spawn(async move {
        assert_closing(writer.send("second").await);
        writer
    });
    sleep(Duration::from_secs(1)).await;
    let begin = Instant::now();
    peer.give(Frame::close(1000, "").bytes(Side::Server));
    within(reader.next()).await.expect("a Close").expect("a good peer");
    // The task that sends learns it at once.
    let mut writer = within(sending).await.expect("no panic");
    assert_eq!(begin.elapsed().as_secs(), 0);
    assert!(within(reader.next()).await.is_none());
    assert_eq!(begin.elapsed().as_secs(), 10);
    let lost = within(writer.close(CloseCode::NORMAL, "")).await.expect_err("bytes were lost");
    assert!(!lost.is_would_block(), "{lost:?}");
    within(reader.finish()).await.expect("both have sent a Close");
}

#[tokio::test(start_paused = true)]
async fn a_half_that_waits_learns_however_the_connection_failed() {
    let keepalive =
        Keepalive { interval: Duration::from_secs(20), timeout: Duration::from_secs(5) };
    type Fail = fn(&Peer);
    let fails: [(Config, Fail); 4] = [
        (Config::new(), |peer| peer.give([0xff; 2])),
        (Config::new(), |peer| peer.fail_reads(ErrorKind::ConnectionReset)),
        (Config::new(), Peer::end),
        (Config::new().keepalive(keepalive), |_| {}),
    ];
    for (config, fail) in fails {
        let config = config.high_water_mark(1);
        // In halves.
        let (mut reader, mut writer, peer) = halves(config.clone());
        peer.room(0);
        within(writer.feed("first")).await.expect("there is room");
        let sending = tokio::spawn(async move { writer.send("second").await });
        let reading = tokio::spawn(async move { reader.next().await.map(|next| next.is_err()) });
        sleep(Duration::from_secs(1)).await;
        fail(&peer);
        assert_eq!(within(reading).await.expect("no panic"), Some(true));
        assert_closing(within(sending).await.expect("no panic"));

        // As a stream and a sink.
        let (socket, peer) = shared(config);
        peer.room(0);
        socket.with(|socket| socket.start_send(Message::text("first"))).expect("there is room");
        let (reader, writer) = (socket.clone(), socket);
        let sending = tokio::spawn(async move { writer.send(Message::text("second")).await });
        let reading = tokio::spawn(async move { reader.next().await.map(|next| next.is_err()) });
        sleep(Duration::from_secs(1)).await;
        fail(&peer);
        assert_eq!(within(reading).await.expect("no panic"), Some(true));
        assert_closing(within(sending).await.expect("no panic"));
    }
}

/// The whole of what is queued leaves before the Close, and the peer's answer is waited for.
#[test]
fn what_is_queued_leaves_before_a_close() {
    for split in [false, true] {
        let (mut socket, peer) = open(Server);
        peer.room(3);
        run(socket.feed("one")).expect("there is room").expect("it is open");
        run(socket.feed("two")).expect("there is room").expect("it is open");
        if split {
            let (mut reader, mut writer) = socket.into_split();
            assert!(poll_and_drop(1, writer.close(CloseCode::NORMAL, "")).is_none());
            drop(writer);
            peer.open_room();
            peer.give(Frame::close(1000, "").bytes(Side::Server));
            peer.end();
            run(reader.finish()).expect("it ended").expect("a clean end");
        } else {
            assert!(poll_and_drop(1, socket.close(CloseCode::NORMAL, "")).is_none());
            peer.open_room();
            peer.give(Frame::close(1000, "").bytes(Side::Server));
            peer.end();
            run(socket.finish()).expect("it ended").expect("a clean end");
        }
        let sent = peer.take_messages(Client::new(SEED));
        assert_eq!(sent, [Message::text("one"), Message::text("two"), close()]);
        assert!(peer.state().shut);
    }
}

#[test]
fn a_send_that_is_dropped_is_taken_over_by_the_task_that_receives() {
    for reads_first in [false, true] {
        let (mut reader, mut writer, peer) = halves(Config::new());
        let (task, waker) = Task::new();
        let mut context = Context::from_waker(&waker);
        run(writer.flush()).expect("there is nothing").expect("a good transport");
        peer.room(1000);
        let mut next = pin!(reader.next());
        if reads_first {
            assert!(next.as_mut().poll(&mut context).is_pending());
        }
        assert!(run(writer.send(vec![7; 5000])).is_none());
        if !reads_first {
            assert!(next.as_mut().poll(&mut context).is_pending());
        }
        peer.open_room();
        assert!(task.take_woken());
        assert!(next.as_mut().poll(&mut context).is_pending());
        assert_eq!(peer.take_messages(Client::new(SEED)), [Message::binary(vec![7; 5000])]);
    }

    let (socket, peer) = shared(Config::new());
    let (task, waker) = Task::new();
    let mut context = Context::from_waker(&waker);
    let mut next = pin!(socket.next());
    assert!(next.as_mut().poll(&mut context).is_pending());
    peer.room(1000);
    assert!(run(socket.send(Message::binary(vec![7; 5000]))).is_none());
    peer.open_room();
    assert!(task.take_woken());
    assert!(matches!(next.as_mut().poll(&mut context), Poll::Pending));
    assert_eq!(peer.take_messages(Client::new(SEED)), [Message::binary(vec![7; 5000])]);
}

/// The loop of the README, and a drop.
async fn echo(mut socket: ServerStream<TcpStream>, split: bool) -> Result<(), Error> {
    if split {
        let (mut reader, mut writer) = socket.into_split();
        while let Some(message) = reader.next().await {
            writer.send(message?).await?;
        }
        return Ok(());
    }
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_data() {
            socket.feed(message).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_read_loop_is_a_right_ending_with_much_unread_behind_a_fault() {
    for split in [false, true] {
        for _ in 0..20 {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
            let address = listener.local_addr().expect("bound");
            let (client, server) = tokio::join!(TcpStream::connect(address), listener.accept());
            let (mut client, server) = (client.expect("connected"), server.expect("accepted").0);
            let socket = WebSocketStream::from_parts(
                server,
                Server,
                Config::new(),
                Opened::new(),
                BytesMut::new(),
            );
            let serving = tokio::spawn(echo(socket, split));
            let mut bytes = Frame::text("not masked").unmasked().bytes(Side::Server);
            bytes.resize(300_000, 0);
            client.write_all(&bytes).await.expect("the server reads all of it");
            let mut heard = Vec::new();
            client.read_to_end(&mut heard).await.expect("no reset");
            let sent = messages(Client::new(SEED), &heard);
            assert!(matches!(&sent[..], [Message::Close(Some(frame))] if frame.code().0 == 1002));
            drop(client);
            let error = serving.await.expect("no panic").expect_err("a fault");
            assert_eq!(protocol(error), ProtocolError::UnmaskedFrame);
        }
    }
}

/// A waker that polls the other half at once, as some executors do.
struct Inline(Mutex<Option<ReadHalf<Transport, Server>>>);

impl Wake for Inline {
    fn wake(self: Arc<Self>) {
        let (_task, waker) = Task::new();
        if let Some(reader) = &mut *self.0.lock().expect("sound") {
            let _ = pin!(reader.next()).poll(&mut Context::from_waker(&waker));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_waker_may_poll_the_other_half_at_once() {
    let (mut reader, mut writer, peer) = halves(Config::new());
    let inline = Arc::new(Inline(Mutex::new(None)));
    let waker = Waker::from(Arc::clone(&inline));
    assert!(pin!(reader.next()).poll(&mut Context::from_waker(&waker)).is_pending());
    *inline.0.lock().expect("sound") = Some(reader);
    within(writer.close(CloseCode::NORMAL, "")).await.expect("it is sent");
    assert_eq!(peer.take_messages(Client::new(SEED)), [close()]);
}
