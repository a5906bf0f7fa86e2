//! A transport over two pipes, and its timer.

use std::io::{self, IoSlice};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use machine::{Condvar, Mutex, Pipe, TcpStream};
use websocket_proto::asynchronous::Transport;

#[derive(Debug)]
pub(super) struct PipeTransport {
    pipes: Pipes,
    timer: Timer,
}

#[derive(Debug)]
pub(super) struct Pipes {
    incoming: Arc<Pipe>,
    outgoing: Arc<Pipe>,
}

/// The clock of a transport. It stands still until a model moves it on.
#[derive(Clone, Debug)]
pub(super) struct Timer(Arc<(Mutex<Clock>, Condvar)>);

#[derive(Debug, Default)]
struct Clock {
    now: Duration,
    alarm: Option<(Duration, Waker)>,
}

impl PipeTransport {
    /// Creates a transport and the other end of its connection.
    pub(super) fn pair(capacity: usize) -> (Self, TcpStream) {
        let [incoming, outgoing] = [(); 2].map(|()| Arc::new(Pipe::new(capacity)));
        let peer = TcpStream::new(Arc::clone(&outgoing), Arc::clone(&incoming));
        (Self::new(Pipes { incoming, outgoing }), peer)
    }

    pub(super) fn timer(&self) -> Timer {
        self.timer.clone()
    }
}

impl Timer {
    /// Waits until an alarm is set for exactly `time`, and moves the clock to this time. The task
    /// of the alarm is woken a moment later, unless a task has found before that the time is
    /// reached.
    pub(super) fn reach(&self, time: Duration) {
        let (clock, is_set) = &*self.0;
        let mut reached = clock.lock().unwrap();
        while reached.alarm.as_ref().is_none_or(|(alarm, _)| *alarm != time) {
            reached = is_set.wait(reached).unwrap();
        }
        reached.now = time;
        drop(reached);
        let alarm = clock.lock().unwrap().alarm.take_if(|(alarm, _)| *alarm == time);
        if let Some((_, task)) = alarm {
            task.wake();
        }
    }
}

impl Transport for PipeTransport {
    type Stream = Pipes;

    fn new(pipes: Pipes) -> Self {
        Self { pipes, timer: Timer(Arc::default()) }
    }

    fn stream(&self) -> &Pipes {
        &self.pipes
    }

    fn stream_mut(&mut self) -> &mut Pipes {
        &mut self.pipes
    }

    fn into_stream(self) -> Pipes {
        self.pipes
    }

    fn poll_read(
        &mut self,
        buffer: &mut [u8],
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        self.pipes.incoming.poll_read(buffer, context)
    }

    fn poll_write(
        &mut self,
        slices: &[IoSlice<'_>],
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        self.pipes.outgoing.poll_write(&slices[0], context)
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pipes.outgoing.end();
        Poll::Ready(Ok(()))
    }

    fn now(&mut self) -> Duration {
        self.timer.0.0.lock().unwrap().now
    }

    fn poll_until(
        &mut self,
        deadline: Duration,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let (clock, is_set) = &*self.timer.0;
        let mut clock = clock.lock().unwrap();
        if clock.now >= deadline {
            clock.alarm = None;
            return Poll::Ready(Ok(()));
        }
        clock.alarm = Some((deadline, context.waker().clone()));
        is_set.notify_all();
        Poll::Pending
    }
}
