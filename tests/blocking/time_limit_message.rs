//! A message that does not end has a time limit while the other half writes.

use std::io::{Read, Write};
use std::thread;
use std::time::Instant;

use crate::limited::{LIMIT, limited as config, protocol};
use crate::loopback::connected;
use support::{Frame, Side, messages};
use websocket_proto::ProtocolError;
use websocket_proto::blocking::{Error, ReadHalf};
use websocket_proto::connection::Server;
use websocket_proto::websocket::Config;

/// The peer reads slowly, so the other half writes all the time.
#[test]
fn a_message_that_does_not_end_has_a_limit_while_the_other_half_writes() {
    limits_a_message_while_the_other_half_writes(b"", |reader| {
        loop {
            if let Err(error) = reader.read() {
                return error;
            }
        }
    });
}

/// Each call of `read_part` returns after one read of the transport.
#[test]
fn a_message_that_is_read_in_parts_has_a_limit_while_the_other_half_writes() {
    let more = messages::From::Client.part(messages::CONTINUATION, "on");
    limits_a_message_while_the_other_half_writes(&more, |reader| {
        loop {
            if let Err(error) = reader.read_part() {
                return error;
            }
        }
    });
}

#[test]
fn a_message_that_comes_between_pings_has_a_limit_while_the_other_half_writes() {
    let more = messages::From::Client.part(messages::CONTINUATION, "on");
    let more = [more, Frame::ping("").bytes(Side::Server)].concat();
    limits_a_message_while_the_other_half_writes(&more, |reader| {
        loop {
            if let Err(error) = reader.read() {
                return error;
            }
        }
    });
}

/// The peer begins a message, and sends `more` again and again.
fn limits_a_message_while_the_other_half_writes(
    more: &[u8],
    read: impl FnOnce(&mut ReadHalf<Server>) -> Error,
) {
    let config = config().message_timeout(LIMIT);
    let (server, client) = connected(config, Config::new());
    let mut peer = client.into_parts().stream;
    let (mut reader, mut writer) = server.into_split().unwrap();
    let writing = thread::spawn(move || writer.send(vec![7; 32 << 20]).unwrap_err());
    let more = more.to_vec();
    let slow = thread::spawn(move || {
        thread::sleep(LIMIT / 5);
        peer.write_all(&messages::From::Client.part(messages::TEXT, "and so")).unwrap();
        let mut bytes = vec![0; 64 << 10];
        while peer.read(&mut bytes).is_ok_and(|count| count > 0) {
            thread::sleep(LIMIT / 25);
            let _ = peer.write_all(&more);
        }
    });
    let begin = Instant::now();
    let error = protocol(read(&mut reader));
    assert_eq!(error, ProtocolError::MessageTimeout { timeout: LIMIT });
    assert!(begin.elapsed() < 20 * LIMIT, "{:?}", begin.elapsed());
    writing.join().unwrap();
    slow.join().unwrap();
}
