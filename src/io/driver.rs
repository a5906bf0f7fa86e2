//! The driver, which tells an adapter what to do next with its transport
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 7.1.1).

use core::mem;
use core::time::Duration;
use std::io::{self, ErrorKind};

use super::error::{copy, is_would_block};
use super::{Error, Trace};
use crate::close::CloseCode;
use crate::connection::{Role, State, TransportAction};
use crate::error::ProtocolError;
use crate::websocket::{MessageReceiver, MessageSender, Waiting, WebSocket};

/// Decides what an adapter does with the transport of one connection, from the end of the opening
/// handshake to the end of the transport. The driver itself reads and writes nothing.
///
/// An adapter repeats these steps until a message is ready or [`Wants::done`] is set:
/// 1. It carries out what [`wants`](Self::wants) returns, as far as the transport is ready: it
///    writes, it shuts down the sending side, it reads. It reports each result to the method that
///    [`Wants`] names.
/// 2. It calls [`MessageReceiver::receive`] and [`MessageSender::settle`], unless the driver wanted
///    the bytes to be dropped.
/// 3. If it read bytes while the connection closes or bytes wait to be written, it calls
///    [`handle_busy`](Self::handle_busy).
/// 4. If the transport was ready for nothing, it waits until the transport is ready or the
///    [`deadline`](Self::deadline) is reached. Then it calls
///    [`handle_deadline`](Self::handle_deadline).
///
/// An adapter that also writes outside of these steps, for example when the application flushes,
/// first calls [`write_error`](Self::write_error).
///
/// The methods that need the sending half take it as an argument, so that an adapter can keep the
/// driver with that half under one lock.
#[derive(Debug)]
pub struct Driver {
    /// Whether the transport has accepted bytes that are not flushed.
    unflushed: bool,
    /// The error of a write or flush that failed. After it, nothing more is written.
    broken: Option<io::Error>,
    /// Whether the sending side has been shut down.
    shut: bool,
    rest: Rest,
    /// Whether the driver waits for the end of the transport after a clean close.
    is_patient: bool,
    reads: Reads,
    /// Whether a deadline had passed at the last call of [`handle_busy`](Self::handle_busy).
    is_overdue: bool,
    /// Whether the error that ended the connection has been returned.
    reported: bool,
    trace: Trace,
}

/// The receiving side of the transport.
#[derive(Debug)]
enum Reads {
    Open,
    /// There are no more bytes to read.
    Ended,
    /// A read failed while the connection was not closed. The error is `None` after it was
    /// returned.
    Failed(Option<io::Error>),
    /// A time limit has ended the connection.
    Expired,
}

/// Tells whether the peer has sent bytes after the closing handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    Unknown,
    /// The peer has sent no bytes.
    Nothing,
    /// The peer has sent bytes, which violates RFC 6455, section 5.5.1.
    Bytes,
}

/// The actions that the driver wants an adapter to carry out. There can be several at a time,
/// because reading must go on while a write is stuck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wants {
    /// Write [`MessageSender::output`], which may be empty, and then flush the transport. Report each
    /// write that accepted bytes with [`Driver::handle_accepted`], and the flush or an error with
    /// [`Driver::handle_written`].
    pub write: bool,
    /// Shut down the sending side of the transport. Report the result with
    /// [`Driver::handle_shutdown`].
    pub shutdown_write: bool,
    /// Read from the transport.
    pub read: Option<ReadTo>,
    /// The transport is no longer needed. [`Driver::take_error`] tells how the connection ended.
    pub done: bool,
}

/// The destination of the bytes of a read.
///
/// This enum is exhaustive on purpose, because an adapter must know every destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadTo {
    /// To [`MessageReceiver::input`]. Report the result with [`Driver::handle_read`].
    Input,
    /// To nowhere: no byte that still arrives has a meaning (RFC 6455, sections 5.5.1 and 7.1.7).
    /// They are read so that the system does not reset the connection before the peer has read the
    /// Close (RFC 6455, section 7.1.1). Report the result with [`Driver::handle_discarded`].
    Nowhere,
    /// To nowhere, as for [`Nowhere`](Self::Nowhere), but without a wait. If no bytes have arrived,
    /// or if the read could block, report `WouldBlock`.
    NowhereIfReady,
}

impl Driver {
    /// Creates the driver of a connection whose opening handshake is complete.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            // The opening handshake may have left bytes that are not flushed.
            unflushed: true,
            broken: None,
            shut: false,
            rest: Rest::Unknown,
            is_patient: false,
            reads: Reads::Open,
            is_overdue: false,
            reported: false,
            trace: Trace::off(),
        }
    }

    /// Begins the span of the connection.
    pub(crate) fn traced<R: Role>(mut self, websocket: &WebSocket<R>) -> Self {
        self.trace = Trace::connection(websocket);
        self
    }

    /// Returns what to do now.
    pub fn wants<R: Role>(&self, sender: &mut MessageSender<R>) -> Wants {
        let write = self.broken.is_none() && (self.unflushed || !sender.output().is_empty());
        let is_closed = sender.state() == State::Closed;
        let read = if is_closed { ReadTo::Nowhere } else { ReadTo::Input };
        let keep = Wants {
            write,
            shutdown_write: false,
            read: self.reads.are_open().then_some(read),
            done: false,
        };
        let done = Wants { write: false, read: None, done: true, ..keep };
        if matches!(self.reads, Reads::Failed(_) | Reads::Expired) {
            return done;
        }
        if !is_closed || write {
            return keep;
        }
        match (sender.transport_action(), &self.reads) {
            // RFC 6455, section 7.1.1: the client waits for the server to end the transport.
            (TransportAction::Keep, Reads::Open) => keep,
            // The peer is gone and receives nothing more.
            _ if sender.error().is_some_and(|error| error.close_code() == CloseCode::ABNORMAL) => {
                done
            }
            _ if !self.shut && self.broken.is_none() => Wants { shutdown_write: true, ..keep },
            (_, Reads::Open) if sender.error().is_some() || self.is_patient => keep,
            // A server need not wait after a clean close: a client that has sent a Close sends no
            // bytes that the system would answer with a reset.
            (_, Reads::Open) => match self.rest {
                Rest::Unknown => Wants { read: Some(ReadTo::NowhereIfReady), ..keep },
                Rest::Nothing => done,
                Rest::Bytes => keep,
            },
            _ => done,
        }
    }

    /// Makes the driver wait for the peer to end the transport, also after a clean close. A server
    /// over HTTP/2 needs this: a stream that is dropped earlier is reset (RFC 8441, section 5).
    pub const fn await_end(&mut self) {
        self.is_patient = true;
    }

    /// Returns whether the transport has accepted bytes that are not flushed.
    #[must_use]
    pub const fn is_unflushed(&self) -> bool {
        self.unflushed
    }

    /// Records that the transport has accepted bytes, which must be flushed later.
    pub const fn handle_accepted(&mut self) {
        self.unflushed = true;
    }

    /// Records the result of writing and flushing everything. After an error the driver wants no
    /// more writes, and the accepted bytes still count as not flushed. Reading goes on, because the
    /// peer may have sent messages before the transport failed. The last read then tells how the
    /// connection ended. `Interrupted` and the errors of [`Error::is_would_block`] change nothing.
    pub fn handle_written<R: Role>(
        &mut self,
        written: &io::Result<()>,
        sender: &mut MessageSender<R>,
    ) {
        match written {
            Ok(()) => {
                self.unflushed = false;
                sender.handle_flushed();
            }
            Err(error) if is_not_ready(error) || is_would_block(error) => return,
            Err(error) => self.broken = Some(copy(error)),
        }
        self.expire_if_useless(sender);
    }

    /// Returns the error that [`handle_written`](Self::handle_written) has recorded, or `None` if no
    /// write and no flush has failed. An adapter that is asked to send or to flush returns this
    /// error, and does not write again.
    #[must_use]
    pub fn write_error(&self) -> Option<io::Error> {
        self.broken.as_ref().map(copy)
    }

    /// Records that the sending side of the transport was shut down, or that this failed.
    pub fn handle_shutdown(&mut self, shut: &io::Result<()>) {
        self.shut = true;
        if shut.is_err() {
            // The transport has failed, so there is no wait for the peer.
            self.reads = Reads::Ended;
        }
    }

    /// Records the result of a read into [`MessageReceiver::input`]. 0 bytes are the end of the
    /// transport.
    pub fn handle_read<R: Role>(
        &mut self,
        read: io::Result<usize>,
        receiver: &mut MessageReceiver<R>,
        sender: &mut MessageSender<R>,
    ) {
        self.reads = match read {
            Err(error) if is_not_ready(&error) => return,
            Ok(1..) => return sender.handle_received(),
            // A time limit has ended the connection during this read.
            _ if !self.reads.are_open() => return,
            // The answer to a Close of the peer may still have to be written.
            Ok(0) => Reads::Ended,
            // RFC 6455, section 7.1.4: after both Closes a failure of the transport is no error.
            Err(_) if sender.state() == State::Closed => Reads::Ended,
            Err(error) => Reads::Failed(Some(error)),
        };
        sender.receive_eof(receiver.receive_eof());
        self.expire_if_useless(sender);
    }

    /// Ends the connection if the peer has sent a Close that can no longer be answered: the peer
    /// has ended the transport, and a write has failed.
    fn expire_if_useless<R: Role>(&mut self, sender: &mut MessageSender<R>) {
        let is_useless = self.broken.is_some() && matches!(self.reads, Reads::Ended);
        if is_useless && sender.state() == State::RemoteClosing {
            self.expire(sender);
        }
    }

    /// Records the result of a read whose bytes were dropped. 0 bytes are the end of the transport,
    /// and `WouldBlock` means that the transport has no bytes now. Any other error counts as the
    /// end of the transport too, because the connection is already closed.
    pub fn handle_discarded(&mut self, read: &io::Result<usize>) {
        match read {
            Ok(1..) => self.rest = Rest::Bytes,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if self.rest == Rest::Unknown {
                    self.rest = Rest::Nothing;
                }
            }
            Ok(0) | Err(_) => self.reads = Reads::Ended,
        }
    }

    /// Returns the time at which to call [`handle_deadline`](Self::handle_deadline), or `None` if
    /// the wait has no limit. `receiver` is the receiving half if the program waits for messages, and
    /// `None` for a half that only sends.
    ///
    /// Call it before each wait, with the present time: a duration since a fixed moment that the
    /// caller chooses.
    pub fn deadline<R: Role>(
        &self,
        now: Duration,
        sender: &mut MessageSender<R>,
        receiver: Option<&MessageReceiver<R>>,
    ) -> Option<Duration> {
        let waiting = self.waiting(sender, receiver);
        sender.deadline(now, waiting)
    }

    /// Does what is due at `now`: queues a Ping, or ends the connection.
    pub fn handle_deadline<R: Role>(
        &mut self,
        now: Duration,
        sender: &mut MessageSender<R>,
        receiver: Option<&MessageReceiver<R>>,
    ) {
        let waiting = self.waiting(sender, receiver);
        if sender.handle_deadline(now, waiting) {
            self.handle_expired(sender);
            self.trace.time_limit();
        }
    }

    /// Ends the connection at once, as the close time-out does later. Call this if the program has
    /// nothing to write and nothing to read, and could not answer the Close of the peer while it
    /// waits.
    pub(crate) fn expire<R: Role>(&mut self, sender: &mut MessageSender<R>) {
        sender.expire();
        self.handle_expired(sender);
    }

    fn handle_expired<R: Role>(&mut self, sender: &mut MessageSender<R>) {
        if self.unflushed {
            // The transport has accepted these bytes, and may never send them.
            sender.cut();
        }
        self.reads = Reads::Expired;
    }

    /// Does what is due at `now` for a program that never has to wait, because the peer never stops
    /// sending. Call it for each read that returned bytes.
    ///
    /// A deadline takes effect at the second call after it. So the bytes that arrived while the
    /// program was busy are processed first.
    pub fn handle_busy<R: Role>(
        &mut self,
        now: Duration,
        sender: &mut MessageSender<R>,
        receiver: &MessageReceiver<R>,
    ) {
        let deadline = self.deadline(now, sender, Some(receiver));
        let is_overdue = deadline.is_some_and(|deadline| deadline <= now);
        if mem::replace(&mut self.is_overdue, is_overdue) && is_overdue {
            self.handle_deadline(now, sender, Some(receiver));
        }
    }

    fn waiting<R: Role>(
        &self,
        sender: &mut MessageSender<R>,
        receiver: Option<&MessageReceiver<R>>,
    ) -> Waiting {
        Waiting {
            to_receive: receiver.is_some() && self.reads.are_open(),
            message: receiver.and_then(MessageReceiver::message_in_progress),
            to_flush: self.broken.is_none()
                && (self.unflushed || self.wants(sender).shutdown_write),
        }
    }

    /// Ends the connection because a wait with a time limit is impossible, for example because the
    /// program has no clock.
    pub fn fail<R: Role>(&mut self, error: io::Error, sender: &mut MessageSender<R>) {
        self.reads = Reads::Failed(Some(error));
        sender.receive_eof(Err(ProtocolError::UnexpectedEof));
    }

    /// Returns the error that ended the connection, once. Call it when [`Wants::done`] is set.
    ///
    /// Returns `None` if both endpoints have sent a Close.
    pub fn take_error<R: Role>(&mut self, sender: &MessageSender<R>) -> Option<Error> {
        if mem::replace(&mut self.reported, true) {
            return None;
        }
        let error = match &mut self.reads {
            Reads::Failed(error) => error.take().map(Error::Io),
            Reads::Open | Reads::Ended | Reads::Expired => sender.error().map(Error::Protocol),
        };
        self.trace.ended(sender, error.as_ref());
        error
    }

    /// Returns the error of a flush if a time limit has ended the connection while bytes waited to
    /// be written, or if nothing more could be written and read. These bytes are lost.
    pub fn output_lost<R: Role>(sender: &MessageSender<R>) -> Option<Error> {
        sender.is_cut().then(|| match sender.error() {
            Some(error) => Error::Protocol(error),
            None => {
                let text = "the connection has ended before the peer accepted the last bytes";
                // `TimedOut` would tell the caller to try again.
                Error::Io(io::Error::new(ErrorKind::ConnectionAborted, text))
            }
        })
    }

    /// Returns whether [`take_error`](Self::take_error) has been called.
    #[must_use]
    pub const fn is_reported(&self) -> bool {
        self.reported
    }
}

/// Whether a call on the transport has only to be made again.
fn is_not_ready(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

impl Reads {
    const fn are_open(&self) -> bool {
        matches!(self, Self::Open)
    }
}

impl Default for Driver {
    fn default() -> Self {
        Self::new()
    }
}
