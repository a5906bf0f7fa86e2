//! A byte stream of `futures-io`, with a timer of the caller.

use alloc::boxed::Box;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::io::{self, IoSlice};
use std::time::Instant;

use ::futures_io::{AsyncRead, AsyncWrite};

use crate::asynchronous::Transport;

/// A byte stream that implements [`AsyncRead`] and [`AsyncWrite`], with a timer of the caller.
pub struct FuturesTransport<S> {
    stream: S,
    start: Instant,
    /// The sum of the times by which the timer was early. It is added to the clock.
    ahead: Duration,
    /// Creates a future that is ready after a time.
    timer: Option<Box<Timer>>,
    sleep: Option<(Duration, Sleep)>,
}

type Sleep = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;
type Timer = dyn Fn(Duration) -> Sleep + Send + Sync;

impl<S> FuturesTransport<S> {
    /// Sets the timer. `timer` gets a duration, and returns a future that is ready after that
    /// duration. If the future is ready too early, the duration still counts as over.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # async fn sleep(_: Duration) {}
    /// # let stream: Box<dyn futures_io::AsyncRead> = Box::new(&[][..]);
    /// use websocket_proto::asynchronous::Transport;
    /// use websocket_proto::futures_io::FuturesTransport;
    ///
    /// # fn check<S: futures_io::AsyncRead + futures_io::AsyncWrite + Unpin>(stream: S) {
    /// let transport = FuturesTransport::new(stream).timer(|time| sleep(time)); // of your runtime
    /// # }
    /// ```
    #[must_use]
    pub fn timer<F>(mut self, timer: impl Fn(Duration) -> F + Send + Sync + 'static) -> Self
    where
        F: Future + Send + Sync + 'static,
    {
        self.timer = Some(Box::new(move |time| {
            let sleep = timer(time);
            Box::pin(async {
                sleep.await;
            })
        }));
        self
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Transport for FuturesTransport<S> {
    type Stream = S;

    fn new(stream: S) -> Self {
        Self { stream, start: Instant::now(), ahead: Duration::ZERO, timer: None, sleep: None }
    }

    fn stream(&self) -> &S {
        &self.stream
    }

    fn stream_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    fn into_stream(self) -> S {
        self.stream
    }

    fn poll_read(
        &mut self,
        buffer: &mut [u8],
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }

    fn poll_write(
        &mut self,
        slices: &[IoSlice<'_>],
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let stream = Pin::new(&mut self.stream);
        match slices {
            [single] => stream.poll_write(context, single),
            several => stream.poll_write_vectored(context, several),
        }
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(context)
    }

    fn now(&mut self) -> Duration {
        self.start.elapsed().saturating_add(self.ahead)
    }

    fn poll_until(
        &mut self,
        deadline: Duration,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let left = deadline.saturating_sub(self.now());
        let Some(timer) = &self.timer else {
            return Poll::Pending;
        };
        if !left.is_zero() {
            let sleep = match &mut self.sleep {
                Some((until, sleep)) if *until == deadline => sleep,
                sleep => &mut sleep.insert((deadline, timer(left))).1,
            };
            ready!(sleep.as_mut().poll(context));
            let early = deadline.saturating_sub(self.now());
            self.ahead += early;
        }
        self.sleep = None;
        Poll::Ready(Ok(()))
    }
}

impl<S: fmt::Debug> fmt::Debug for FuturesTransport<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FuturesTransport").field("stream", &self.stream).finish_non_exhaustive()
    }
}
