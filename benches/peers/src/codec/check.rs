//! The pass of checks: every payload is compared before anything is timed.

use super::workload::{Receive, Send};
use crate::check::catching;
use crate::contestant::{NewReceiver, NewSender};
use crate::frame;
use crate::memory::{Memory, Stream};
use crate::report::Calls;
use crate::tally::{Expected, Tally};

/// How often the stream is repeated. A later pass fails if an earlier one has changed the state.
const PASSES: usize = 3;

/// Checks each message that a contestant receives, and returns how often it called the transport.
///
/// # Errors
/// Returns what went wrong.
pub fn receiving(workload: &Receive, create: NewReceiver) -> Result<Calls, String> {
    catching(|| {
        let memory = Memory::new(Stream::shifted(&workload.stream, 3));
        let mut receiver = create(memory.clone(), workload.role);
        let expected = Expected { text: workload.content.is_text(), payloads: &workload.payloads };
        for _ in 0..PASSES {
            memory.rewind();
            let mut tally = Tally::checking(expected);
            receiver.receive(workload.messages, &mut tally);
            assert_eq!(tally.messages, workload.messages);
        }
        assert_eq!(memory.written(), 0, "the contestant wrote");
        Calls::for_each(&memory, PASSES * workload.messages)
    })
}

/// Checks each frame that a contestant sends, and returns how often it called the transport.
///
/// # Errors
/// Returns what went wrong.
pub fn sending(workload: &Send, create: NewSender) -> Result<Calls, String> {
    catching(|| {
        let memory = Memory::new(Stream::shifted(&[], 0));
        let mut sender = create(memory.clone(), workload.role);
        let payloads = workload.shifted_payloads(3);
        memory.record();
        for _ in 0..PASSES {
            sender.send(&payloads, workload.batch);
        }
        let written = memory.take_record();
        check_frames(workload, &written);
        Calls::for_each(&memory, PASSES * workload.messages)
    })
}

fn check_frames(workload: &Send, mut written: &[u8]) {
    assert_eq!(written.len(), PASSES * workload.wire_len(), "a header is not minimal");
    for _ in 0..PASSES {
        for payload in workload.payloads.iter().cycle().take(workload.messages) {
            let frame = frame::read(&mut written).expect("a whole frame");
            assert!(frame.fin && !frame.rsv1, "the message is in fragments or compressed");
            assert_eq!(frame.opcode, frame::BINARY);
            assert_eq!(frame.masked, workload.role.is_client());
            assert!(frame.payload == *payload, "the payload differs");
        }
    }
    assert!(written.is_empty(), "bytes are left");
}
