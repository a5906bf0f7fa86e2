//! A pair of byte streams that do what a script says, with a clock that stands until it is moved.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Both ends of a connection, and the clock.
#[derive(Debug)]
pub struct World {
    pub now: Duration,
    pub ends: [End; 2],
    /// How many bytes one direction holds.
    pub capacity: usize,
    /// How often a byte stream has done something: moved bytes, or said that the stream has ended.
    pub moved: u64,
}

/// One end of the connection.
#[derive(Debug, Default)]
pub struct End {
    /// The bytes that were written and flushed.
    out: VecDeque<u8>,
    /// The bytes that were written and not flushed.
    unflushed: VecDeque<u8>,
    /// Whether the sending side has ended.
    shut: bool,
    dropped: bool,
    /// Whether the byte stream has failed.
    pub failed: bool,
    /// Whether a write has failed, although reads still succeed.
    pub refuses: bool,
    /// A byte stream keeps only the last task of each kind.
    reader: Option<Waker>,
    writer: Option<Waker>,
    timer: Option<(Duration, Waker)>,
    reads: VecDeque<u8>,
    writes: VecDeque<u8>,
    /// Whether the end does nothing more when its script is over.
    pub is_dead: bool,
}

/// What the script says about one call.
enum Line {
    Go {
        at_most: usize,
    },
    Wait,
    /// A read or a write reports 0 bytes. A flush or a shutdown fails.
    Nothing,
    Fail,
    /// This write fails. Later writes would succeed, but an adapter must not try.
    Refuse,
}

impl World {
    /// Wakes all that wait for a byte stream, and ends the scripts.
    pub fn release(&mut self) {
        for end in &mut self.ends {
            end.reads.clear();
            end.writes.clear();
        }
        self.wake_all();
    }

    pub fn wake_all(&mut self) {
        for end in self.ends.iter_mut().filter(|end| !end.is_dead) {
            wake(&mut end.reader);
            wake(&mut end.writer);
        }
    }

    pub fn next_timer(&self) -> Option<Duration> {
        self.ends.iter().filter_map(|end| end.timer.as_ref()).map(|timer| timer.0).min()
    }

    pub fn advance(&mut self, now: Duration) {
        self.now = now.max(self.now);
        for end in &mut self.ends {
            if let Some((_, waker)) = end.timer.take_if(|timer| timer.0 <= self.now) {
                waker.wake();
            }
        }
    }

    pub fn poll_until(
        &mut self,
        side: usize,
        deadline: Duration,
        context: &Context<'_>,
    ) -> Poll<io::Result<()>> {
        let timer = &mut self.ends[side].timer;
        if self.now >= deadline {
            *timer = None;
            return Poll::Ready(Ok(()));
        }
        *timer = Some((deadline, context.waker().clone()));
        Poll::Pending
    }
}

impl End {
    /// Sets what this end does in its reads and writes.
    pub fn follow(&mut self, reads: &[u8], writes: &[u8], is_dead: bool) {
        let script = |bytes: &[u8]| bytes.iter().take(100).copied().collect();
        self.reads = script(reads);
        self.writes = script(writes);
        self.is_dead = is_dead;
    }

    fn line(&mut self, context: &Context<'_>, is_write: bool) -> Line {
        if self.failed {
            return Line::Fail;
        }
        let script = if is_write { &mut self.writes } else { &mut self.reads };
        let waker = if is_write { &mut self.writer } else { &mut self.reader };
        match script.pop_front() {
            None if self.is_dead => {
                *waker = Some(context.waker().clone());
                Line::Wait
            }
            None | Some(0..100) => Line::Go { at_most: usize::MAX },
            Some(byte @ 100..180) => Line::Go { at_most: usize::from(byte) - 99 },
            Some(180..240) => {
                *waker = Some(context.waker().clone());
                Line::Wait
            }
            Some(240..250) => {
                // Woken for nothing.
                context.waker().wake_by_ref();
                *waker = Some(context.waker().clone());
                Line::Wait
            }
            Some(250..252) => {
                self.failed = true;
                Line::Nothing
            }
            Some(252) if is_write => {
                self.refuses = true;
                Line::Refuse
            }
            Some(252..) => {
                self.failed = true;
                Line::Fail
            }
        }
    }

    fn flush(&mut self) -> bool {
        let moves = !self.unflushed.is_empty();
        self.out.append(&mut self.unflushed);
        moves
    }
}

/// Returns the error of a TCP connection that the system has given up. A call that may be repeated
/// can fail with the same kind, but without the code.
fn given_up() -> io::Error {
    io::Error::from_raw_os_error(110)
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

/// One end: a byte stream.
#[derive(Debug)]
pub struct Stream {
    pub world: Rc<RefCell<World>>,
    pub side: usize,
}

impl Stream {
    pub fn poll_read(
        &mut self,
        buffer: &mut [u8],
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        self.with(|world, own, peer| {
            let at_most = match world.ends[own].line(context, false) {
                Line::Go { at_most } => at_most,
                Line::Wait => return Poll::Pending,
                Line::Nothing => return Poll::Ready(Ok(0)),
                Line::Fail | Line::Refuse => {
                    return Poll::Ready(Err(ErrorKind::ConnectionReset.into()));
                }
            };
            let from = &mut world.ends[peer];
            let len = buffer.len().min(at_most).min(from.out.len());
            if len == 0 && !from.shut && !from.failed {
                world.ends[own].reader = Some(context.waker().clone());
                return Poll::Pending;
            }
            for (to, byte) in buffer.iter_mut().zip(from.out.drain(..len)) {
                *to = byte;
            }
            wake(&mut from.writer);
            world.moved += 1;
            Poll::Ready(Ok(len))
        })
    }

    pub fn poll_write(
        &mut self,
        slices: &[IoSlice<'_>],
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        assert!(!slices.is_empty() && slices.iter().all(|slice| !slice.is_empty()));
        self.with(|world, own, peer| {
            let at_most = match world.ends[own].line(context, true) {
                Line::Go { at_most } => at_most,
                Line::Wait => return Poll::Pending,
                Line::Nothing => return Poll::Ready(Ok(0)),
                Line::Fail => return Poll::Ready(Err(ErrorKind::ConnectionReset.into())),
                Line::Refuse => return Poll::Ready(Err(given_up())),
            };
            if world.ends[peer].dropped || world.ends[peer].failed || world.ends[own].shut {
                return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
            }
            let end = &mut world.ends[own];
            let room = world.capacity.saturating_sub(end.out.len() + end.unflushed.len());
            if room == 0 {
                // What waits for a flush leaves when there is no room for more.
                end.writer = Some(context.waker().clone());
                if end.flush() {
                    wake(&mut world.ends[peer].reader);
                }
                return Poll::Pending;
            }
            let bytes = slices.iter().flat_map(|slice| slice.iter().copied());
            let before = end.unflushed.len();
            end.unflushed.extend(bytes.take(room.min(at_most)));
            let len = end.unflushed.len() - before;
            world.moved += 1;
            Poll::Ready(Ok(len))
        })
    }

    pub fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|world, own, peer| {
            match world.ends[own].line(context, true) {
                Line::Go { .. } => {}
                Line::Wait => return Poll::Pending,
                Line::Nothing | Line::Fail => {
                    return Poll::Ready(Err(ErrorKind::ConnectionReset.into()));
                }
                Line::Refuse => return Poll::Ready(Err(given_up())),
            }
            if world.ends[own].flush() {
                world.moved += 1;
                wake(&mut world.ends[peer].reader);
            }
            Poll::Ready(Ok(()))
        })
    }

    pub fn poll_shutdown(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|world, own, peer| {
            match world.ends[own].line(context, true) {
                Line::Go { .. } => {}
                Line::Wait => return Poll::Pending,
                Line::Nothing | Line::Fail | Line::Refuse => {
                    return Poll::Ready(Err(ErrorKind::NotConnected.into()));
                }
            }
            world.ends[own].flush();
            world.ends[own].shut = true;
            world.moved += 1;
            wake(&mut world.ends[peer].reader);
            Poll::Ready(Ok(()))
        })
    }

    /// Calls `act` with the clock, this end, and the other end.
    fn with<T>(&mut self, act: impl FnOnce(&mut World, usize, usize) -> T) -> T {
        let mut world = self.world.borrow_mut();
        act(&mut world, self.side, 1 - self.side)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let mut world = self.world.borrow_mut();
        let end = &mut world.ends[self.side];
        end.flush();
        end.shut = true;
        end.dropped = true;
        end.timer = None;
        wake(&mut world.ends[1 - self.side].reader);
        wake(&mut world.ends[1 - self.side].writer);
    }
}
