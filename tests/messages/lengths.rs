//! Lengths around the widths of integers, and queues longer than the address space of a 32-bit
//! machine.

use support::messages::{From, client, server};
use websocket_proto::connection::{Oversized, State};
use websocket_proto::websocket::Config;
use websocket_proto::{Message, ProtocolError, SendError};

const LENGTHS: [u64; 6] = [1 << 31, (1 << 32) - 1, 1 << 32, (1 << 32) + 5, 1 << 62, (1 << 63) - 1];

#[test]
fn a_message_of_any_length_is_in_progress_until_all_of_it_has_come() {
    for len in LENGTHS {
        for oversized in [Oversized::Fail, Oversized::Skip] {
            let config = Config::new().max_message_size(u64::MAX).oversized(oversized);
            for opcode in [0x81, 0x82, 0x01, 0x02] {
                let mut websocket = client(config.clone());
                websocket.input().extend_from_slice(&From::Server.header(opcode, len));
                for _ in 0..3 {
                    websocket.input().extend_from_slice(&[0; 1000]);
                    assert_eq!(websocket.receive(), Ok(None), "{len}");
                }
                assert_eq!(websocket.state(), State::Open);
            }
        }
    }
}

#[test]
fn a_message_that_exceeds_its_limit_by_any_length_fails_at_its_header_or_is_skipped() {
    for len in LENGTHS {
        let header = From::Server.header(0x82, len);
        let config = Config::new().max_message_size(len - 1);
        let mut websocket = client(config.clone());
        websocket.input().extend_from_slice(&header);
        let error = ProtocolError::MessageTooLarge { len, limit: len - 1 };
        assert_eq!(websocket.receive(), Err(error));

        let mut websocket = client(config.oversized(Oversized::Skip));
        websocket.input().extend_from_slice(&header);
        websocket.input().extend_from_slice(&[0; 1000]);
        assert_eq!(websocket.receive(), Ok(None));
        assert!(websocket.input().is_empty(), "skipped bytes are not kept");
        assert_eq!(websocket.state(), State::Open);
    }
}

/// Payloads that are sent without a copy take no memory, so their sum may exceed every number that
/// an address can be.
#[test]
fn a_queue_without_a_mark_never_counts_wrong() {
    let payload = bytes::Bytes::from(vec![7; 32 << 20]);
    let mut websocket = server(Config::new().high_water_mark(u64::MAX));
    for sent in 1..=200 {
        let before = websocket.output().len();
        match websocket.send(Message::Binary(payload.clone())) {
            Ok(()) => {
                let after = websocket.output().len();
                assert_eq!(after.checked_sub(before), Some(payload.len() + 10), "{sent}");
            }
            Err(rejected) => {
                let full = matches!(rejected.error, SendError::QueueFull { queued, .. } if queued == before);
                assert!(full && cfg!(target_pointer_width = "32"), "{sent}: {rejected}");
                return;
            }
        }
    }
    assert_eq!(usize::BITS, 64, "6 GiB do not fit");
}
