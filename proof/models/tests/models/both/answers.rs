//! The half that receives owes answers while the other half sends.

use std::sync::Arc;

use machine::{Condvar, Mutex, thread};
use websocket_proto::connection::Client;
use websocket_proto::websocket::{Config, Prepared};
use websocket_proto::{CloseCode, Message};

use crate::adapter::{Adapter, ROOMY, Reader as _, Writer as _};
use crate::peer::{BINARY, Frame, PING, PONG, TEXT};

/// Nothing times out in this model, so it shows that neither half needs a time-out to send its
/// frames.
pub(crate) fn a_ping_is_answered_while_a_message_is_sent<A: Adapter>(preemptions: usize) {
    A::explore("a Ping arrives while a message is sent", Some(preemptions), || {
        let (mut reader, mut writer, mut peer) = A::server(ROOMY);
        let writing = thread::spawn(move || writer.send("a").unwrap());
        let peer = thread::spawn(move || {
            peer.send(Frame::new(PING, "p"));
            peer.expect_a_pong_and(Frame::new(TEXT, "a"));
        });
        assert_eq!(reader.message(), Message::Ping("p".into()));
        reader.expect_the_end();
        writing.join().unwrap();
        peer.join().unwrap();
    });
}

pub(crate) fn a_ping_is_answered_while_a_client_sends_a_prepared_message<A: Adapter>(
    preemptions: usize,
) {
    A::explore("a Ping arrives while a prepared message is sent", Some(preemptions), || {
        let (mut reader, mut writer, mut peer) =
            A::halves(Client::new([1; 32]), Config::new(), ROOMY);
        let prepared = Prepared::binary("a");
        let writing = thread::spawn(move || writer.send_prepared(&prepared).unwrap());
        let peer = thread::spawn(move || {
            peer.send_unmasked(Frame::new(PING, "p"));
            peer.expect_a_pong_and(Frame::new(BINARY, "a"));
        });
        assert_eq!(reader.message(), Message::Ping("p".into()));
        reader.expect_the_end();
        writing.join().unwrap();
        peer.join().unwrap();
    });
}

/// RFC 6455, section 5.5.3: a Pong may answer only the newest Ping.
pub(crate) fn the_newest_of_two_pings_is_answered_and_no_ping_twice<A: Adapter>() {
    A::explore("two Pings arrive while a message is sent", Some(3), || {
        let (mut reader, mut writer, mut peer) = A::server(ROOMY);
        peer.send(Frame::new(PING, "1"));
        peer.send(Frame::new(PING, "2"));
        let writing = thread::spawn(move || {
            writer.send("a").unwrap();
            writer
        });
        for payload in ["1", "2"] {
            assert_eq!(reader.message(), Message::Ping(payload.into()));
        }
        let mut writer = writing.join().unwrap();
        writer.close(CloseCode::NORMAL).unwrap();
        let mut frames = peer.until_close();
        frames.retain(|frame| frame.opcode != TEXT);
        let (one, two) = (Frame::new(PONG, "1"), Frame::new(PONG, "2"));
        assert!(frames == [one, two.clone()] || frames == [two], "{frames:?}");
    });
}

/// The peer reads nothing until the half that receives has returned the Ping.
pub(crate) fn a_ping_is_received_while_the_writer_is_stuck<A: Adapter>() {
    A::explore("a Ping arrives while the writer is stuck", Some(2), || {
        let (mut reader, mut writer, mut peer) = A::server(8);
        let writing = thread::spawn(move || writer.send("0123456789").unwrap());
        let heard = Arc::new((Mutex::new(false), Condvar::new()));
        let hears = Arc::clone(&heard);
        let peer = thread::spawn(move || {
            peer.send(Frame::new(PING, "p"));
            let mut is_heard = hears.0.lock().unwrap();
            while !*is_heard {
                is_heard = hears.1.wait(is_heard).unwrap();
            }
            drop(is_heard);
            peer.expect_a_pong_and(Frame::new(TEXT, "0123456789"));
        });
        assert_eq!(reader.message(), Message::Ping("p".into()));
        *heard.0.lock().unwrap() = true;
        heard.1.notify_all();
        reader.expect_the_end();
        writing.join().unwrap();
        peer.join().unwrap();
    });
}
