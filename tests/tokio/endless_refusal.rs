//! A server that refuses the WebSocket with a body that never ends, and that sends faster than the
//! client reads.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf, join, repeat, sink};
use tokio::time::timeout;
use websocket_proto::io::{ConnectError, ConnectOptions};
use websocket_proto::tokio::Connector;

const LIMIT: Duration = Duration::from_millis(500);

/// Much longer than the limit.
const LONG: Duration = Duration::from_secs(10);

/// The chunk extension after this never ends, so no byte of the body arrives.
const HEAD: &[u8] = b"HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n5;";

/// A byte stream that always has bytes to read. Unlike the byte streams of tokio, it never makes
/// the task pause.
#[derive(Debug)]
struct Endless {
    head: &'static [u8],
    begin: Instant,
}

impl AsyncRead for Endless {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        assert!(self.begin.elapsed() < LONG, "the task has not paused");
        let (now, later) = self.head.split_at(self.head.len().min(buffer.remaining()));
        self.head = later;
        buffer.put_slice(now);
        // The client must need much less than the limit for the bytes before a pause, also on a slow
        // machine.
        buffer.initialize_unfilled().fill(b'x');
        buffer.set_filled(buffer.capacity());
        Poll::Ready(Ok(()))
    }
}

async fn assert_refused_in_time(stream: impl AsyncRead + AsyncWrite + Unpin) {
    let options = ConnectOptions::new("ws://example.com/").expect("a good URL");
    let options = options.refusal_body_timeout(LIMIT).connect_timeout(LONG);
    let mut connector = Connector::new(stream, options).expect("a good request");
    let begin = Instant::now();
    // The other tasks of the thread run in the meantime.
    let mut pauses = 0;
    let connected = timeout(LONG, async {
        tokio::select! {
            connected = connector.connect() => connected.map(drop),
            never = async {
                loop {
                    tokio::task::yield_now().await;
                    pauses += 1;
                }
            } => never,
        }
    });
    match connected.await.expect("it ends in time") {
        Err(ConnectError::Refused { answer, .. }) => assert_eq!(answer.status, 503),
        connected => panic!("{connected:?}"),
    }
    assert!(begin.elapsed() >= LIMIT);
    assert!(pauses > 0);
}

#[tokio::test]
async fn a_refusal_whose_body_never_ends_is_reported_in_time() {
    assert_refused_in_time(join(HEAD.chain(repeat(b'x')), sink())).await;
}

#[tokio::test]
async fn a_refusal_whose_body_never_ends_lets_the_other_tasks_run() {
    let endless = Endless { head: HEAD, begin: Instant::now() };
    assert_refused_in_time(join(endless, sink())).await;
}
