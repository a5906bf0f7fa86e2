//! Every wait of the tokio adapter has a limit: the keepalive in both directions, the write time-out
//! and the close time-out, whatever the peer does and whatever the application waits in. The clock is
//! virtual.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_sink::Sink;
use support::transport::{Peer, Task, Transport, open_with, within};
use support::{Frame, SEED, Side};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, sleep};
use websocket_proto::connection::{Client, Server};
use websocket_proto::io::Error;
use websocket_proto::tokio::{ReadHalf, WriteHalf};
use websocket_proto::websocket::{Config, Keepalive};
use websocket_proto::{CloseCode, Message, ProtocolError, SendError};

use crate::limits::{LIMIT, SILENT, STUCK, UNANSWERED, impatient, keepalive, over, protocol};

type Halves = (ReadHalf<Transport, Server>, WriteHalf<Transport, Server>, Peer);

fn halves(config: Config) -> Halves {
    let (socket, peer) = open_with(Server, config);
    let (reader, writer) = socket.into_split();
    (reader, writer, peer)
}

fn close() -> Message {
    Message::close(CloseCode::NORMAL, "").expect("sendable")
}

/// The error that ends the connection, which is told once.
async fn last_error(reader: &mut ReadHalf<Transport, Server>) -> ProtocolError {
    let error = within(reader.next()).await.expect("once").expect_err("it is over");
    assert!(within(reader.next()).await.is_none(), "it is told once");
    protocol(error)
}

#[track_caller]
fn assert_closing<T>(sent: Result<T, Error>) {
    match sent.map(|_| ()).expect_err("it is over") {
        Error::Rejected(rejected) => assert_eq!(rejected.error, SendError::Closing),
        error => panic!("{error:?}"),
    }
}

/// A Close that is sent as a message begins the closing handshake too, so that the half that
/// receives has a limit from then on.
#[tokio::test(start_paused = true)]
async fn the_half_that_receives_ends_in_time_after_a_close_that_was_sent_as_a_message() {
    let (mut reader, mut writer, _peer) = halves(Config::new());
    let reading = tokio::spawn(async move { last_error(&mut reader).await });
    sleep(Duration::from_secs(1)).await;
    let begin = Instant::now();
    within(writer.send(close())).await.expect("it is open");
    assert_eq!(within(reading).await.expect("no panic"), UNANSWERED);
    assert_eq!(begin.elapsed().as_secs(), 10);

    let (mut reader, mut writer, _peer) = halves(Config::new());
    let reading = tokio::spawn(async move { last_error(&mut reader).await });
    sleep(Duration::from_secs(1)).await;
    let begin = Instant::now();
    Pin::new(&mut writer).start_send(close()).expect("it is open");
    assert_eq!(within(reading).await.expect("no panic"), UNANSWERED);
    assert_eq!(begin.elapsed().as_secs(), 10);
}

#[test]
fn a_time_limit_outside_of_a_runtime_is_an_error_and_neither_a_panic_nor_a_loop() {
    let limited = || Config::new().write_timeout(LIMIT);
    let (mut socket, peer) = open_with(Server, limited());
    peer.room(0);
    let (_task, waker) = Task::new();
    let mut context = Context::from_waker(&waker);
    let Poll::Ready(sent) = pin!(socket.send("text")).poll(&mut context) else {
        panic!("it waits")
    };
    assert!(matches!(sent, Err(Error::Io(_))), "{sent:?}");
    let Poll::Ready(next) = pin!(socket.next()).poll(&mut context) else { panic!("it waits") };
    assert!(matches!(next, Some(Err(Error::Io(_)))), "{next:?}");
}

/// A transport whose flush or shutdown never ends.
#[derive(Debug)]
struct Stalled {
    takes_flush: bool,
    incoming: Vec<u8>,
}

impl AsyncRead for Stalled {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.incoming.is_empty() {
            return Poll::Pending;
        }
        buffer.put_slice(&self.incoming);
        self.incoming.clear();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stalled {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.takes_flush { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

#[tokio::test(start_paused = true)]
async fn a_flush_or_a_shutdown_that_never_ends_has_a_limit() {
    for takes_flush in [true, false] {
        let stalled = |frame: Frame| Stalled { takes_flush, incoming: frame.bytes(Side::Server) };
        // After a clean closing handshake.
        let mut socket = over(stalled(Frame::close(1000, "")), Config::new());
        let begin = Instant::now();
        within(socket.next()).await.expect("a Close").expect("a good peer");
        assert!(within(socket.next()).await.is_none());
        assert_eq!(begin.elapsed().as_secs(), 10);
        within(socket.finish()).await.expect("both have sent a Close");
        // After a fault.
        let mut socket = over(stalled(Frame::text("").unmasked()), Config::new());
        let begin = Instant::now();
        within(socket.next()).await.expect("once").expect_err("a fault");
        assert_eq!(begin.elapsed().as_secs(), 10);
        // Before any Close.
        for config in impatient() {
            let mut socket = over(stalled(Frame::text("")), config);
            let sent = within(socket.send("text")).await;
            if takes_flush {
                sent.expect("a good transport");
            } else {
                assert_eq!(protocol(sent.expect_err("it is never flushed")), STUCK);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_nothing_is_given_up_whatever_the_application_waits_in() {
    for config in impatient() {
        let config = config.high_water_mark(1);
        // Only the half that sends.
        let (_reader, mut writer, peer) = halves(config.clone());
        peer.room(1);
        let begin = Instant::now();
        let error = within(writer.send("text")).await.expect_err("it is stuck");
        assert_eq!(protocol(error), STUCK);
        assert_eq!(begin.elapsed().as_secs(), 25);
        assert_closing(within(writer.send("text")).await);

        // A half that waits for room.
        let (mut reader, mut writer, peer) = halves(config.clone());
        peer.room(0);
        within(writer.feed("fills the queue")).await.expect("there is room");
        assert_closing(within(writer.feed("text")).await);
        assert_eq!(last_error(&mut reader).await, STUCK);

        // Only the half that receives.
        let (mut reader, mut writer, peer) = halves(config.clone());
        peer.room(0);
        within(writer.feed("text")).await.expect("there is room");
        assert_eq!(last_error(&mut reader).await, STUCK);
        assert_closing(within(writer.send("text")).await);

        // The half that receives, after a send was dropped.
        let (mut reader, mut writer, peer) = halves(config.clone());
        peer.room(0);
        let reading = tokio::spawn(async move { last_error(&mut reader).await });
        sleep(Duration::from_secs(1)).await;
        let sending = tokio::time::timeout(Duration::from_secs(1), writer.send("text"));
        sending.await.expect_err("it is stuck");
        assert_eq!(within(reading).await.expect("no panic"), STUCK);

        // The whole stream.
        let (mut socket, peer) = open_with(Server, config);
        peer.room(0);
        let error = within(socket.send("text")).await.expect_err("it is stuck");
        assert_eq!(protocol(error), STUCK);
        assert_eq!(protocol(within(socket.next()).await.expect("once").unwrap_err()), STUCK);
        assert!(within(socket.next()).await.is_none());
        within(socket.finish()).await.expect("it is told once");
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_given_up_though_the_application_sends_all_the_time() {
    let (mut reader, mut writer, peer) = halves(keepalive());
    peer.forget();
    let begin = Instant::now();
    let sending = tokio::spawn(async move {
        while writer.send("news").await.is_ok() {
            sleep(Duration::from_secs(1)).await;
        }
    });
    assert_eq!(last_error(&mut reader).await, SILENT);
    assert_eq!(begin.elapsed().as_secs(), 25);
    within(sending).await.expect("no panic");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_slowly_and_answers_is_never_given_up() {
    let config = keepalive().write_timeout(Duration::from_secs(15));
    let (mut reader, mut writer, peer) = halves(config);
    peer.room(0);
    let sending = tokio::spawn(async move { writer.send(vec![7; 1000]).await });
    let reading = tokio::spawn(async move { while let Some(Ok(_)) = reader.next().await {} });
    for _ in 0..100 {
        sleep(Duration::from_secs(14)).await;
        peer.room(10);
        peer.give(Frame::pong("").bytes(Side::Server));
    }
    peer.open_room();
    within(sending).await.expect("no panic").expect("a slow peer is no dead peer");
    assert!(!reading.is_finished());
}

/// A wait that ended long ago does not count for the next one.
#[tokio::test(start_paused = true)]
async fn each_write_has_the_whole_of_its_time() {
    let (_reader, mut writer, peer) = halves(Config::new().write_timeout(LIMIT));
    for _ in 0..5 {
        peer.room(1);
        let sending = async {
            sleep(Duration::from_secs(9)).await;
            peer.open_room();
        };
        let (sent, ()) = within(async { tokio::join!(writer.send("text"), sending) }).await;
        sent.expect("it was in time");
        sleep(Duration::from_secs(1000)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn never_and_at_once_are_limits_too() {
    let forever = Duration::from_secs(30);
    for never in [Duration::MAX, Duration::MAX - Duration::from_nanos(1), Duration::MAX / 2] {
        let config = Config::new()
            .close_timeout(never)
            .write_timeout(never)
            .keepalive(Keepalive { interval: never, timeout: never });
        let (mut reader, mut writer, peer) = halves(config);
        peer.room(0);
        tokio::time::timeout(forever, writer.send("text")).await.expect_err("it is stuck");
        tokio::time::timeout(forever, reader.next()).await.expect_err("it is silent");
        tokio::time::timeout(forever, writer.close(CloseCode::NORMAL, ""))
            .await
            .expect_err("stuck");
        tokio::time::timeout(forever, reader.finish()).await.expect_err("it does not answer");
    }
    let zero = Duration::ZERO;
    let (mut socket, _peer) = open_with(Server, Config::new().close_timeout(zero));
    within(socket.close(CloseCode::NORMAL, "")).await.expect("it is taken at once");
    let error = within(socket.finish()).await.expect_err("it has no time to answer");
    assert_eq!(protocol(error), ProtocolError::CloseTimeout { timeout: zero });

    let (mut socket, peer) = open_with(Server, Config::new().write_timeout(zero));
    within(socket.send("text")).await.expect("it is taken at once");
    peer.room(0);
    let error = within(socket.send("text")).await.expect_err("it is not");
    assert_eq!(protocol(error), ProtocolError::WriteTimeout { timeout: zero });

    let none = Keepalive { interval: zero, timeout: zero };
    let (mut socket, _peer) = open_with(Server, Config::new().keepalive(none));
    let error = within(socket.next()).await.expect("once").expect_err("it has no time to answer");
    assert_eq!(protocol(error), ProtocolError::KeepaliveTimeout { timeout: zero });
}

/// The Close had come in time, and the application looks late.
#[tokio::test(start_paused = true)]
async fn a_close_that_came_while_the_application_was_busy_is_a_clean_end() {
    let (mut socket, peer) = open_with(Server, Config::new());
    within(socket.close(CloseCode::NORMAL, "")).await.expect("it is taken");
    tokio::time::timeout(Duration::from_secs(1), socket.next()).await.expect_err("silence");
    peer.give(Frame::close(1000, "").bytes(Side::Server));
    sleep(10 * LIMIT).await;
    peer.end();
    within(socket.finish()).await.expect("a clean end");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_drips_in_fails_the_connection_with_1008_whole_and_in_halves() {
    for split in [false, true] {
        let config = Config::new().message_timeout(Duration::from_secs(30));
        let (mut socket, peer) = open_with(Server, config);
        let frame = Frame::binary([7; 100]).bytes(Side::Server);
        let dripping = tokio::spawn({
            let peer = peer.clone();
            async move {
                for byte in frame {
                    peer.give([byte]);
                    sleep(Duration::from_secs(1)).await;
                }
                peer.end();
            }
        });
        let begin = Instant::now();
        let received = if split {
            let (mut reader, _writer) = socket.into_split();
            within(reader.next()).await
        } else {
            within(socket.next()).await
        };
        let Some(Err(Error::Protocol(error))) = received else { panic!("{received:?}") };
        assert_eq!(error, ProtocolError::MessageTimeout { timeout: Duration::from_secs(30) });
        assert!(begin.elapsed() <= Duration::from_secs(41), "with the close time-out");
        let sent = peer.take_messages(Client::new(SEED));
        assert!(matches!(&sent[..], [Message::Close(Some(frame))] if frame.code().0 == 1008));
        dripping.abort();
    }
}
