//! What an endpoint receives, and whether its peer has sent it.

use bytes::Bytes;
use websocket_proto::close::CloseFrame;
use websocket_proto::connection::Role;
use websocket_proto::frame::Kind;
use websocket_proto::websocket::Part;
use websocket_proto::{Message, ProtocolError};

use super::{Endpoint, Halves};

/// A part of a message, or all of it.
struct Heard {
    kind: Kind,
    payload: Bytes,
    first: bool,
    last: bool,
}

impl<R: Role> Endpoint<R> {
    /// Receives one thing, and returns whether there was one.
    pub(super) fn receive<P: Role>(&mut self, peer: &mut Endpoint<P>, how: u8) -> bool {
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
            Part::Oversized { len } => Err(Message::Oversized { len }),
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

    pub(super) fn fail(&mut self, error: ProtocolError) {
        assert!(self.failed.is_none_or(|before| before == error), "another error than before");
        let is_expected = match error {
            ProtocolError::UnexpectedEof => self.eof,
            ProtocolError::KeepaliveTimeout { .. }
            | ProtocolError::WriteTimeout { .. }
            | ProtocolError::MessageTimeout { .. }
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
            Message::Oversized { len } => {
                let mut skipped = peer.said.pop_front().expect("a message that nobody has sent");
                let is_in_limit = !self.conditions.skips(skipped.payload.len() as u64);
                if self.parts.take().is_some() && is_in_limit {
                    // The rest of another message was dropped before this one was skipped.
                    skipped = peer.said.pop_front().expect("a message that nobody has sent");
                }
                assert!(skipped.is_whole);
                assert_eq!(skipped.payload.len() as u64, len);
                assert!(self.conditions.skips(len));
            }
            Message::Close(frame) => {
                let frame = frame.map(|frame| *frame);
                let sent = match (&peer.close, &peer.closed_by_peer, peer.failed) {
                    (Some(close), _, _) => close.clone(),
                    // The answer repeats the code, and mostly the reason.
                    (None, Some(Some(ours)), _) if peer.conditions.omits_close_reason => {
                        Some(CloseFrame::new(ours.code(), "").expect("a valid code"))
                    }
                    (None, Some(ours), _) => ours.clone(),
                    (None, None, Some(error)) => {
                        assert!(matches!(error, ProtocolError::MessageTimeout { .. }));
                        error.close_frame()
                    }
                    (None, None, None) => panic!("a Close that nobody has sent: {frame:?}"),
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
}
