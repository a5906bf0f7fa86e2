//! A peer that never stops sending: each wait of the tokio adapter ends in time, and the task pauses
//! so that other tasks can run. The clock is virtual.

use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::BytesMut;
use support::transport::Task;
use support::{Frame, Side, stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;
use websocket_proto::ProtocolError;
use websocket_proto::connection::Server;
use websocket_proto::handshake::Opened;
use websocket_proto::tokio::{Acceptor, WebSocketStream};
use websocket_proto::websocket::Config;

use crate::limits::{LIMIT, STUCK, UNANSWERED, impatient, over, protocol};

/// A peer that sends the same bytes again and again, as fast as they are read. It accepts bytes only
/// if `takes` is set.
#[derive(Debug)]
struct Flood {
    bytes: Vec<u8>,
    at: usize,
    takes: bool,
    /// How many reads there have been, and after how many the test is wrong to wait longer.
    reads: usize,
    most: usize,
}

fn flood(frames: &[Frame], takes: bool) -> Flood {
    let bytes = frames.iter().flat_map(|frame| frame.bytes(Side::Server)).collect();
    Flood { bytes, at: 0, takes, reads: 0, most: usize::MAX }
}

impl AsyncRead for Flood {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.reads += 1;
        assert!(self.reads < self.most, "the task has not paused");
        for _ in 0..100 {
            let len = buffer.remaining().min(self.bytes.len() - self.at);
            buffer.put_slice(&self.bytes[self.at..][..len]);
            self.at = (self.at + len) % self.bytes.len();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Flood {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.takes { Poll::Ready(Ok(bytes.len())) } else { Poll::Pending }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// The outcome of a future that is always busy, on a clock that goes on nevertheless. The paused
/// clock of tokio goes on by itself only while all tasks wait.
async fn while_time_passes<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let tick = async {
        for _ in 0..2000 {
            tokio::time::advance(Duration::from_millis(30)).await;
        }
        panic!("it does not end")
    };
    let tick: Pin<&mut dyn Future<Output = Infallible>> = pin!(tick);
    tokio::select! {
        biased;
        done = &mut future => done,
        never = tick => match never {},
    }
}

#[tokio::test(start_paused = true)]
async fn finish_ends_in_time_though_the_peer_never_stops_sending_messages() {
    for takes in [true, false] {
        let mut socket = over(flood(&[Frame::text("x".repeat(1000))], takes), Config::new());
        let begin = Instant::now();
        let error = while_time_passes(socket.finish()).await.expect_err("no Close comes");
        assert_eq!(protocol(error), UNANSWERED);
        assert!((10..=11).contains(&begin.elapsed().as_secs()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_is_told_in_time_though_the_peer_never_stops_sending() {
    for takes in [true, false] {
        let mut socket = over(flood(&[Frame::text("x").unmasked()], takes), Config::new());
        let begin = Instant::now();
        let next = while_time_passes(socket.next()).await.expect("once");
        assert_eq!(protocol(next.expect_err("a fault")), ProtocolError::UnmaskedFrame);
        assert!((10..=11).contains(&begin.elapsed().as_secs()));
        assert!(while_time_passes(socket.next()).await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_floods_and_reads_nothing_is_given_up() {
    for config in impatient() {
        let mut socket = over(flood(&[Frame::ping("x".repeat(100))], false), config);
        let begin = Instant::now();
        let error = while_time_passes(async {
            loop {
                match socket.next().await.expect("it is open") {
                    Ok(_) => {}
                    Err(error) => break error,
                }
            }
        })
        .await;
        assert_eq!(protocol(error), STUCK);
        assert!((25..=26).contains(&begin.elapsed().as_secs()));
    }
}

#[tokio::test(start_paused = true)]
async fn one_poll_pauses_however_much_the_transport_has() {
    let endless: [(&[Frame], &[Frame]); 3] = [
        // A message that never ends, in fragments without a byte.
        (&[Frame::text("").more()], &[Frame::continuation("").more()]),
        (&[], &[Frame::ping(""), Frame::pong("")]),
        (&[], &[Frame::text("")]),
    ];
    for (first, rest) in endless {
        let mut peer = flood(rest, true);
        peer.most = 300;
        let first = BytesMut::from(&stream(Side::Server, first)[..]);
        let mut socket =
            WebSocketStream::from_parts(peer, Server, Config::new(), Opened::new(), first);
        let (task, waker) = Task::new();
        let mut context = Context::from_waker(&waker);
        let mut receive_all = pin!(async { while let Some(Ok(_)) = socket.next().await {} });
        assert!(receive_all.as_mut().poll(&mut context).is_pending());
        assert!(task.take_woken(), "it goes on afterwards");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_client_that_never_stops_sending_is_given_up() {
    let acceptor: Acceptor<Flood> = Acceptor::new(flood(&[Frame::text("x")], true));
    let begin = Instant::now();
    while_time_passes(acceptor.finish(LIMIT)).await.expect_err("it does not end");
    assert!((10..=11).contains(&begin.elapsed().as_secs()));
}
