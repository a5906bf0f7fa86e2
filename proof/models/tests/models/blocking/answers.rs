//! The half that reads owes answers while the other half writes.

use std::sync::Arc;

use machine::{Condvar, Mutex, explore, thread};
use websocket_proto::blocking::ReadHalf;
use websocket_proto::connection::{Client, Role};
use websocket_proto::websocket::{Config, Prepared};
use websocket_proto::{CloseCode, Message};

use super::{ROOMY, expect_the_end, halves, server};
use crate::peer::{BINARY, Frame, PING, PONG, TEXT};

/// Reads a Ping, and then the error of a transport that ends.
fn read_a_ping_and_the_end<R: Role>(mut reader: ReadHalf<R>) {
    assert_eq!(reader.read().unwrap(), Some(Message::Ping("p".into())));
    expect_the_end(&mut reader);
}

/// Nothing times out in this model. So neither half needs a time-out to send its frames.
#[test]
fn a_ping_is_answered_while_a_message_is_sent() {
    explore("blocking: a Ping arrives while a message is sent", Some(2), || {
        let (reader, mut writer, mut peer) = server(ROOMY);
        let writing = thread::spawn(move || writer.send("a").unwrap());
        let peer = thread::spawn(move || {
            peer.send(Frame::new(PING, "p"));
            let frames = peer.take_sorted(2);
            assert_eq!(frames, [Frame::new(TEXT, "a"), Frame::new(PONG, "p")]);
            peer.end();
            assert_eq!(peer.rest(), []);
        });
        read_a_ping_and_the_end(reader);
        writing.join().unwrap();
        peer.join().unwrap();
    });
}

#[test]
fn a_ping_is_answered_while_a_client_sends_a_prepared_message() {
    explore("blocking: a Ping arrives while a prepared message is sent", Some(2), || {
        let (reader, mut writer, mut peer) = halves(Client::new([1; 32]), Config::new(), ROOMY);
        let prepared = Prepared::binary("a");
        let writing = thread::spawn(move || writer.send_prepared(&prepared).unwrap());
        let peer = thread::spawn(move || {
            peer.send_unmasked(Frame::new(PING, "p"));
            let frames = peer.take_sorted(2);
            assert_eq!(frames, [Frame::new(BINARY, "a"), Frame::new(PONG, "p")]);
            peer.end();
            assert_eq!(peer.rest(), []);
        });
        read_a_ping_and_the_end(reader);
        writing.join().unwrap();
        peer.join().unwrap();
    });
}

/// RFC 6455, section 5.5.3: a Pong may answer only the newest Ping.
#[test]
fn the_newest_of_two_pings_is_answered_and_no_ping_twice() {
    explore("blocking: two Pings arrive while a message is sent", Some(3), || {
        let (mut reader, mut writer, mut peer) = server(ROOMY);
        peer.send(Frame::new(PING, "1"));
        peer.send(Frame::new(PING, "2"));
        let writing = thread::spawn(move || {
            writer.send("a").unwrap();
            writer
        });
        for payload in ["1", "2"] {
            assert_eq!(reader.read().unwrap(), Some(Message::Ping(payload.into())));
        }
        let mut writer = writing.join().unwrap();
        writer.close(CloseCode::NORMAL, "").unwrap();
        let mut frames = peer.until_close();
        frames.retain(|frame| frame.opcode != TEXT);
        let (one, two) = (Frame::new(PONG, "1"), Frame::new(PONG, "2"));
        assert!(frames == [one, two.clone()] || frames == [two], "{frames:?}");
    });
}

/// The peer reads nothing until the half that reads has returned the Ping.
#[test]
fn a_ping_is_read_while_the_writer_is_stuck() {
    explore("blocking: a Ping arrives while the writer is stuck", Some(2), || {
        let (mut reader, mut writer, mut peer) = server(8);
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
            let frames = peer.take_sorted(2);
            assert_eq!(frames, [Frame::new(TEXT, "0123456789"), Frame::new(PONG, "p")]);
            peer.end();
            assert_eq!(peer.rest(), []);
        });
        assert_eq!(reader.read().unwrap(), Some(Message::Ping("p".into())));
        *heard.0.lock().unwrap() = true;
        heard.1.notify_all();
        expect_the_end(&mut reader);
        writing.join().unwrap();
        peer.join().unwrap();
    });
}

/// A program may look at the state at any time. Nothing times out in this model.
#[test]
fn a_half_that_only_looks_at_the_state_sends_the_answers() {
    explore("blocking: a Ping arrives while a half looks at the state", Some(2), || {
        let (reader, writer, mut peer) = server(ROOMY);
        let looking = thread::spawn(move || {
            let _ = writer.state();
        });
        let peer = thread::spawn(move || {
            peer.send(Frame::new(PING, "p"));
            assert_eq!(peer.take(1), [Frame::new(PONG, "p")]);
            peer.end();
            assert_eq!(peer.rest(), []);
        });
        read_a_ping_and_the_end(reader);
        looking.join().unwrap();
        peer.join().unwrap();
    });
}

/// The half that reads writes a message that was queued with `feed`, after one slice of time at the
/// latest.
#[test]
fn a_queued_message_leaves_when_a_read_times_out() {
    explore("blocking: a message is queued while the other half waits", Some(2), || {
        let (mut reader, mut writer, mut peer) = server(ROOMY);
        let peer = thread::spawn(move || {
            peer.slow_down();
            assert_eq!(peer.take(1), [Frame::new(TEXT, "a")]);
            peer.end();
            assert_eq!(peer.rest(), []);
        });
        let feeding = thread::spawn(move || writer.feed("a").unwrap());
        expect_the_end(&mut reader);
        feeding.join().unwrap();
        peer.join().unwrap();
    });
}
