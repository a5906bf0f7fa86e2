//! A pair of transports that do what a script says, and never block.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::rc::Rc;
use std::time::Duration;

use websocket_proto::blocking::Transport;

use crate::Plan;

/// Both ends of a connection.
#[derive(Debug)]
pub struct World {
    pub ends: [End; 2],
    below: Below,
}

/// The protocol for which the transports carry bytes.
#[derive(Clone, Copy, Debug)]
pub enum Below {
    /// A WebSocket. Each direction holds at most `capacity` bytes, and bytes arrive only after a
    /// flush, or when there is no more room.
    WebSocket { capacity: usize },
    /// TLS by `rustls`. Each direction holds any number of bytes, because a read of `rustls` first
    /// writes everything that is left to write: if both directions were full, both ends would wait
    /// for each other. Bytes arrive without a flush, because `rustls` does not repeat a flush that
    /// was not ready.
    Tls,
}

#[derive(Debug)]
pub struct End {
    out: VecDeque<u8>,
    unflushed: VecDeque<u8>,
    /// Whether the sending side has ended.
    shut: bool,
    dropped: bool,
    /// Whether the transport has failed.
    pub failed: bool,
    reads: VecDeque<u8>,
    writes: VecDeque<u8>,
}

#[derive(Debug)]
pub struct Scripted {
    world: Rc<RefCell<World>>,
    side: usize,
    has_time_limits: bool,
    refuses_time_limits: bool,
    can_shut_down: bool,
    reads_while_writing: bool,
    /// What the application has set, and what is set now, for reads and for writes.
    own: [Option<Duration>; 2],
    now: [Cell<Option<Duration>>; 2],
}

const READ: usize = 0;
const WRITE: usize = 1;

pub fn pair(plans: &[Plan<'_>; 2], below: Below) -> (Rc<RefCell<World>>, [Scripted; 2]) {
    let script = |bytes: &[u8]| bytes.iter().take(100).copied().collect();
    let end = |plan: &Plan<'_>| End {
        out: VecDeque::new(),
        unflushed: VecDeque::new(),
        shut: false,
        dropped: false,
        failed: false,
        reads: script(plan.reads),
        writes: script(plan.writes),
    };
    let ends = [end(&plans[0]), end(&plans[1])];
    let world = Rc::new(RefCell::new(World { ends, below }));
    let stream = |side: usize| {
        let plan = &plans[side];
        // Short, because a read can wait for the whole time.
        let time = |time: u8| Duration::from_millis(u64::from(time % 4) + 1);
        let own = plan.own_timeouts.map(|own| own.filter(|_| plan.has_time_limits).map(time));
        Scripted {
            world: Rc::clone(&world),
            side,
            has_time_limits: plan.has_time_limits,
            refuses_time_limits: plan.refuses_time_limits,
            can_shut_down: plan.can_shut_down,
            reads_while_writing: plan.reads_while_writing,
            own,
            now: own.map(Cell::new),
        }
    };
    let streams = [stream(0), stream(1)];
    (world, streams)
}

impl End {
    /// Sends the bytes that wait for a flush.
    fn flush(&mut self) {
        self.out.append(&mut self.unflushed);
    }

    /// Returns how many bytes one call moves at most.
    fn line(&mut self, is_write: bool) -> io::Result<usize> {
        if self.failed {
            return Err(ErrorKind::ConnectionReset.into());
        }
        let script = if is_write { &mut self.writes } else { &mut self.reads };
        match script.pop_front() {
            None | Some(0..100) => Ok(usize::MAX),
            Some(byte @ 100..180) => Ok(usize::from(byte) - 99),
            Some(180..215) => Err(ErrorKind::WouldBlock.into()),
            Some(215..240) => Err(ErrorKind::TimedOut.into()),
            Some(240..250) => Err(ErrorKind::Interrupted.into()),
            // A read or a write reports 0 bytes. Later calls fail.
            Some(250..252) => {
                self.failed = true;
                Ok(0)
            }
            Some(252..) => {
                self.failed = true;
                Err(ErrorKind::ConnectionReset.into())
            }
        }
    }
}

impl Scripted {
    pub fn end_script(&self) {
        let end = &mut self.world.borrow_mut().ends[self.side];
        end.reads.clear();
        end.writes.clear();
    }

    pub fn assert_timeouts(&self) {
        assert_eq!(self.own, [self.now[READ].get(), self.now[WRITE].get()]);
    }

    fn timeout(&self, which: usize) -> io::Result<Option<Duration>> {
        if self.has_time_limits {
            Ok(self.now[which].get())
        } else {
            Err(ErrorKind::Unsupported.into())
        }
    }

    fn set_timeout(&self, which: usize, timeout: Option<Duration>) -> io::Result<()> {
        assert!(self.has_time_limits, "a time-out is set without a look at the present one");
        assert_ne!(timeout, Some(Duration::ZERO));
        if self.refuses_time_limits {
            self.world.borrow_mut().ends[self.side].failed = true;
            return Err(ErrorKind::InvalidInput.into());
        }
        self.now[which].set(timeout);
        Ok(())
    }

    fn write_slices(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        assert!(!slices.is_empty() && slices.iter().all(|slice| !slice.is_empty()));
        let mut world = self.world.borrow_mut();
        let at_most = world.ends[self.side].line(true)?;
        let peer = &world.ends[1 - self.side];
        if peer.dropped || peer.failed || world.ends[self.side].shut {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let below = world.below;
        let capacity = match below {
            Below::WebSocket { capacity } => capacity,
            Below::Tls => usize::MAX,
        };
        let end = &mut world.ends[self.side];
        let room = capacity.saturating_sub(end.out.len() + end.unflushed.len());
        if room == 0 {
            // What waits for a flush leaves when there is no room for more.
            end.flush();
            return Err(ErrorKind::WouldBlock.into());
        }
        let bytes = slices.iter().flat_map(|slice| slice.iter().copied());
        let before = end.unflushed.len();
        end.unflushed.extend(bytes.take(room.min(at_most)));
        let written = end.unflushed.len() - before;
        if matches!(below, Below::Tls) {
            end.flush();
        }
        Ok(written)
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        let end = &mut self.world.borrow_mut().ends[self.side];
        end.flush();
        end.shut = true;
        end.dropped = true;
    }
}

impl Read for Scripted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        assert!(!buffer.is_empty());
        let mut world = self.world.borrow_mut();
        let at_most = world.ends[self.side].line(false)?;
        if at_most == 0 {
            return Ok(0);
        }
        let from = &mut world.ends[1 - self.side];
        let len = buffer.len().min(at_most).min(from.out.len());
        if len == 0 && !from.shut && !from.failed {
            return Err(ErrorKind::WouldBlock.into());
        }
        for (to, byte) in buffer.iter_mut().zip(from.out.drain(..len)) {
            *to = byte;
        }
        Ok(len)
    }
}

impl Write for Scripted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_slices(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.write_slices(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut world = self.world.borrow_mut();
        let end = &mut world.ends[self.side];
        end.line(true)?;
        end.flush();
        Ok(())
    }
}

impl Transport for Scripted {
    fn reads_while_writing(&self) -> bool {
        self.reads_while_writing
    }

    fn read_timeout(&self) -> io::Result<Option<Duration>> {
        self.timeout(READ)
    }

    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.set_timeout(READ, timeout)
    }

    fn write_timeout(&self) -> io::Result<Option<Duration>> {
        self.timeout(WRITE)
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.set_timeout(WRITE, timeout)
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        if !self.can_shut_down {
            return Err(ErrorKind::Unsupported.into());
        }
        let mut world = self.world.borrow_mut();
        let end = &mut world.ends[self.side];
        if end.failed {
            return Err(ErrorKind::NotConnected.into());
        }
        end.flush();
        end.shut = true;
        Ok(())
    }
}
