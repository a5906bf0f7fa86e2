//! Two connections that talk by a list of operations: each must hear what the other said or, on a
//! bad line, what the model of the tests hears in the bytes that came.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use support::{Conversation, Operation};
use websocket_proto::frame::Kind;

#[derive(Arbitrary, Debug)]
enum Op<'a> {
    SendText(&'a str),
    SendBinary(&'a [u8]),
    Fragment { text: bool, fin: bool, payload: &'a [u8] },
    InPlace { text: bool, fin: bool, payload: &'a [u8] },
    Ping(&'a [u8]),
    Pong(&'a [u8]),
    Close { code: u16, reason: &'a str },
    Deliver(u16),
    Corrupt { at: u16, bit: u8 },
    Cut,
}

impl Op<'_> {
    fn is_a_mishap(&self) -> bool {
        matches!(self, Self::Corrupt { .. } | Self::Cut)
    }
}

impl From<&Op<'_>> for Operation {
    fn from(op: &Op<'_>) -> Self {
        let kind = |text| if text { Kind::Text } else { Kind::Binary };
        match *op {
            Op::SendText(text) => Self::Send(Kind::Text, text.into()),
            Op::SendBinary(bytes) => Self::Send(Kind::Binary, bytes.into()),
            Op::Fragment { text, fin, payload } => Self::Fragment(kind(text), fin, payload.into()),
            Op::InPlace { text, fin, payload } => Self::InPlace(kind(text), fin, payload.into()),
            Op::Ping(payload) => Self::Ping(payload.into()),
            Op::Pong(payload) => Self::Pong(payload.into()),
            Op::Close { code, reason } => Self::Close(code, reason.into()),
            Op::Deliver(len) => Self::Deliver(len.into()),
            Op::Corrupt { at, bit } => Self::Corrupt(at.into(), bit),
            Op::Cut => Self::Cut,
        }
    }
}

fuzz_target!(|operations: Vec<(bool, Op<'_>)>| {
    let mut conversation = Conversation::default();
    for (by_client, op) in &operations {
        conversation.operate(*by_client, &op.into());
    }
    conversation.assert_heard_as_the_model_hears();
    if !operations.iter().any(|(_, op)| op.is_a_mishap()) {
        conversation.assert_all_was_heard();
    }
});
