//! One endpoint of a connection, and what its peer must hear of it.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::mem;
use std::time::Duration;

use arbitrary::Arbitrary;
use bytes::{Buf, Bytes, BytesMut};
use websocket_proto::close::CloseFrame;
use websocket_proto::connection::{Role, TransportAction};
use websocket_proto::deflate::Compression;
use websocket_proto::frame::Kind;
use websocket_proto::handshake::Opened;
use websocket_proto::websocket::{
    Answers, Begun, Encoding, MessageReceiver, MessageSender, Part, Prepared, Waiting,
};
use websocket_proto::{CloseCode, Message, ProtocolError, SendError, WebSocket};

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
        len: u16,
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

/// A part of a message, or all of it.
struct Heard {
    kind: Kind,
    payload: Bytes,
    first: bool,
    last: bool,
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
                self.write(len.into(), slices.into());
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

    fn prepared(&self, kind: Kind, compressed: bool, payload: &Bytes) -> Option<Prepared> {
        let prepared = match kind {
            Kind::Text => Prepared::text(str::from_utf8(payload).ok()?),
            Kind::Binary => Prepared::binary(payload.clone()),
        };
        let deflate = self.conditions.deflate();
        Some(if compressed { prepared.compressed(&deflate) } else { prepared })
    }

    /// Sends a message, and returns whether it was accepted. One that was not comes back unchanged.
    fn send_message(&mut self, message: Message) -> bool {
        let is_ready = self.sender().is_ready();
        let copy = message.clone();
        let sent = self.whole_or_sender(|w| w.send(copy.clone()), |s| s.send(copy.clone()));
        match &sent {
            Ok(()) => assert!(is_ready || message.is_close()),
            Err(rejected) => {
                assert_eq!(rejected.message, message);
                let is_full = matches!(rejected.error, SendError::QueueFull { .. });
                assert_eq!(is_full, !is_ready && !message.is_close());
            }
        }
        sent.is_ok()
    }

    fn send(&mut self, kind: Kind, payload: Bytes) {
        let Some(message) = message(kind, &payload) else { return };
        if self.send_message(message) {
            assert!(!self.is_disabled && self.begun.is_none());
            self.say(kind, &payload, None);
        }
    }

    fn send_fragment(&mut self, kind: Kind, fin: bool, payload: Bytes) {
        let copy = payload.clone();
        let sent = self.whole_or_sender(
            |w| w.send_fragment(kind, fin, copy.clone()),
            |s| s.send_fragment(kind, fin, copy.clone()),
        );
        match sent {
            Ok(()) => self.say(kind, &payload, Some(fin)),
            Err(rejected) => assert_eq!(rejected.message, payload),
        }
    }

    fn begin(&mut self, kind: Kind, payload: Bytes) {
        let Some(message) = message(kind, &payload) else { return };
        match self.sender().begin(message.clone()) {
            Ok(begun) => self.go_on(begun, kind, payload, None),
            Err(rejected) => assert_eq!(rejected.message, message),
        }
    }

    fn go_on(&mut self, begun: Begun, kind: Kind, payload: Bytes, fragment: Option<bool>) {
        match begun {
            Begun::Queued => self.say(kind, &payload, fragment),
            Begun::Encode(encoding) => {
                assert!(self.begun.is_none());
                self.begun = Some(Begin { encoding, kind, payload, fragment });
            }
        }
    }

    fn encode(&mut self) {
        let Some(Begin { encoding, kind, payload, fragment }) = self.begun.take() else { return };
        assert_eq!(encoding.kind(), kind);
        match self.sender().finish(encoding.encode()) {
            Ok(begun) => self.go_on(begun, kind, payload, fragment),
            Err(rejected) => {
                assert_eq!(rejected.error, SendError::Closing);
                assert_eq!(rejected.message, payload);
            }
        }
    }

    pub fn finish_encoding(&mut self) {
        while self.begun.is_some() {
            self.encode();
        }
    }

    /// Notes what was accepted.
    fn say(&mut self, kind: Kind, payload: &[u8], fragment: Option<bool>) {
        let is_whole = fragment.unwrap_or(true);
        match self.said.back_mut().filter(|said| !said.is_whole) {
            Some(said) => {
                assert!(fragment.is_some() && said.kind == kind);
                said.payload.extend_from_slice(payload);
                said.is_whole = is_whole;
            }
            None => self.said.push_back(Said { kind, payload: payload.into(), is_whole }),
        }
    }

    pub fn settle(&mut self) {
        let mut answers = mem::take(&mut self.answers);
        self.sender().settle(&mut answers);
        assert!(answers.is_empty());
    }

    /// Writes up to `len` bytes from up to `slices` pieces, and returns how many were written.
    pub fn write(&mut self, len: usize, slices: usize) -> usize {
        let is_shut = self.shut;
        let output = self.sender().output();
        let before = output.len();
        assert_eq!((output.remaining(), output.is_empty()), (before, before == 0));
        let mut pieces = vec![IoSlice::new(&[]); slices];
        let filled = output.chunks_vectored(&mut pieces);
        assert_eq!(filled == 0, before == 0 || slices == 0);
        let pieces = &pieces[..filled];
        assert!(pieces.iter().all(|piece| !piece.is_empty()));
        let bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.iter().copied()).collect();
        assert!(bytes.len() <= before && (filled == slices || bytes.len() == before));
        let first = output.chunk();
        assert_eq!(first.is_empty(), before == 0);
        let common = first.len().min(bytes.len());
        assert_eq!(first[..common], bytes[..common]);
        let len = len.min(bytes.len());
        output.advance(len);
        assert_eq!(output.len(), before - len);
        if !is_shut {
            self.wire.extend(&bytes[..len]);
        }
        len
    }

    /// Lets bytes of the peer arrive.
    pub fn deliver<P: Role>(&mut self, from: &mut Endpoint<P>, len: usize, how: u8) {
        let len = len.min(from.wire.len());
        let bytes: Vec<u8> = from.wire.drain(..len).collect();
        if bytes.is_empty() || self.eof {
            return;
        }
        let mut rest = &bytes[..];
        let (receiver, sender) = match self.halves_mut() {
            Halves::Whole(websocket) => websocket.halves(),
            Halves::Split(receiver, sender) => (receiver, sender),
        };
        sender.handle_received();
        let mut input = receiver.input();
        let before = input.len();
        match how % 5 {
            0 => input.extend_from_slice(rest),
            1 => while input.read_from(&mut rest).expect("a slice") > 0 {},
            2 => {
                while !rest.is_empty() {
                    let mut free = input.lend();
                    assert!(free.capacity() > 0);
                    let len = free.capacity().min(rest.len());
                    free.extend_from_slice(&rest[..len]);
                    rest = &rest[len..];
                    input.give_back(free);
                }
            }
            3 => {
                let free = input.lend();
                input.take_back(free);
                input.append(BytesMut::from(rest));
            }
            _ => {
                drop(input.lend());
                input.extend_from_slice(rest);
            }
        }
        assert_eq!(input.len(), before + bytes.len());
    }

    /// Receives one thing, and returns whether there was one.
    fn receive<P: Role>(&mut self, peer: &mut Endpoint<P>, how: u8) -> bool {
        let ready = self.ready.take();
        let Self { halves, answers, .. } = self;
        let halves = halves.as_mut().expect("an endpoint");
        let how = how % 5;
        let whole = |message: Message| match message {
            Message::Text(text) => {
                Ok(Heard { kind: Kind::Text, payload: text.into_bytes(), first: true, last: true })
            }
            Message::Binary(payload) => {
                Ok(Heard { kind: Kind::Binary, payload, first: true, last: true })
            }
            control => Err(control),
        };
        let part = |part: Part<'_>| match part {
            Part::Data { kind, bytes, first, last } => {
                Ok(Heard { kind, payload: Bytes::copy_from_slice(bytes), first, last })
            }
            Part::Ping(payload) => Err(Message::ping(Bytes::copy_from_slice(payload))),
            Part::Pong(payload) => Err(Message::pong(Bytes::copy_from_slice(payload))),
            Part::Close(frame) => Err(Message::Close(frame.cloned().map(Box::new))),
        };
        let received = match (how, halves) {
            (0, Halves::Whole(w)) => w.receive().map(|received| received.map(whole)),
            (0, Halves::Split(r, _)) => r.receive(answers).map(|received| received.map(whole)),
            (1, Halves::Whole(w)) => {
                w.receive_ref().map(|received| received.map(Message::from).map(whole))
            }
            (1, Halves::Split(r, _)) => {
                r.receive_ref(answers).map(|received| received.map(Message::from).map(whole))
            }
            (2, Halves::Whole(w)) => w.receive_part().map(|received| received.map(part)),
            (2, Halves::Split(r, _)) => r.receive_part(answers).map(|received| received.map(part)),
            (_, halves) => {
                let is_part = how == 4;
                let processed = match halves {
                    Halves::Whole(w) if is_part => w.process_part(),
                    Halves::Whole(w) => w.process(),
                    Halves::Split(r, _) if is_part => r.process_part(answers),
                    Halves::Split(r, _) => r.process(answers),
                };
                match processed {
                    Ok(true) => self.ready = Some(is_part),
                    Ok(false) => {}
                    Err(error) => self.fail(error),
                }
                return false;
            }
        };
        let is_due = ready == Some(how == 2) && self.failed.is_none();
        match received {
            Err(error) => {
                assert!(!is_due);
                self.fail(error);
                false
            }
            Ok(None) => {
                assert!(!is_due, "what was ready is gone");
                false
            }
            Ok(Some(Ok(heard))) => {
                self.hear(heard, peer);
                true
            }
            Ok(Some(Err(control))) => {
                self.hear_control(control, peer);
                true
            }
        }
    }

    pub fn receive_all<P: Role>(&mut self, peer: &mut Endpoint<P>) {
        let how = (self.said.len() + peer.pings.len()) as u8 % 3;
        while self.receive(peer, how) {}
    }

    fn fail(&mut self, error: ProtocolError) {
        assert!(self.failed.is_none_or(|before| before == error), "another error than before");
        let is_expected = match error {
            ProtocolError::UnexpectedEof => self.eof,
            ProtocolError::KeepaliveTimeout { .. }
            | ProtocolError::WriteTimeout { .. }
            | ProtocolError::CloseTimeout { .. } => self.failed.is_some(),
            _ => false,
        };
        assert!(is_expected, "{error}");
        self.failed = Some(error);
        self.is_lossy = true;
    }

    fn hear<P: Role>(&mut self, heard: Heard, peer: &mut Endpoint<P>) {
        assert!(self.closed_by_peer.is_none(), "a message after the Close");
        if heard.first && self.parts.take().is_some() {
            // The rest of the message was dropped.
            let dropped = peer.said.pop_front().expect("the message of the parts");
            assert!(dropped.is_whole);
        }
        let parts = match self.parts.take() {
            None => {
                assert!(heard.first, "the first parts are missing");
                heard.payload.to_vec()
            }
            Some(mut parts) => {
                parts.extend_from_slice(&heard.payload);
                parts
            }
        };
        let said = peer.said.front().expect("a message that nobody has sent");
        assert_eq!(said.kind, heard.kind);
        if heard.last {
            assert!(said.is_whole && said.payload == parts, "another message than was sent");
            peer.said.pop_front();
        } else {
            assert!(said.payload.starts_with(&parts), "another message than was sent");
            self.parts = Some(parts);
        }
    }

    fn hear_control<P: Role>(&mut self, control: Message, peer: &mut Endpoint<P>) {
        assert!(self.closed_by_peer.is_none(), "a frame after the Close");
        match control {
            Message::Ping(payload) => {
                if peer.pings.front() == Some(&payload) {
                    peer.pings.pop_front();
                } else {
                    assert!(payload.is_empty() && peer.conditions.keepalive.is_some());
                }
                if self.conditions.answer_pings {
                    self.to_answer.push_back(payload);
                }
            }
            Message::Pong(payload) => {
                if peer.pongs.front() == Some(&payload) {
                    peer.pongs.pop_front();
                    return;
                }
                // A newer Pong may have replaced those before it.
                let at = peer.to_answer.iter().position(|ping| *ping == payload);
                let at = at.expect("an answer to no Ping, or an old one");
                peer.to_answer.drain(..=at);
                peer.answered = Some(payload);
            }
            Message::Close(frame) => {
                let frame = frame.map(|frame| *frame);
                let sent = match (&peer.close, &peer.closed_by_peer) {
                    (Some(close), _) => close.clone(),
                    (None, Some(ours)) => ours.as_ref().map(|frame| {
                        CloseFrame::new(frame.code(), "").expect("a code that was sent")
                    }),
                    (None, None) => panic!("a Close that nobody has sent: {frame:?}"),
                };
                assert_eq!(frame, sent);
                let dropped = self.parts.take().and_then(|_| peer.said.pop_front());
                let is_cut = dropped.is_some_and(|said| !said.is_whole);
                assert!(peer.said.iter().all(|said| !said.is_whole), "a message was lost");
                assert!(peer.said.len() <= usize::from(!is_cut));
                assert!(peer.pings.is_empty() && peer.pongs.is_empty());
                self.closed_by_peer = Some(frame);
            }
            Message::Text(_) | Message::Binary(_) => unreachable!(),
        }
    }

    /// Takes the end of the transport, if it has arrived, and returns whether it has.
    pub fn take_end<P: Role>(&mut self, peer: &mut Endpoint<P>) -> bool {
        if !peer.shut || !peer.wire.is_empty() || self.eof {
            return false;
        }
        // An adapter reads on only after it has processed what it has read.
        self.receive_all(peer);
        self.eof = true;
        let ended = match self.halves_mut() {
            Halves::Whole(websocket) => websocket.receive_eof(),
            Halves::Split(receiver, sender) => {
                let ended = receiver.receive_eof();
                sender.receive_eof(ended);
                ended
            }
        };
        if let Err(error) = ended {
            self.fail(error);
        } else {
            assert!(self.closed_by_peer.is_some());
        }
        true
    }

    pub fn deadline(&mut self, now: Duration) -> Option<Duration> {
        match self.halves_mut() {
            Halves::Whole(websocket) => websocket.deadline(now),
            Halves::Split(_, sender) => sender.deadline(now, WAITING),
        }
    }

    /// Does what is due, until nothing is due any more.
    pub fn handle_deadline(&mut self, now: Duration) {
        for _ in 0..8 {
            if self.deadline(now).is_none_or(|deadline| deadline > now) {
                return;
            }
            let error = match self.halves_mut() {
                Halves::Whole(websocket) => {
                    websocket.handle_deadline(now);
                    websocket.halves().1.error()
                }
                Halves::Split(receiver, sender) => {
                    sender.handle_deadline(now, WAITING);
                    if let Some(error) = sender.error() {
                        receiver.fail(error);
                    }
                    sender.error()
                }
            };
            if let Some(error) = error {
                assert!(self.failed.is_none_or(|before| before == error));
                self.failed = Some(error);
                self.is_lossy = true;
            }
        }
        panic!("something is always due");
    }

    pub fn transport_action(&mut self) -> TransportAction {
        self.sender().transport_action()
    }

    /// Ends the sending side if the endpoint asks for it, and returns whether it did.
    pub fn obey(&mut self) -> bool {
        let ends = self.transport_action() != TransportAction::Keep;
        if self.shut || !ends || !self.sender().output().is_empty() {
            return false;
        }
        self.shut = true;
        // Without a Close the peer learns of the end only.
        self.is_lossy |= self.sender().is_cut();
        true
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

    /// Asserts that the peer has heard everything, when nothing is under way any more.
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

const WAITING: Waiting = Waiting { to_receive: true, to_flush: false };

fn kind(text: bool) -> Kind {
    if text { Kind::Text } else { Kind::Binary }
}

/// Returns `None` if it is no text.
fn message(kind: Kind, payload: &Bytes) -> Option<Message> {
    Some(match kind {
        Kind::Text => Message::text(str::from_utf8(payload).ok()?),
        Kind::Binary => Message::Binary(payload.clone()),
    })
}

/// A payload that tells what it belongs to. It may be too long for a control frame.
fn tagged(tag: u8, payload: &[u8]) -> Bytes {
    [&[tag], &payload[..payload.len().min(125)]].concat().into()
}
