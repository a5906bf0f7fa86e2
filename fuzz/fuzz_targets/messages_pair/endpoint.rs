//! One endpoint of a connection, and what its peer must hear of it.

mod hearing;
mod sending;
mod transport;

use std::collections::VecDeque;
use std::mem;
use std::time::Duration;

use arbitrary::Arbitrary;
use bytes::Bytes;
use websocket_proto::close::CloseFrame;
use websocket_proto::connection::{Role, TransportAction};
use websocket_proto::deflate::Compression;
use websocket_proto::frame::Kind;
use websocket_proto::handshake::Opened;
use websocket_proto::websocket::{Answers, Encoding, MessageReceiver, MessageSender};
use websocket_proto::{CloseCode, Message, ProtocolError, WebSocket};

use crate::conditions::Conditions;
use crate::payload::Payload;

/// What an endpoint does by itself.
#[derive(Arbitrary, Debug)]
pub enum Op<'a> {
    Send {
        text: bool,
        payload: Payload<'a>,
    },
    Prepared {
        text: bool,
        compressed: bool,
        payload: Payload<'a>,
    },
    Fragment {
        text: bool,
        fin: bool,
        payload: Payload<'a>,
    },
    Ping(&'a [u8]),
    Pong(&'a [u8]),
    Close {
        code: u16,
        reason: &'a str,
    },
    CloseWithoutCode,
    /// Accepts a message, and encodes it some operations later.
    Begin {
        text: bool,
        payload: Payload<'a>,
    },
    BeginPrepared {
        text: bool,
        compressed: bool,
        payload: Payload<'a>,
    },
    BeginFragment {
        text: bool,
        fin: bool,
        payload: Payload<'a>,
    },
    /// Encodes what has begun, by one step.
    Encode,
    /// Drops what has begun. Then the connection can only be closed.
    DropEncoding,
    SetCompression(u8),
    ReleaseMemory,
    Split,
    Reunite,
    /// Queues the answers of a receiving half.
    Settle,
    Write {
        len: Amount,
        slices: u8,
    },
    Receive {
        how: u8,
        times: u8,
    },
    TakeUnprocessed,
    Deadline,
    /// Does with the transport what the endpoint asks for.
    Obey,
}

/// How many bytes move at once. Few are as likely as many.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Amount {
    Few(u8),
    Many(u16),
    All,
}

impl Amount {
    pub fn bytes(self) -> usize {
        match self {
            Self::Few(len) => len.into(),
            Self::Many(len) => len.into(),
            Self::All => usize::MAX,
        }
    }
}

#[allow(clippy::large_enum_variant)]
enum Halves<R> {
    Whole(WebSocket<R>),
    Split(MessageReceiver<R>, MessageSender<R>),
}

/// A message that was accepted.
struct Said {
    kind: Kind,
    payload: Vec<u8>,
    /// `false` for a message whose last fragment has not been sent.
    is_whole: bool,
}

/// A message that has begun and is not queued.
struct Begin {
    encoding: Encoding,
    kind: Kind,
    payload: Bytes,
    /// Whether it is the last fragment, if it is one.
    fragment: Option<bool>,
}

pub struct Endpoint<R> {
    halves: Option<Halves<R>>,
    conditions: Conditions,
    /// The answers of a receiving half that are not queued.
    answers: Answers,
    begun: Option<Begin>,
    /// Whether an encoding was dropped.
    is_disabled: bool,
    /// The bytes that were written and have not arrived.
    pub wire: VecDeque<u8>,
    /// Whether the sending side of the transport was shut down.
    pub shut: bool,
    /// Whether the end of the transport has arrived.
    eof: bool,
    /// Whether something that was accepted may not arrive, because the connection has failed or the
    /// transport was cut.
    pub is_lossy: bool,
    /// The messages that were accepted and not heard.
    said: VecDeque<Said>,
    pings: VecDeque<Bytes>,
    pongs: VecDeque<Bytes>,
    /// The Close of the application.
    close: Option<Option<CloseFrame>>,
    /// The Pings that were received and may be answered.
    to_answer: VecDeque<Bytes>,
    /// The last answer that the peer has heard.
    answered: Option<Bytes>,
    /// What was received of the message in progress, if parts of it were returned.
    parts: Option<Vec<u8>>,
    /// Whether the next whole message, or the next part, is ready.
    ready: Option<bool>,
    closed_by_peer: Option<Option<CloseFrame>>,
    failed: Option<ProtocolError>,
}

impl<R: Role> Endpoint<R> {
    pub fn new(role: R, conditions: Conditions, opened: Opened) -> Self {
        let websocket = WebSocket::new(role, conditions.config(), opened);
        Self {
            halves: Some(Halves::Whole(websocket)),
            conditions,
            answers: Answers::new(),
            begun: None,
            is_disabled: false,
            wire: VecDeque::new(),
            shut: false,
            eof: false,
            is_lossy: false,
            said: VecDeque::new(),
            pings: VecDeque::new(),
            pongs: VecDeque::new(),
            close: None,
            to_answer: VecDeque::new(),
            answered: None,
            parts: None,
            ready: None,
            closed_by_peer: None,
            failed: None,
        }
    }

    pub fn operate<P: Role>(&mut self, op: &Op<'_>, peer: &mut Endpoint<P>, now: Duration) {
        match *op {
            Op::Send { text, payload } => {
                self.send(kind(text), payload.bytes(self.conditions.longest()))
            }
            Op::Prepared { text, compressed, payload } => {
                let payload = payload.bytes(self.conditions.longest());
                let Some(prepared) = self.prepared(kind(text), compressed, &payload) else {
                    return;
                };
                if self
                    .whole_or_sender(|w| w.send_prepared(&prepared), |s| s.send_prepared(&prepared))
                    .is_ok()
                {
                    self.say(kind(text), &payload, None);
                }
            }
            Op::Fragment { text, fin, payload } => {
                self.send_fragment(kind(text), fin, payload.bytes(self.conditions.longest()));
            }
            Op::Ping(payload) => {
                let payload = tagged(b'i', payload);
                if self.send_message(Message::Ping(payload.clone())) {
                    self.pings.push_back(payload);
                }
            }
            Op::Pong(payload) => {
                let payload = tagged(b'o', payload);
                if self.send_message(Message::Pong(payload.clone())) {
                    self.pongs.push_back(payload);
                }
            }
            Op::Close { code, reason } => {
                let closed = self.sender().close(CloseCode(code), reason);
                if closed.is_ok() {
                    let frame = CloseFrame::new(CloseCode(code), reason);
                    self.close = Some(Some(frame.expect("it was sent")));
                }
            }
            Op::CloseWithoutCode => {
                if self.send_message(Message::Close(None)) {
                    self.close = Some(None);
                }
            }
            Op::Begin { text, payload } => {
                self.begin(kind(text), payload.bytes(self.conditions.longest()))
            }
            Op::BeginPrepared { text, compressed, payload } => {
                let (kind, payload) = (kind(text), payload.bytes(self.conditions.longest()));
                let Some(prepared) = self.prepared(kind, compressed, &payload) else { return };
                if let Ok(begun) = self.sender().begin_prepared(&prepared) {
                    self.go_on(begun, kind, payload, None);
                }
            }
            Op::BeginFragment { text, fin, payload } => {
                let (kind, payload) = (kind(text), payload.bytes(self.conditions.longest()));
                match self.sender().begin_fragment(kind, fin, payload.clone()) {
                    Ok(begun) => self.go_on(begun, kind, payload, Some(fin)),
                    Err(rejected) => assert_eq!(rejected.message, payload),
                }
            }
            Op::Encode => self.encode(),
            Op::DropEncoding => {
                self.is_disabled |= self.begun.take().is_some();
            }
            Op::SetCompression(choice) => self.sender().set_compression(match choice % 3 {
                0 => Compression::Auto,
                1 => Compression::Yes,
                _ => Compression::No,
            }),
            Op::ReleaseMemory => match self.halves_mut() {
                Halves::Whole(websocket) => websocket.release_memory(),
                Halves::Split(receiver, sender) => {
                    receiver.release_memory();
                    sender.release_memory();
                    sender.output().release_memory();
                }
            },
            Op::Split => {
                self.halves = self.halves.take().map(|halves| match halves {
                    Halves::Whole(websocket) => {
                        let (receiver, sender) = websocket.into_split();
                        Halves::Split(receiver, sender)
                    }
                    split => split,
                });
            }
            Op::Reunite => {
                self.settle();
                self.halves = self.halves.take().map(|halves| match halves {
                    Halves::Split(receiver, sender) => Halves::Whole(
                        WebSocket::reunite(receiver, sender).expect("they belong together"),
                    ),
                    whole => whole,
                });
            }
            Op::Settle => self.settle(),
            Op::Write { len, slices } => {
                self.write(len.bytes(), slices.into());
            }
            Op::Receive { how, times } => {
                for _ in 0..=times % 8 {
                    if !self.receive(peer, how) {
                        break;
                    }
                }
            }
            Op::TakeUnprocessed => {
                if let Halves::Whole(websocket) = self.halves_mut() {
                    let bytes = websocket.take_unprocessed();
                    websocket.input().append(bytes);
                }
            }
            Op::Deadline => self.handle_deadline(now),
            Op::Obey => {
                self.obey();
            }
        }
    }

    fn halves_mut(&mut self) -> &mut Halves<R> {
        self.halves.as_mut().expect("an endpoint")
    }

    fn sender(&mut self) -> &mut MessageSender<R> {
        match self.halves_mut() {
            Halves::Whole(websocket) => websocket.halves().1,
            Halves::Split(_, sender) => sender,
        }
    }

    fn whole_or_sender<T>(
        &mut self,
        whole: impl FnOnce(&mut WebSocket<R>) -> T,
        split: impl FnOnce(&mut MessageSender<R>) -> T,
    ) -> T {
        match self.halves_mut() {
            Halves::Whole(websocket) => whole(websocket),
            Halves::Split(_, sender) => split(sender),
        }
    }

    pub fn settle(&mut self) {
        let mut answers = mem::take(&mut self.answers);
        self.sender().settle(&mut answers);
        assert!(answers.is_empty());
    }

    pub fn close(&mut self) {
        let closed = self.sender().close(CloseCode::NORMAL, "bye");
        if closed.is_ok() {
            let frame = CloseFrame::new(CloseCode::NORMAL, "bye");
            self.close = Some(Some(frame.expect("a valid one")));
        }
    }

    pub fn complete_fragments(&mut self) {
        if let Some(Said { kind, .. }) = self.said.back().filter(|said| !said.is_whole) {
            let kind = *kind;
            // The last fragment completes a character that the others have begun.
            for rest in
                [&b""[..], b"\x80", b"\x80\x80", b"\x80\x80\x80", b"\xa0\x80", b"\x90\x80\x80"]
            {
                self.send_fragment(kind, true, Bytes::from_static(rest));
            }
        }
    }

    pub fn is_well(&self) -> bool {
        self.failed.is_none() && !self.is_lossy
    }

    /// Asserts that the peer has received everything. Call it when no bytes are left to deliver.
    pub fn assert_all_was_heard<P: Role>(&mut self, peer: &Endpoint<P>) {
        if self.closed_by_peer.is_some() || peer.closed_by_peer.is_some() {
            return;
        }
        assert!(self.sender().output().is_empty() && self.wire.is_empty());
        // The rest of a message in parts may have been dropped.
        let heard = usize::from(peer.parts.is_some());
        let left = self.said.len().saturating_sub(heard);
        let may_be_left = usize::from(self.is_disabled);
        assert!(left <= may_be_left, "{left} messages are stuck");
        assert!(self.pings.is_empty() && self.pongs.is_empty(), "a Ping or a Pong is stuck");
        // One of several equal Pings may have been answered for all of them.
        let last = self.to_answer.back();
        assert!(last.is_none() || last == self.answered.as_ref(), "a Ping was not answered");
    }

    pub fn assert_ended_cleanly(&mut self) {
        assert_eq!(self.transport_action(), TransportAction::Drop);
        let received = self.closed_by_peer.clone().expect("a Close of the peer");
        let info = self.sender().close_info().expect("the end");
        assert!(info.is_clean && info.began.is_some());
        let (code, reason) =
            received.as_ref().map_or((CloseCode::NO_STATUS, ""), CloseFrame::parts);
        assert_eq!((info.code, info.reason), (code, reason));
    }
}

fn kind(text: bool) -> Kind {
    if text { Kind::Text } else { Kind::Binary }
}

/// A payload that tells what it belongs to. It may be too long for a control frame.
fn tagged(tag: u8, payload: &[u8]) -> Bytes {
    [&[tag], &payload[..payload.len().min(125)]].concat().into()
}
