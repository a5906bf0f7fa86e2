//! A transport in memory, whose other end the test holds: it says how much is given and taken at
//! a time, when the transport is pending and when it fails, and it sees each read and write.

mod polling;

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use websocket_proto::connection::Role;
use websocket_proto::handshake::Opened;
use websocket_proto::tokio::WebSocketStream;
use websocket_proto::websocket::Config;
use websocket_proto::{Message, WebSocket};

use crate::Setup;
use crate::messages::ReceiveFrom;

pub use polling::{Task, drive, enter, poll_and_drop, run, within};

/// What the WebSocket reads from and writes to.
///
/// It keeps one waker for reading and one for writing, the last that each was asked with.
#[derive(Debug)]
pub struct Transport(Arc<Mutex<State>>);

/// The other end of a [`Transport`].
#[derive(Clone, Debug)]
pub struct Peer(Arc<Mutex<State>>);

/// What the two ends of a transport share.
#[derive(Debug, Default)]
pub struct State {
    incoming: VecDeque<u8>,
    ended: bool,
    read_error: Option<ErrorKind>,
    /// The most that one read gives or one write takes.
    bite: Option<usize>,
    /// How much is taken yet.
    room: Option<usize>,
    /// Whether each step is pending once before it is done.
    hesitant: bool,
    asked: [bool; 4],
    /// How many reads, writes, flushes and shutdowns there were.
    pub steps: usize,
    fault: Option<(usize, Fault)>,
    plain_writes: bool,
    /// Whether what is taken is thrown away.
    forgetful: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
    /// What was written and not taken away.
    pub written: Vec<u8>,
    /// How much of what was written has not been flushed.
    pub unflushed: usize,
    /// Whether the WebSocket has shut the transport down.
    pub shut: bool,
    /// Whether the WebSocket has dropped the transport.
    pub dropped: bool,
    /// Each write, in order.
    pub writes: Vec<Write>,
    /// Each read, in order.
    pub reads: Vec<Read>,
}

/// The slices that one write showed, each by its address and length, and how much was taken.
#[derive(Debug)]
pub struct Write {
    /// The address and the length of each slice.
    pub slices: Vec<(usize, usize)>,
    /// How many bytes were taken.
    pub taken: usize,
}

/// Where one read was to go, how much it asked for, and how much it got.
#[derive(Debug)]
pub struct Read {
    /// Where the bytes were to go.
    pub address: usize,
    /// How many bytes it asked for.
    pub asked: usize,
    /// How many bytes it got.
    pub got: usize,
}

/// What goes wrong at a step of a transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This step and all after it fail with [`ErrorKind::ConnectionAborted`].
    Fails,
    /// Only this step fails.
    FailsOnce,
    /// The peer is gone. From this step on, reads are at the end, although the peer has sent more.
    /// Writes succeed.
    Ends,
    /// This step and all after it wait for ever.
    Waits,
}

#[derive(Clone, Copy)]
enum Step {
    Read,
    Write,
    Flush,
    Shutdown,
}

/// A transport and its other end. Until told otherwise it takes everything and has nothing.
pub fn transport() -> (Transport, Peer) {
    let state = Arc::new(Mutex::new(State::default()));
    (Transport(Arc::clone(&state)), Peer(state))
}

/// An open WebSocket over such a transport.
pub fn open<R: Role>(role: R) -> (WebSocketStream<Transport, R>, Peer) {
    open_with(role, Config::new())
}

/// As [`open`], configured as this says.
pub fn open_with<R: Role>(
    role: R,
    setup: impl Into<Setup>,
) -> (WebSocketStream<Transport, R>, Peer) {
    let Setup { config, opened } = setup.into();
    let (transport, peer) = transport();
    (WebSocketStream::from_parts(transport, role, config, opened, BytesMut::new()), peer)
}

impl Peer {
    /// What both ends share, for the test to look at.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics with it")
    }

    /// Gives bytes to be read.
    pub fn give(&self, bytes: impl AsRef<[u8]>) {
        let mut state = self.state();
        state.incoming.extend(bytes.as_ref());
        wake(state.reader.take());
    }

    /// How many of those have not been read.
    pub fn unread(&self) -> usize {
        self.state().incoming.len()
    }

    /// Ends what there is to read.
    pub fn end(&self) {
        let mut state = self.state();
        state.ended = true;
        wake(state.reader.take());
    }

    /// Fails all reads behind what has been given.
    pub fn fail_reads(&self, kind: ErrorKind) {
        let mut state = self.state();
        state.read_error = Some(kind);
        wake(state.reader.take());
    }

    /// Takes so many bytes more, and then none.
    pub fn room(&self, bytes: usize) {
        let mut state = self.state();
        state.room = Some(bytes);
        wake(state.writer.take());
    }

    /// Takes everything.
    pub fn open_room(&self) {
        let mut state = self.state();
        state.room = None;
        wake(state.writer.take());
    }

    /// Takes so many bytes more, or everything. Wakes no task, so only the next write finds the
    /// room.
    pub fn room_unannounced(&self, bytes: Option<usize>) {
        let mut state = self.state();
        state.room = bytes;
        state.writer = None;
    }

    /// Gives and takes at most so many bytes at a time.
    pub fn bite(&self, bytes: usize) {
        self.state().bite = Some(bytes);
    }

    /// Is pending before each step from now on, and wakes at once.
    pub fn hesitate(&self) {
        self.state().hesitant = true;
    }

    /// Fails at the step of that number, and at all steps after it if `for_good`.
    pub fn fail_at(&self, step: usize, for_good: bool) {
        self.fault_at(step, if for_good { Fault::Fails } else { Fault::FailsOnce });
    }

    /// Has this fault at the step of that number.
    pub fn fault_at(&self, step: usize, fault: Fault) {
        self.state().fault = Some((step, fault));
    }

    /// Says that it does not write several slices at once.
    pub fn refuse_vectored_writes(&self) {
        self.state().plain_writes = true;
    }

    /// Throws away what it takes, and remembers no reads or writes.
    pub fn forget(&self) {
        self.state().forgetful = true;
    }

    /// What has been written since this was last asked.
    pub fn take_written(&self) -> Vec<u8> {
        std::mem::take(&mut self.state().written)
    }

    /// The messages that have been written since this was last asked, all of them whole. They are
    /// read by a WebSocket of that role, which is the other one.
    #[track_caller]
    pub fn take_messages(&self, role: impl Role) -> Vec<Message> {
        assert_eq!(self.state().unflushed, 0, "what was written has been flushed");
        messages(role, &self.take_written())
    }
}

/// The messages in `bytes`, all of them whole, as a WebSocket of that role receives them.
#[track_caller]
pub fn messages(role: impl Role, bytes: &[u8]) -> Vec<Message> {
    let (messages, rest) = whole_messages(role, bytes);
    assert_eq!(rest, 0, "{rest} bytes behind {messages:?}");
    messages
}

/// The whole messages at the beginning of `bytes`, and how many bytes are behind them.
#[track_caller]
pub fn whole_messages(role: impl Role, bytes: &[u8]) -> (Vec<Message>, usize) {
    let mut websocket = WebSocket::new(role, Config::new(), Opened::new());
    let mut messages = Vec::new();
    let mut rest = 0;
    let mut input = BytesMut::new();
    for &byte in bytes {
        rest += 1;
        input.extend_from_slice(&[byte]);
        while let Some(message) = websocket.receive_from(&mut input).expect("well-formed frames") {
            messages.push(message);
            rest = 0;
        }
    }
    (messages, rest)
}

/// A binary payload that differs from place to place.
pub fn payload(len: usize) -> Bytes {
    (0..len).map(|at| (at % 251) as u8).collect()
}

impl State {
    fn begin(&mut self, step: Step, context: &Context<'_>) -> Poll<io::Result<()>> {
        let asked = &mut self.asked[step as usize];
        if self.hesitant && !*asked {
            *asked = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        *asked = false;
        self.steps += 1;
        let fault = self.fault.filter(|&(at, fault)| {
            self.steps == at || fault != Fault::FailsOnce && self.steps > at
        });
        match fault.map(|(_, fault)| fault) {
            Some(Fault::Fails | Fault::FailsOnce) => {
                Poll::Ready(Err(ErrorKind::ConnectionAborted.into()))
            }
            Some(Fault::Ends) => {
                self.ended = true;
                self.incoming.clear();
                Poll::Ready(Ok(()))
            }
            Some(Fault::Waits) => Poll::Pending,
            None => Poll::Ready(Ok(())),
        }
    }

    fn write(&mut self, slices: &[IoSlice<'_>], context: &Context<'_>) -> Poll<io::Result<usize>> {
        let len: usize = slices.iter().map(|slice| slice.len()).sum();
        let mut taken = len.min(self.bite.unwrap_or(len));
        if let Some(room) = &mut self.room {
            taken = taken.min(*room);
            *room -= taken;
        }
        if taken == 0 {
            self.writer = Some(context.waker().clone());
            return Poll::Pending;
        }
        self.unflushed += taken;
        if !self.forgetful {
            let before = self.written.len();
            for slice in slices {
                self.written.extend_from_slice(slice);
            }
            self.written.truncate(before + taken);
            let slices = slices.iter().map(|slice| (slice.as_ptr().addr(), slice.len())).collect();
            self.writes.push(Write { slices, taken });
        }
        Poll::Ready(Ok(taken))
    }
}

impl Transport {
    fn begin(&self, step: Step, context: &Context<'_>) -> Poll<io::Result<MutexGuard<'_, State>>> {
        let mut state = self.0.lock().expect("no test panics with it");
        state.begin(step, context).map_ok(|()| state)
    }
}

/// As `ready!` and `?`, which do not go together with a guard.
macro_rules! begun {
    ($begun:expr) => {
        match $begun {
            Poll::Ready(Ok(state)) => state,
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Pending => return Poll::Pending,
        }
    };
}

impl AsyncRead for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = begun!(self.begin(Step::Read, context));
        let asked = buffer.remaining();
        let got = asked.min(state.incoming.len()).min(state.bite.unwrap_or(asked));
        if got == 0 && !state.ended {
            if let Some(kind) = state.read_error {
                return Poll::Ready(Err(kind.into()));
            }
            state.reader = Some(context.waker().clone());
            return Poll::Pending;
        }
        let address = buffer.initialize_unfilled().as_ptr().addr();
        buffer.put_slice(&state.incoming.make_contiguous()[..got]);
        state.incoming.drain(..got);
        if !state.forgetful {
            state.reads.push(Read { address, asked, got });
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        begun!(self.begin(Step::Write, context)).write(&[IoSlice::new(bytes)], context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        begun!(self.begin(Step::Write, context)).write(slices, context)
    }

    fn is_write_vectored(&self) -> bool {
        !self.0.lock().expect("no test panics with it").plain_writes
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        begun!(self.begin(Step::Flush, context)).unflushed = 0;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = begun!(self.begin(Step::Shutdown, context));
        state.unflushed = 0;
        state.shut = true;
        Poll::Ready(Ok(()))
    }
}

impl Drop for Transport {
    fn drop(&mut self) {
        if let Ok(mut state) = self.0.lock() {
            state.dropped = true;
        }
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
