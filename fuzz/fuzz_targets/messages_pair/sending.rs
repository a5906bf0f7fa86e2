//! What an endpoint sends, in one step or in several.

use bytes::Bytes;
use websocket_proto::connection::Role;
use websocket_proto::frame::Kind;
use websocket_proto::websocket::{Begun, Prepared};
use websocket_proto::{Message, SendError};

use super::{Begin, Endpoint, Said};

impl<R: Role> Endpoint<R> {
    pub(super) fn prepared(
        &self,
        kind: Kind,
        compressed: bool,
        payload: &Bytes,
    ) -> Option<Prepared> {
        let prepared = match kind {
            Kind::Text => Prepared::text(str::from_utf8(payload).ok()?),
            Kind::Binary => Prepared::binary(payload.clone()),
        };
        let deflate = self.conditions.deflate();
        Some(if compressed { prepared.compressed(&deflate) } else { prepared })
    }

    /// Sends a message, and returns whether it was accepted. One that was not comes back unchanged.
    pub(super) fn send_message(&mut self, message: Message) -> bool {
        let is_ready = self.sender().is_ready();
        let is_closed = self.sender().is_closed();
        let copy = message.clone();
        let sent = self.whole_or_sender(|w| w.send(copy.clone()), |s| s.send(copy.clone()));
        match &sent {
            Ok(()) => assert!(is_ready || message.is_close()),
            Err(rejected) => {
                assert_eq!(rejected.message, message);
                let is_full = matches!(rejected.error, SendError::QueueFull { .. });
                assert_eq!(is_full, !is_ready && !is_closed && !message.is_close());
            }
        }
        sent.is_ok()
    }

    pub(super) fn send(&mut self, kind: Kind, payload: Bytes) {
        let Some(message) = message(kind, &payload) else { return };
        if self.send_message(message) {
            assert!(!self.is_disabled && self.begun.is_none());
            self.say(kind, &payload, None);
        }
    }

    pub(super) fn send_fragment(&mut self, kind: Kind, fin: bool, payload: Bytes) {
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

    pub(super) fn begin(&mut self, kind: Kind, payload: Bytes) {
        let Some(message) = message(kind, &payload) else { return };
        match self.sender().begin(message.clone()) {
            Ok(begun) => self.go_on(begun, kind, payload, None),
            Err(rejected) => assert_eq!(rejected.message, message),
        }
    }

    pub(super) fn go_on(
        &mut self,
        begun: Begun,
        kind: Kind,
        payload: Bytes,
        fragment: Option<bool>,
    ) {
        match begun {
            Begun::Queued => self.say(kind, &payload, fragment),
            Begun::Encode(encoding) => {
                assert!(self.begun.is_none());
                self.begun = Some(Begin { encoding, kind, payload, fragment });
            }
        }
    }

    pub(super) fn encode(&mut self) {
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
    pub(super) fn say(&mut self, kind: Kind, payload: &[u8], fragment: Option<bool>) {
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
}

/// Returns `None` if it is no text.
fn message(kind: Kind, payload: &Bytes) -> Option<Message> {
    Some(match kind {
        Kind::Text => Message::text(str::from_utf8(payload).ok()?),
        Kind::Binary => Message::Binary(payload.clone()),
    })
}
