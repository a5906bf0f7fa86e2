//! Messages over the limit that are skipped: `Config::oversized`.

use support::messages::*;
use websocket_proto::connection::{Oversized, Server, State};
use websocket_proto::frame::Kind;
use websocket_proto::websocket::{Config, Part};
use websocket_proto::{Message, ProtocolError, SendError, WebSocket};

const LIMIT: u64 = 100;

fn skipping() -> WebSocket<Server> {
    server(Config::new().max_message_size(LIMIT).oversized(Oversized::Skip))
}

fn oversized(len: u64) -> Message {
    Message::Oversized { len }
}

/// Small and large messages, whole and in fragments, and what is received of them.
fn conversation() -> (Vec<u8>, Vec<Message>) {
    let from = From::Client;
    let stream = [
        from.frame(TEXT, "before"),
        from.frame(BINARY, vec![1; 101]),
        from.frame(BINARY, vec![2; 100]),
        from.part(TEXT, "x".repeat(60)),
        from.frame(PING, "between"),
        from.part(CONTINUATION, "\u{20ac}".repeat(20)),
        from.frame(PONG, ""),
        from.part(CONTINUATION, ""),
        from.frame(CONTINUATION, "x".repeat(300)),
        from.part(BINARY, vec![3; 60]),
        from.frame(CONTINUATION, vec![3; 40]),
        from.part(BINARY, vec![4; 101]),
        from.frame(CONTINUATION, ""),
        from.frame(TEXT, "after"),
    ]
    .concat();
    let messages = vec![
        Message::text("before"),
        oversized(101),
        Message::binary(vec![2; 100]),
        Message::ping("between"),
        Message::pong(""),
        oversized(420),
        Message::binary(vec![3; 100]),
        oversized(101),
        Message::text("after"),
    ];
    (stream, messages)
}

/// Receives parts, and joins them.
#[derive(Default)]
struct Joined(Vec<u8>);

impl Joined {
    fn next(&mut self, websocket: &mut WebSocket<Server>) -> Option<Message> {
        loop {
            return Some(match websocket.receive_part().expect("a valid peer")? {
                Part::Data { kind, bytes, first, last } => {
                    assert_eq!(first, self.0.is_empty());
                    self.0.extend_from_slice(bytes);
                    assert!(self.0.len() as u64 <= LIMIT);
                    if !last {
                        continue;
                    }
                    let bytes = std::mem::take(&mut self.0);
                    match kind {
                        Kind::Text => Message::text(String::from_utf8(bytes).expect("valid")),
                        Kind::Binary => Message::binary(bytes),
                    }
                }
                Part::Oversized { len } => {
                    self.0.clear();
                    oversized(len)
                }
                Part::Ping(payload) => Message::ping(payload.to_vec()),
                Part::Pong(payload) => Message::pong(payload.to_vec()),
                Part::Close(_) => panic!("there is no Close"),
            });
        }
    }
}

#[test]
fn a_message_over_the_limit_is_skipped_and_reported_once_in_every_split_and_by_every_method() {
    let (stream, messages) = conversation();
    for size in 1..=stream.len() {
        for way in ["owned", "lent", "processed", "parts"] {
            let mut websocket = skipping();
            let mut received = Vec::new();
            let mut joined = Joined::default();
            for read in stream.chunks(size) {
                websocket.input().extend_from_slice(read);
                received.extend(std::iter::from_fn(|| match way {
                    "owned" => websocket.receive().expect("a valid peer"),
                    "lent" => websocket.receive_ref().expect("a valid peer").map(Message::from),
                    "processed" => {
                        let ready = websocket.process().expect("a valid peer");
                        let message = websocket.receive().expect("a valid peer");
                        assert_eq!(message.is_some(), ready);
                        message
                    }
                    _ => joined.next(&mut websocket),
                }));
            }
            assert_eq!(received, messages, "{way}, {size}");
            assert_eq!(websocket.state(), State::Open);
            assert_eq!(opcodes(websocket.output()), [PONG]);
        }
    }
}

#[test]
fn a_declared_length_over_the_limit_keeps_no_byte_of_the_message() {
    let mut websocket = skipping();
    websocket.input().extend_from_slice(&From::Client.header(0x82, 1 << 40));
    for _ in 0..1000 {
        websocket.input().extend_from_slice(&[0; 1000]);
        assert_eq!(websocket.receive(), Ok(None));
        assert!(websocket.input().is_empty());
    }
}

#[test]
fn text_that_is_skipped_is_still_validated() {
    let mut websocket = skipping();
    let text = [vec![b'x'; 200], vec![0xff]].concat();
    websocket.input().extend_from_slice(&From::Client.frame(TEXT, text));
    assert_eq!(websocket.receive(), Err(ProtocolError::InvalidUtf8 { offset: 200 }));
}

#[test]
fn a_frame_over_the_limit_for_frames_still_fails_the_connection() {
    let config = Config::new().max_message_size(LIMIT).max_frame_size(50);
    let mut websocket = server(config.oversized(Oversized::Skip));
    websocket.input().extend_from_slice(&From::Client.frame(BINARY, vec![0; 51]));
    let error = ProtocolError::FrameTooLarge { len: 51, limit: 50 };
    assert_eq!(websocket.receive(), Err(error));
}

#[test]
fn a_report_of_a_skipped_message_cannot_be_sent() {
    let mut websocket = skipping();
    let report = oversized(101);
    let rejected = websocket.send(report.clone()).expect_err("there is nothing to send");
    assert_eq!((rejected.error, rejected.message), (SendError::Oversized, report.clone()));
    assert_eq!(
        rejected.error.to_string(),
        "a skipped message cannot be sent: its payload was dropped"
    );
    assert!(websocket.output().is_empty());
    assert_eq!(report.to_string(), "skipped message of 101 bytes");
    assert_eq!((report.payload(), report.len(), report.is_data()), (None, 0, false));
    assert_eq!(report.clone().into_payload(), Err(report.clone()));
    assert_eq!(report.clone().into_text(), Err(report));
}
