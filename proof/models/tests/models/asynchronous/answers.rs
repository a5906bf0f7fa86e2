//! The half that receives owes answers while the other half sends.

use std::sync::Arc;

use machine::{Condvar, Mutex, block_on, explore, poll_once, thread};
use websocket_proto::connection::{Client, Role};
use websocket_proto::websocket::{Config, Prepared};
use websocket_proto::{CloseCode, Message};

use super::{ROOMY, ReadHalf, expect_the_end, halves, server};
use crate::peer::{BINARY, Frame, PING, PONG, TEXT};

fn expect_a_ping<R: Role>(reader: &mut ReadHalf<R>, payload: &'static str) {
    let message = block_on(reader.next()).unwrap().unwrap();
    assert_eq!(message, Message::Ping(payload.into()));
}

#[test]
fn a_ping_is_answered_while_a_message_is_sent() {
    explore("async: a Ping arrives while a message is sent", Some(2), || {
        let (mut reader, mut writer, mut peer) = server(ROOMY);
        let writing = thread::spawn(move || block_on(writer.send("a")).unwrap());
        let peer = thread::spawn(move || {
            peer.send(Frame::new(PING, "p"));
            let frames = peer.take_sorted(2);
            assert_eq!(frames, [Frame::new(TEXT, "a"), Frame::new(PONG, "p")]);
            peer.end();
            assert_eq!(peer.rest(), []);
        });
        expect_a_ping(&mut reader, "p");
        expect_the_end(&mut reader);
        writing.join().unwrap();
        peer.join().unwrap();
    });
}

#[test]
fn a_ping_is_answered_while_a_client_sends_a_prepared_message() {
    explore("async: a Ping arrives while a prepared message is sent", Some(2), || {
        let (mut reader, mut writer, mut peer) = halves(Client::new([1; 32]), Config::new(), ROOMY);
        let prepared = Prepared::binary("a");
        let writing = thread::spawn(move || block_on(writer.send_prepared(&prepared)).unwrap());
        let peer = thread::spawn(move || {
            peer.send_unmasked(Frame::new(PING, "p"));
            let frames = peer.take_sorted(2);
            assert_eq!(frames, [Frame::new(BINARY, "a"), Frame::new(PONG, "p")]);
            peer.end();
            assert_eq!(peer.rest(), []);
        });
        expect_a_ping(&mut reader, "p");
        expect_the_end(&mut reader);
        writing.join().unwrap();
        peer.join().unwrap();
    });
}

/// RFC 6455, section 5.5.3: a Pong may answer only the newest Ping.
#[test]
fn the_newest_of_two_pings_is_answered_and_no_ping_twice() {
    explore("async: two Pings arrive while a message is sent", Some(3), || {
        let (mut reader, mut writer, mut peer) = server(ROOMY);
        peer.send(Frame::new(PING, "1"));
        peer.send(Frame::new(PING, "2"));
        let writing = thread::spawn(move || {
            block_on(writer.send("a")).unwrap();
            writer
        });
        expect_a_ping(&mut reader, "1");
        expect_a_ping(&mut reader, "2");
        let mut writer = writing.join().unwrap();
        block_on(writer.close(CloseCode::NORMAL, "")).unwrap();
        let mut frames = peer.until_close();
        frames.retain(|frame| frame.opcode != TEXT);
        let (one, two) = (Frame::new(PONG, "1"), Frame::new(PONG, "2"));
        assert!(frames == [one, two.clone()] || frames == [two], "{frames:?}");
    });
}

/// The peer reads nothing until the half that receives has returned the Ping.
#[test]
fn a_ping_is_received_while_the_writer_is_stuck() {
    explore("async: a Ping arrives while the writer is stuck", Some(2), || {
        let (mut reader, mut writer, mut peer) = server(8);
        let writing = thread::spawn(move || block_on(writer.send("0123456789")).unwrap());
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
        expect_a_ping(&mut reader, "p");
        *heard.0.lock().unwrap() = true;
        heard.1.notify_all();
        expect_the_end(&mut reader);
        writing.join().unwrap();
        peer.join().unwrap();
    });
}

/// The half that receives already waits, or begins to wait later. The first message is too long for
/// the transport, so the transport has woken both halves before.
#[test]
fn a_message_is_written_although_its_send_is_dropped() {
    explore("async: a send is dropped in the middle of its message", Some(2), || {
        let (mut reader, mut writer, mut peer) = server(4);
        let writing = thread::spawn(move || {
            block_on(writer.send("0123")).unwrap();
            let _ = poll_once(writer.send("0123456789"));
        });
        let peer = thread::spawn(move || {
            assert_eq!(peer.take(2), ["0123", "0123456789"].map(|text| Frame::new(TEXT, text)));
            peer.end();
            assert_eq!(peer.rest(), []);
        });
        expect_the_end(&mut reader);
        writing.join().unwrap();
        peer.join().unwrap();
    });
}
