//! A half that is dropped, and halves that are joined again.

use machine::{block_on, explore, thread};
use websocket_proto::Message;

use super::{ROOMY, expect_the_end, server};
use crate::peer::{Frame, PING, PONG, TEXT};

#[test]
fn a_ping_is_answered_when_the_writer_is_dropped() {
    explore("async: the writer is dropped while the reader waits", Some(3), || {
        let (mut reader, writer, mut peer) = server(ROOMY);
        let dropping = thread::spawn(move || drop(writer));
        let peer = thread::spawn(move || {
            peer.send(Frame::new(PING, "p"));
            assert_eq!(peer.take(1), [Frame::new(PONG, "p")]);
            peer.end();
            assert_eq!(peer.rest(), []);
        });
        let message = block_on(reader.next()).unwrap().unwrap();
        assert_eq!(message, Message::Ping("p".into()));
        expect_the_end(&mut reader);
        dropping.join().unwrap();
        peer.join().unwrap();
    });
}

#[test]
fn an_answer_is_sent_when_the_reader_is_dropped() {
    explore("async: the reader is dropped while the writer sends", Some(3), || {
        let (mut reader, mut writer, mut peer) = server(ROOMY);
        peer.send(Frame::new(PING, "p"));
        let writing = thread::spawn(move || {
            block_on(writer.send("a")).unwrap();
            writer
        });
        let message = block_on(reader.next()).unwrap().unwrap();
        assert_eq!(message, Message::Ping("p".into()));
        drop(reader);
        let writer = writing.join().unwrap();
        let frames = peer.take_sorted(2);
        assert_eq!(frames, [Frame::new(TEXT, "a"), Frame::new(PONG, "p")]);
        drop(writer);
    });
}

#[test]
fn halves_that_are_joined_have_lost_nothing() {
    explore("async: both halves are used and joined", None, || {
        let (mut reader, mut writer, mut peer) = server(ROOMY);
        peer.send(Frame::new(PING, "p"));
        peer.send(Frame::new(TEXT, "b"));
        let writing = thread::spawn(move || {
            block_on(writer.feed("a")).unwrap();
            writer
        });
        let message = block_on(reader.next()).unwrap().unwrap();
        assert_eq!(message, Message::Ping("p".into()));
        let mut whole = reader.reunite(writing.join().unwrap()).unwrap();
        block_on(whole.flush()).unwrap();
        let frames = peer.take_sorted(2);
        assert_eq!(frames, [Frame::new(TEXT, "a"), Frame::new(PONG, "p")]);
        assert_eq!(block_on(whole.next()).unwrap().unwrap(), Message::text("b"));
    });
}
