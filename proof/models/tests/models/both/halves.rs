//! A half that is dropped, and halves that are joined again.

use machine::thread;
use websocket_proto::Message;

use crate::adapter::{Adapter, ROOMY, Reader as _, Writer as _};
use crate::peer::{Frame, PING, PONG, TEXT};

pub(crate) fn a_ping_is_answered_when_the_writer_is_dropped<A: Adapter>() {
    A::explore("the writer is dropped while the reader waits", Some(3), || {
        let (mut reader, writer, mut peer) = A::server(ROOMY);
        let dropping = thread::spawn(move || drop(writer));
        let peer = thread::spawn(move || {
            peer.send(Frame::new(PING, "p"));
            assert_eq!(peer.take(1), [Frame::new(PONG, "p")]);
            peer.end();
            assert_eq!(peer.rest(), []);
        });
        assert_eq!(reader.message(), Message::Ping("p".into()));
        reader.expect_the_end();
        dropping.join().unwrap();
        peer.join().unwrap();
    });
}

pub(crate) fn an_answer_is_sent_when_the_reader_is_dropped<A: Adapter>() {
    A::explore("the reader is dropped while the writer sends", Some(3), || {
        let (mut reader, mut writer, mut peer) = A::server(ROOMY);
        peer.send(Frame::new(PING, "p"));
        let writing = thread::spawn(move || {
            writer.send("a").unwrap();
            writer
        });
        assert_eq!(reader.message(), Message::Ping("p".into()));
        drop(reader);
        let writer = writing.join().unwrap();
        let frames = peer.take_sorted(2);
        assert_eq!(frames, [Frame::new(TEXT, "a"), Frame::new(PONG, "p")]);
        drop(writer);
    });
}

pub(crate) fn halves_that_are_joined_have_lost_nothing<A: Adapter>() {
    A::explore("both halves are used and joined", None, || {
        let (mut reader, mut writer, mut peer) = A::server(ROOMY);
        peer.send(Frame::new(PING, "p"));
        peer.send(Frame::new(TEXT, "b"));
        let writing = thread::spawn(move || {
            writer.feed("a").unwrap();
            writer
        });
        assert_eq!(reader.message(), Message::Ping("p".into()));
        let mut whole = reader.join_and_flush(writing.join().unwrap());
        let frames = peer.take_sorted(2);
        assert_eq!(frames, [Frame::new(TEXT, "a"), Frame::new(PONG, "p")]);
        assert_eq!(whole().unwrap().unwrap(), Message::text("b"));
    });
}
