//! What one endpoint has said, and how it is heard.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use arbitrary::Arbitrary;
use bytes::Bytes;
use websocket_proto::frame::Kind;
use websocket_proto::io::Error;
use websocket_proto::websocket::Part;
use websocket_proto::{CloseCode, Message, ProtocolError};

/// The size of a message.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Size {
    pub text: bool,
    pub len: u8,
    pub times: u8,
}

/// What one endpoint has said, and how it is heard.
#[derive(Default)]
pub struct Talk {
    /// What has become of each message.
    pub said: RefCell<Vec<Said>>,
    /// The length of each message in bytes.
    pub lens: RefCell<Vec<usize>>,
    /// How many of them have been heard or skipped.
    pub heard: Cell<usize>,
    /// Whether a message of which parts were returned may be dropped.
    pub may_skip: Cell<bool>,
    /// Whether the own endpoint has got an error, or may have ended before it had heard everything.
    pub failed: Cell<bool>,
    pub finished_early: Cell<bool>,
    /// Whether what is in progress is unknown, because a future was dropped.
    pub is_vague: Cell<bool>,
    pub errors: Cell<usize>,
    pub is_over: Cell<bool>,
    /// Whether the tasks stop what they do, and close.
    #[allow(dead_code)] // Only tasks are told.
    pub stop: Cell<bool>,
    /// How many calls have been completed.
    #[allow(dead_code)] // Only tasks are counted.
    pub done: Cell<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// It was accepted, and must be heard.
    Queued,
    /// The future was dropped, so it may be heard or not.
    Perhaps,
    Refused,
    Heard,
}

impl Talk {
    pub fn message(&self, size: Size, longest: usize) -> (usize, Kind, Bytes) {
        let mut said = self.said.borrow_mut();
        let number = said.len();
        said.push(Said::Perhaps);
        let kind = if size.text { Kind::Text } else { Kind::Binary };
        let payload = payload(number, size, longest);
        self.lens.borrow_mut().push(payload.len());
        (number, kind, payload)
    }

    pub fn is_said(&self, number: usize, how: Said) {
        let said = &mut self.said.borrow_mut()[number];
        // A message may be heard before the call that sent it returns.
        if *said != Said::Heard {
            *said = how;
        }
    }

    /// Hears a message of this endpoint.
    pub fn hear(&self, payload: &[u8]) {
        let number = number_of(payload);
        self.hear_number(number);
        assert_eq!(payload.len(), self.lens.borrow()[number]);
        let rest = &payload[HEAD..];
        assert!(rest.iter().all(|byte| *byte == filler(number)), "another message than was sent");
    }

    /// Hears that a message of this endpoint was skipped. It is the next message of this length.
    pub fn hear_skipped(&self, len: u64) {
        let from = self.heard.get();
        let is_it = |at: &usize| {
            self.lens.borrow()[*at] as u64 == len
                && matches!(self.said.borrow()[*at], Said::Queued | Said::Perhaps)
        };
        let count = self.said.borrow().len();
        let mut candidates = (from..count).filter(is_it);
        let number = candidates.next().expect("a message of that length");
        // If several messages have this length, it is unknown which of them was skipped. So one of
        // them may seem to be lost.
        if candidates.next().is_some() {
            self.finished_early.set(true);
        }
        self.hear_number(number);
    }

    fn hear_number(&self, number: usize) {
        let mut said = self.said.borrow_mut();
        let from = self.heard.replace(number + 1);
        assert!(from <= number, "message {number} comes twice or late");
        let skipped = said[from..number].iter().filter(|said| **said == Said::Queued).count();
        let may_skip = self.may_skip.replace(false);
        // `finish` drops messages, and may have to be called again.
        assert!(
            skipped <= usize::from(may_skip) || self.finished_early.get(),
            "a message was lost"
        );
        said[from..number].fill(Said::Heard);
        assert!(matches!(said[number], Said::Queued | Said::Perhaps), "{:?}", said[number]);
        said[number] = Said::Heard;
    }

    pub fn hear_close(&self) {
        let said = self.said.borrow();
        let rest = &said[self.heard.get()..];
        let lost = rest.iter().filter(|said| **said == Said::Queued).count();
        let may_be_lost = usize::from(self.may_skip.get());
        assert!(lost <= may_be_lost || self.finished_early.get(), "{lost} messages were lost");
        drop(said);
        self.said.borrow_mut().fill(Said::Heard);
        self.heard.set(usize::MAX);
    }
}

/// The number of a message at its front, in hexadecimal digits.
pub const HEAD: usize = 4;

pub fn payload(number: usize, size: Size, longest: usize) -> Bytes {
    let len = (usize::from(size.len) * usize::from(size.times).max(1)).min(longest);
    let mut bytes = format!("{number:04x}").into_bytes();
    bytes.resize(HEAD + len, filler(number));
    bytes.into()
}

pub fn number_of(payload: &[u8]) -> usize {
    let head = str::from_utf8(&payload[..HEAD]).expect("a number");
    usize::from_str_radix(head, 16).expect("a number")
}

pub fn filler(number: usize) -> u8 {
    b'a' + (number % 26) as u8
}

pub fn message(kind: Kind, payload: Bytes) -> Message {
    match kind {
        Kind::Text => Message::text(String::from_utf8(payload.into()).expect("text")),
        Kind::Binary => Message::Binary(payload),
    }
}

/// One endpoint: what it says, and what it hears.
#[derive(Clone)]
pub struct Ear {
    pub own: Rc<Talk>,
    pub peer: Rc<Talk>,
    pub parts: Vec<u8>,
    /// The limit in bytes above which messages are skipped.
    pub skips_above: Option<u16>,
}

impl Ear {
    pub fn received(&mut self, received: Option<Result<Message, Error>>) {
        match received {
            Some(Ok(message)) => {
                assert!(!self.own.is_over.get(), "a message after the end");
                self.message(&message);
            }
            Some(Err(error)) => self.error_of_next(&error),
            None => self.own.is_over.set(true),
        }
    }

    pub fn message(&mut self, message: &Message) {
        match message {
            Message::Text(text) => self.whole(text.as_bytes()),
            Message::Binary(bytes) => self.whole(bytes),
            Message::Close(_) => self.close(),
            Message::Ping(_) | Message::Pong(_) => {}
            Message::Oversized { len } => self.skipped(*len),
        }
    }

    pub fn whole(&mut self, payload: &[u8]) {
        assert!(self.skips_above.is_none_or(|limit| payload.len() <= limit.into()));
        self.parts.clear();
        self.peer.hear(payload);
    }

    pub fn part(&mut self, part: Part<'_>) {
        match part {
            Part::Data { bytes, first, last, .. } => {
                if first {
                    self.parts.clear();
                }
                self.parts.extend_from_slice(bytes);
                if last {
                    self.peer.may_skip.set(false);
                    self.peer.hear(&std::mem::take(&mut self.parts));
                } else {
                    self.peer.may_skip.set(true);
                }
            }
            Part::Close(_) => self.close(),
            Part::Ping(_) | Part::Pong(_) => {}
            Part::Oversized { len } => self.skipped(len),
        }
    }

    fn skipped(&mut self, len: u64) {
        assert!(self.skips_above.is_some_and(|limit| len > limit.into()));
        self.parts.clear();
        self.peer.hear_skipped(len);
    }

    pub fn close(&mut self) {
        self.peer.hear_close();
    }

    pub fn error_of_next(&mut self, error: &Error) {
        self.own.errors.set(self.own.errors.get() + 1);
        assert_eq!(self.own.errors.get(), 1, "another error: {error}");
        assert!(!self.own.is_over.get(), "an error after the end");
        self.error(error);
    }

    pub fn error(&mut self, error: &Error) {
        assert!(!error.is_would_block(), "a call that may be repeated: {error:?}");
        self.own.failed.set(true);
        // Both keep to the protocol.
        if let Error::Protocol(error) = error {
            let is_late = matches!(error, ProtocolError::MessageTimeout { .. });
            assert!(is_late || error.close_code() == CloseCode::ABNORMAL, "{error}");
            assert!(!matches!(error, ProtocolError::InvalidDeflate));
        }
    }

    /// Notes the result of a method that sends a message and may flush.
    pub fn sent(&mut self, number: usize, sent: Option<Result<(), Error>>) {
        match sent {
            None => {}
            Some(Ok(())) => self.own.is_said(number, Said::Queued),
            Some(Err(error)) => {
                let is_failed = matches!(error, Error::Io(_) | Error::Protocol(_));
                if is_failed {
                    self.error(&error);
                } else {
                    self.own.is_said(number, Said::Refused);
                    if matches!(error, Error::Unsent { .. }) {
                        self.error(&error);
                    }
                }
            }
        }
    }

    pub fn flushed(&mut self, flushed: Option<Result<(), Error>>) {
        if let Some(Err(error)) = flushed
            && !matches!(error, Error::Send(_))
        {
            self.error(&error);
        }
    }
}
