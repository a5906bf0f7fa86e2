//! Payload lengths around the widths of integers. A 32-bit machine has to treat them as a 64-bit
//! machine does.

use support::{Frame, Side, every_split};
use websocket_proto::connection::{
    Client, Connection, ConnectionConfig, Event, Role, Sender, Server, SliceOutput,
};
use websocket_proto::frame::{FrameHeader, Kind, Rsv};
use websocket_proto::{ProtocolError, SendError};

const LONGEST: u64 = FrameHeader::MAX_PAYLOAD_LEN;

/// 2^31, 2^32 and their neighbours, 2^62, and the longest length.
const LENGTHS: [u64; 9] = [
    (1 << 31) - 1,
    1 << 31,
    (1 << 31) + 1,
    (1 << 32) - 1,
    1 << 32,
    (1 << 32) + 5,
    1 << 62,
    LONGEST - 1,
    LONGEST,
];

fn unlimited() -> ConnectionConfig {
    ConnectionConfig::new().max_message_size(u64::MAX).max_frame_size(u64::MAX)
}

#[test]
fn a_frame_of_any_length_is_in_progress_until_all_of_it_has_come() {
    for len in LENGTHS {
        in_progress(Client::new([7; 32]), Side::Client, len);
        in_progress(Server, Side::Server, len);
    }
}

fn in_progress<R: Role>(role: R, side: Side, len: u64) {
    for config in [unlimited(), unlimited().max_message_size(len).max_frame_size(len)] {
        for frame in [Frame::binary([]), Frame::text([])] {
            let header = frame.declaring(len).header(side);
            assert_eq!(every_split(side, &config, &header).error(), None, "{len}");
        }
    }
    let mut connection = Connection::new(role, unlimited());
    let mut bytes = Frame::binary([0; 5]).declaring(len).bytes(side);
    let mut input = bytes.as_mut_slice().into();
    let event = connection.receive(&mut input).expect("it is valid").expect("there are five bytes");
    let Event::Data(data) = event else { panic!("{event:?}") };
    assert_eq!((data.bytes.len(), data.first, data.last), (5, true, false));
    assert_eq!(connection.frame_remaining(), len - 5);
}

#[test]
fn a_limit_of_any_size_is_exact() {
    for side in Side::BOTH {
        for len in LENGTHS {
            let header = Frame::binary([]).declaring(len).header(side);
            let limit = len - 1;
            let log = every_split(side, &unlimited().max_message_size(limit), &header);
            assert_eq!(log.error(), Some(ProtocolError::MessageTooLarge { len, limit }));
            let log = every_split(side, &unlimited().max_frame_size(limit), &header);
            assert_eq!(log.error(), Some(ProtocolError::FrameTooLarge { len, limit }));

            // With a byte that has come before, the message is a byte longer than its limit.
            let begun = Frame::binary("a").more().bytes(side);
            let rest = Frame::continuation([]).declaring(len).header(side);
            let log =
                every_split(side, &unlimited().max_message_size(len), &[begun, rest].concat());
            let error = ProtocolError::MessageTooLarge { len: len + 1, limit: len };
            assert_eq!(log.error(), Some(error));
        }
    }
}

#[test]
fn a_length_from_2_to_the_63_on_is_an_error_whatever_the_limits() {
    for side in Side::BOTH {
        for len in [LONGEST + 1, LONGEST + 2, u64::MAX - 1, u64::MAX] {
            for frame in [Frame::binary([]), Frame::text([]), Frame::continuation([])] {
                let header = frame.declaring(len).in_64_bits().header(side);
                let bytes = match header[0] & 0x0f {
                    0 => [Frame::binary("a").more().bytes(side), header].concat(),
                    _ => header,
                };
                let log = every_split(side, &unlimited(), &bytes);
                assert_eq!(log.error(), Some(ProtocolError::LengthTopBitSet), "{len}");
            }
        }
    }
}

#[test]
fn a_control_frame_of_any_of_these_lengths_is_too_long() {
    for side in Side::BOTH {
        for len in LENGTHS {
            let header = Frame::ping([]).declaring(len).header(side);
            let log = every_split(side, &unlimited(), &header);
            assert_eq!(log.error(), Some(ProtocolError::ControlFrameTooLong), "{len}");
        }
    }
}

#[test]
fn a_frame_of_any_length_is_begun_and_a_longer_one_is_refused() {
    begin(Connection::new(Client::new([7; 32]), unlimited()).sender());
    begin(Connection::new(Server, unlimited()).sender());
}

fn begin<R: Role>(sender: &mut Sender<R>) {
    for len in LENGTHS {
        let start = sender.begin(Kind::Binary, len, Rsv::NONE).expect("it is in range");
        let (header, header_len) = FrameHeader::parse(&start.header()).unwrap().expect("whole");
        assert_eq!((header.payload_len, start.payload_len()), (len, len));
        assert_eq!(header_len, start.header().len());
        for fin in [false, true] {
            let next = sender.begin_fragment(Kind::Binary, fin, len, Rsv::NONE);
            assert_eq!(next.map(|start| start.payload_len()), Ok(len), "no sum is computed");
        }
    }
    for len in [LONGEST + 1, u64::MAX] {
        let error = SendError::FrameTooLong { len };
        assert_eq!(sender.begin(Kind::Binary, len, Rsv::NONE).err(), Some(error));
        let refused = sender.begin_fragment(Kind::Binary, true, len, Rsv::NONE);
        assert_eq!(refused.err(), Some(error));
        assert_eq!(sender.message_in_progress(), None, "nothing has begun");
    }
    assert_eq!(sender.send_binary(b"next", &mut SliceOutput::new(&mut [0; 32])), Ok(()));
}

#[test]
fn the_size_of_a_frame_never_wraps() {
    let mut connection = Connection::new(Server, unlimited());
    let sender = connection.sender();
    for (payload_len, len) in [
        (0, 2),
        (125, 127),
        (126, 130),
        (0xffff, 0x1_0003),
        (0x1_0000, 0x1_000a),
        (i32::MAX as usize, i32::MAX as usize + 10),
        (usize::MAX - 10, usize::MAX),
        (usize::MAX - 9, usize::MAX),
        (usize::MAX, usize::MAX),
    ] {
        assert_eq!(sender.frame_len(payload_len), len, "{payload_len}");
    }
}
