//! The outgoing queue beside a naive reader of the wire: whatever is queued, and however it is
//! written, frames stay whole and in order.

use std::io::IoSlice;

use bytes::{Buf, Bytes, BytesMut};
use proptest::prelude::*;
use support::messages::*;
use websocket_proto::connection::Role;
use websocket_proto::frame::Kind;
use websocket_proto::websocket::{Config, Outgoing, Prepared};
use websocket_proto::{CloseCode, Message, WebSocket};

#[derive(Clone, Debug)]
enum Operation {
    Data {
        len: usize,
        prepared: bool,
    },
    /// A fragment of a binary message.
    Fragment {
        len: usize,
        fin: bool,
    },
    Ping {
        len: usize,
    },
    /// A Ping of the peer's, which is answered.
    Pinged {
        len: usize,
    },
    Close,
    Write {
        len: usize,
        how: How,
    },
}

#[derive(Clone, Copy, Debug)]
enum How {
    Chunk,
    Vectored,
    Copy,
}

fn operation() -> impl Strategy<Value = Operation> {
    let len = || prop_oneof![4 => 0_usize..200, 2 => 4000_usize..4200, 1 => 16_300_usize..16_500, 1 => 60_000_usize..70_000];
    let how = prop_oneof![Just(How::Chunk), Just(How::Vectored), Just(How::Copy)];
    let write_len = prop_oneof![4 => 1_usize..20, 4 => 1_usize..5000, 2 => 1_usize..100_000];
    prop_oneof![
        6 => (len(), any::<bool>()).prop_map(|(len, prepared)| Operation::Data { len, prepared }),
        3 => (len(), any::<bool>()).prop_map(|(len, fin)| Operation::Fragment { len, fin }),
        3 => (0_usize..126).prop_map(|len| Operation::Ping { len }),
        3 => (0_usize..126).prop_map(|len| Operation::Pinged { len }),
        1 => Just(Operation::Close),
        9 => (write_len, how).prop_map(|(len, how)| Operation::Write { len, how }),
    ]
}

fn fragment_size() -> impl Strategy<Value = u64> {
    prop_oneof![2 => Just(u64::MAX), 1 => 100_u64..5000, 1 => 16_000_u64..40_000]
}

/// What was taken, and where the wire was then.
struct Model {
    mark: usize,
    fragment_size: usize,
    wire: Vec<u8>,
    /// Opcode, FIN and payload of each data frame.
    data: Vec<(u8, bool, Vec<u8>)>,
    /// Opcode and payload of each Ping and Pong, and how much had been written when it was taken.
    control: Vec<(u8, Vec<u8>, usize)>,
    closed: bool,
    under_way: bool,
    serial: u8,
}

impl Model {
    fn new(mark: u64, fragment_size: u64) -> Self {
        Self {
            mark: mark as usize,
            fragment_size: fragment_size as usize,
            wire: Vec::new(),
            data: Vec::new(),
            control: Vec::new(),
            closed: false,
            under_way: false,
            serial: 0,
        }
    }

    /// Expects the frames of a message or a fragment.
    fn expect(&mut self, fin: bool, payload: &[u8]) {
        let mut rest = payload;
        loop {
            let (part, others) = rest.split_at(rest.len().min(self.fragment_size));
            let opcode = if self.under_way { CONTINUATION } else { BINARY };
            let is_last = fin && others.is_empty();
            self.data.push((opcode, is_last, part.to_vec()));
            self.under_way = !is_last;
            rest = others;
            if rest.is_empty() {
                return;
            }
        }
    }

    fn apply<R: Role>(&mut self, websocket: &mut WebSocket<R>, peer: From, operation: Operation) {
        self.serial = self.serial.wrapping_add(1);
        let serial = self.serial;
        let payload = |len| vec![serial; len];
        match operation {
            Operation::Data { len, prepared } => {
                let taken = if prepared {
                    websocket.send_prepared(&Prepared::binary(payload(len))).is_ok()
                } else {
                    websocket.send(Message::binary(payload(len))).is_ok()
                };
                if taken {
                    assert!(!self.closed && !self.under_way);
                    self.expect(true, &payload(len));
                }
            }
            Operation::Fragment { len, fin } => {
                let bytes = Bytes::from(payload(len));
                if websocket.send_fragment(Kind::Binary, fin, bytes).is_ok() {
                    assert!(!self.closed);
                    self.expect(fin, &payload(len));
                }
            }
            Operation::Ping { len } => {
                if websocket.send(Message::Ping(payload(len).into())).is_ok() {
                    assert!(!self.closed);
                    self.control.push((PING, payload(len), self.wire.len()));
                }
            }
            // Else the answer waits, and may give way to another: a test of its own.
            Operation::Pinged { len } if websocket.output().len() < self.mark.max(1) => {
                let mut input = BytesMut::from(&peer.frame(PING, payload(len))[..]);
                websocket.receive_from(&mut input).unwrap();
                if !self.closed {
                    self.control.push((PONG, payload(len), self.wire.len()));
                }
            }
            Operation::Pinged { .. } => {}
            Operation::Close => {
                let closed = websocket.close(CloseCode::NORMAL, "done");
                assert_eq!(closed.is_err(), self.closed);
                self.closed = true;
            }
            Operation::Write { len, how } => self.write(websocket.output(), len, how),
        }
    }

    fn write(&mut self, output: &mut Outgoing, len: usize, how: How) {
        let remaining = output.remaining();
        let len = len.min(remaining);
        let mut slices = [IoSlice::new(&[]); 2048];
        let filled = output.chunks_vectored(&mut slices);
        let pieces: Vec<&[u8]> = slices[..filled].iter().map(|slice| &**slice).collect();
        assert!(pieces.iter().all(|piece| !piece.is_empty()));
        let all = pieces.concat();
        assert_eq!(all.len(), remaining);
        assert!(all.starts_with(output.chunk()));
        assert_eq!(output.chunk().is_empty(), remaining == 0);
        // Fewer slices give the beginning of the same.
        let mut two = [IoSlice::new(&[]); 2];
        let filled = output.chunks_vectored(&mut two);
        let fewer: Vec<&[u8]> = two[..filled].iter().map(|slice| &**slice).collect();
        assert!(all.starts_with(&fewer.concat()));

        let written = match how {
            How::Chunk => output.chunk()[..len.min(output.chunk().len())].to_vec(),
            How::Vectored => all[..len].to_vec(),
            How::Copy => {
                let copied = output.copy_to_bytes(len);
                assert!(copied == all[..len]);
                self.wire.extend_from_slice(&copied);
                return;
            }
        };
        output.advance(written.len());
        assert_eq!(output.remaining(), remaining - written.len());
        self.wire.extend(written);
    }

    fn check(mut self, output: &mut Outgoing) {
        self.wire.extend(drain(output));
        let mut starts = Vec::new();
        let mut frames = Vec::new();
        let mut at = 0;
        while at < self.wire.len() {
            let (frame, len) = decode_one(&self.wire[at..]).expect("frames are whole");
            starts.push(at);
            frames.push(frame);
            at += len;
        }
        if self.closed {
            let close = frames.pop().expect("the Close");
            assert_eq!(close_code(&close), Some(1000));
        }
        let is_data = |frame: &Frame| frame.opcode < CLOSE;
        let data: Vec<_> = frames
            .iter()
            .filter(|frame| is_data(frame))
            .map(|frame| (frame.opcode, frame.fin, frame.payload.clone()))
            .collect();
        assert!(data == self.data, "data frames are those that were taken, in that order");

        let mut control = self.control.iter();
        for (index, frame) in frames.iter().enumerate().filter(|(_, frame)| !is_data(frame)) {
            let (opcode, payload, written) = control.next().expect("no more than was taken");
            assert_eq!((frame.opcode, &frame.payload), (*opcode, payload));
            let overtook =
                (0..index).all(|before| starts[before] < *written || !is_data(&frames[before]));
            assert!(overtook, "a control frame waits for the frame under way and no other");
        }
        assert_eq!(control.next(), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_servers_frames_are_whole_and_in_order(
        operations in prop::collection::vec(operation(), 1..60),
        mark in 0_u64..200_000,
        fragment_size in fragment_size(),
    ) {
        let mut websocket = server(Config::new().high_water_mark(mark).fragment_size(fragment_size));
        let mut model = Model::new(mark, fragment_size);
        for operation in operations {
            model.apply(&mut websocket, From::Client, operation);
        }
        model.check(websocket.output());
    }

    #[test]
    fn a_clients_frames_are_whole_and_in_order(
        operations in prop::collection::vec(operation(), 1..60),
        mark in 0_u64..200_000,
        fragment_size in fragment_size(),
    ) {
        let mut websocket = client(Config::new().high_water_mark(mark).fragment_size(fragment_size));
        let mut model = Model::new(mark, fragment_size);
        for operation in operations {
            model.apply(&mut websocket, From::Server, operation);
        }
        model.check(websocket.output());
    }
}
