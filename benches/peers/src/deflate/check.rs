//! The pass of checks: every payload is compared before anything is timed.

use super::flate::Inflate;
use super::ways::Way;
use super::{MESSAGES, Workload};
use crate::frame;
use crate::memory::{Memory, Stream};
use crate::payload::shifted;
use crate::report::Calls;
use crate::tally::{Expected, Tally};

/// How often the messages are repeated. A later pass fails if an earlier one has changed the state.
const PASSES: usize = 3;

/// How many messages are flushed together.
pub const BATCH: usize = 1;

/// What a contestant sent.
pub struct Sent {
    /// How often it called the transport.
    pub calls: Calls,
    /// How many bytes it sent for each message: a way to see that all compress alike.
    pub bytes: usize,
}

/// Checks each message that a contestant receives.
pub fn receiving(workload: &Workload, way: &Way) -> Calls {
    let memory = Memory::new(Stream::shifted(&workload.stream(), 3));
    let mut receiver = (way.receiver)(memory.clone(), workload.takeover);
    for _ in 0..PASSES {
        memory.rewind();
        let expected = Expected { text: true, payloads: &workload.payloads };
        let mut tally = Tally::checking(expected);
        receiver.receive(MESSAGES, &mut tally);
        assert_eq!(tally.messages, MESSAGES);
    }
    Calls::for_each(&memory, PASSES * MESSAGES)
}

/// Checks each frame that a contestant sends.
pub fn sending(workload: &Workload, way: &Way) -> Sent {
    let memory = Memory::new(Stream::shifted(&[], 0));
    let mut sender = (way.sender)(memory.clone(), workload.takeover);
    let payloads = shifted(&workload.payloads, 3);
    memory.record();
    for _ in 0..PASSES {
        sender.send(&payloads, BATCH);
    }
    let written = memory.take_record();
    check_frames(workload, &written);
    Sent {
        calls: Calls::for_each(&memory, PASSES * MESSAGES),
        bytes: written.len() / (PASSES * MESSAGES),
    }
}

fn check_frames(workload: &Workload, mut written: &[u8]) {
    let mut inflate = Inflate::new(workload.takeover);
    for _ in 0..PASSES {
        for payload in &workload.payloads {
            let frame = frame::read(&mut written).expect("a whole frame");
            assert!(frame.fin && !frame.masked);
            assert!(frame.rsv1, "the message is not compressed");
            let message = inflate.decompress(&frame.payload);
            assert!(message == payload.as_slice(), "the payload differs");
        }
    }
    assert!(written.is_empty(), "bytes are left");
}
