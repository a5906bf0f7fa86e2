//! Two ends of a transport in memory, each of which may be never quite ready, or fail at any call.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::rc::Rc;

use websocket_proto::io::Error;

/// One direction: what was written and not flushed has not left.
#[derive(Debug, Default)]
pub(crate) struct Pipe {
    unflushed: Vec<u8>,
    pub(crate) flushed: VecDeque<u8>,
    ended: bool,
}

/// One end of two pipes, in memory.
#[derive(Debug)]
pub(crate) struct Transport {
    from: Rc<RefCell<Pipe>>,
    pub(crate) to: Rc<RefCell<Pipe>>,
    /// How many calls there have been.
    pub(crate) steps: Rc<Cell<usize>>,
    mood: Mood,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Mood {
    /// Takes and gives all there is.
    Ready,
    /// Takes and gives a byte at a time.
    Bytewise,
    /// As `Bytewise`, but says that it is not ready before each.
    Pending,
    /// Fails for good at this step.
    Broken(usize),
}

const NOT_READY: [ErrorKind; 4] =
    [ErrorKind::WouldBlock, ErrorKind::Interrupted, ErrorKind::TimedOut, ErrorKind::Interrupted];

impl Transport {
    pub(crate) fn pair(one: Mood, other: Mood) -> (Self, Self) {
        let (there, back) = <(Rc<RefCell<Pipe>>, Rc<RefCell<Pipe>>)>::default();
        let end = |from: &Rc<_>, to: &Rc<_>, mood| Self {
            from: Rc::clone(from),
            to: Rc::clone(to),
            steps: Rc::default(),
            mood,
        };
        (end(&back, &there, one), end(&there, &back, other))
    }

    /// How many bytes the next call may move.
    fn step(&self) -> io::Result<usize> {
        let step = self.steps.get();
        self.steps.set(step + 1);
        match self.mood {
            Mood::Ready => Ok(usize::MAX),
            Mood::Bytewise => Ok(1),
            Mood::Pending => match NOT_READY.get(step % (NOT_READY.len() + 1)) {
                Some(kind) => Err((*kind).into()),
                None => Ok(1),
            },
            Mood::Broken(at) if step >= at => Err(ErrorKind::ConnectionReset.into()),
            Mood::Broken(_) => Ok(usize::MAX),
        }
    }
}

impl websocket_proto::blocking::Transport for Transport {}

impl Read for Transport {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = self.step()?;
        let mut from = self.from.borrow_mut();
        if from.flushed.is_empty() && !from.ended {
            return Err(ErrorKind::WouldBlock.into());
        }
        let len = buffer.len().min(most);
        from.flushed.read(&mut buffer[..len])
    }
}

impl Write for Transport {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = bytes.len().min(self.step()?);
        self.to.borrow_mut().unflushed.extend_from_slice(&bytes[..len]);
        Ok(len)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let most = self.step()?;
        let all: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
        let len = all.len().min(most);
        self.to.borrow_mut().unflushed.extend_from_slice(&all[..len]);
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.step()?;
        let mut to = self.to.borrow_mut();
        let bytes = std::mem::take(&mut to.unflushed);
        to.flushed.extend(bytes);
        Ok(())
    }
}

impl Drop for Transport {
    fn drop(&mut self) {
        self.to.borrow_mut().ended = true;
    }
}

pub(crate) fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// `None` when the call is to be made again.
pub(crate) fn resume<T>(result: Result<T, Error>) -> Option<Result<T, Error>> {
    match result {
        Err(Error::Io(error)) if is_transient(&error) => None,
        result => Some(result),
    }
}
