//! An endpoint and its transport: bytes, the end, and the clock.

use std::io::IoSlice;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use websocket_proto::connection::{Role, TransportAction};
use websocket_proto::websocket::{MessageReceiver, Waiting};

use super::{Endpoint, Halves};

impl<R: Role> Endpoint<R> {
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
            Halves::Split(receiver, sender) => sender.deadline(now, waiting(receiver)),
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
                    sender.handle_deadline(now, waiting(receiver));
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
}

fn waiting<R: Role>(receiver: &MessageReceiver<R>) -> Waiting {
    Waiting { to_receive: true, to_flush: false, message: receiver.message_in_progress() }
}
