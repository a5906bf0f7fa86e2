//! The closing handshake, which one end begins, or both ends begin.

use machine::{explore, thread};
use websocket_proto::connection::{Client, Role, State};
use websocket_proto::io::{Error, Unsent};
use websocket_proto::websocket::Config;
use websocket_proto::{CloseCode, Message, SendError};

use super::{ROOMY, halves, server};
use crate::peer::{CLOSE, Frame, PING, PONG, TEXT};

fn is_closing(error: &Error) -> bool {
    matches!(error, Error::Rejected(rejected) if rejected.error == SendError::Closing)
}

/// `close` is the Close of the peer, in bytes.
fn both_ends_close<R: Role>(role: R, send: fn(&mut crate::peer::Peer, Frame)) {
    let (mut reader, mut writer, mut peer) = halves(role, Config::new(), ROOMY);
    send(&mut peer, Frame::close(1001));
    peer.end();
    let closing = thread::spawn(move || writer.close(CloseCode::NORMAL, "").unwrap());
    let close = Message::close(CloseCode::GOING_AWAY, "").unwrap();
    assert_eq!(reader.read().unwrap(), Some(close));
    assert_eq!(reader.read().unwrap(), None);
    closing.join().unwrap();
    assert_eq!(reader.state(), State::Closed);
    reader.finish().unwrap();
    let frames = peer.rest();
    assert!(frames == [Frame::close(1000)] || frames == [Frame::close(1001)], "{frames:?}");
}

#[test]
fn a_server_and_its_client_close_at_once() {
    explore("blocking: a server and its peer close at once", Some(3), || {
        both_ends_close(websocket_proto::connection::Server, crate::peer::Peer::send);
    });
}

#[test]
fn a_client_and_its_server_close_at_once() {
    explore("blocking: a client and its peer close at once", Some(3), || {
        both_ends_close(Client::new([1; 32]), crate::peer::Peer::send_unmasked);
    });
}

#[test]
fn a_message_is_sent_before_the_answer_to_a_close_or_it_is_returned() {
    explore("blocking: a Close arrives while a message is sent", Some(3), || {
        let (mut reader, mut writer, mut peer) = server(ROOMY);
        peer.send(Frame::new(PING, "p"));
        peer.send(Frame::close(1000));
        peer.end();
        let writing = thread::spawn(move || match writer.send("a") {
            Ok(()) => true,
            Err(error) => {
                assert!(is_closing(&error), "{error:?}");
                assert_eq!(error.into_unsent(), Some(Unsent::Message("a".into())));
                false
            }
        });
        assert_eq!(reader.read().unwrap(), Some(Message::Ping("p".into())));
        assert!(matches!(reader.read(), Ok(Some(Message::Close(_)))));
        assert_eq!(reader.read().unwrap(), None);
        let is_sent = writing.join().unwrap();
        let mut frames = peer.rest();
        assert_eq!(frames.pop(), Some(Frame::close(1000)), "the Close is the last frame");
        frames.sort_by_key(|frame| frame.opcode);
        let expected = [Frame::new(TEXT, "a"), Frame::new(PONG, "p")];
        assert_eq!(frames, expected[usize::from(!is_sent)..]);
    });
}

#[test]
fn a_queued_message_is_written_before_the_answer_to_a_close() {
    explore("blocking: a Close arrives while a message is queued", Some(3), || {
        let (mut reader, mut writer, mut peer) = server(ROOMY);
        peer.send(Frame::close(1000));
        peer.end();
        let feeding = thread::spawn(move || writer.feed("a").map_err(|error| is_closing(&error)));
        assert!(matches!(reader.read(), Ok(Some(Message::Close(_)))));
        assert_eq!(reader.read().unwrap(), None);
        let fed = feeding.join().unwrap();
        let mut frames = peer.rest();
        assert_eq!(frames.pop(), Some(Frame::close(1000)));
        match fed {
            Ok(()) => assert_eq!(frames, [Frame::new(TEXT, "a")]),
            Err(is_closing) => assert!(is_closing && frames.is_empty(), "{frames:?}"),
        }
    });
}

/// Both halves write, and each write is short, so each half waits for its turn.
#[test]
fn one_half_closes_while_the_other_is_in_the_middle_of_a_message() {
    explore("blocking: the half that reads closes while the other writes", Some(2), || {
        let (mut reader, mut writer, mut peer) = server(4);
        let writing = thread::spawn(move || match writer.send("01234") {
            Ok(()) => true,
            Err(error) => {
                assert!(is_closing(&error), "{error:?}");
                false
            }
        });
        let peer = thread::spawn(move || {
            let mut frames = peer.until_close();
            peer.send(Frame::new(CLOSE, ""));
            peer.end();
            assert_eq!(peer.rest(), []);
            frames.pop()
        });
        reader.finish().unwrap();
        let sent = writing.join().unwrap().then(|| Frame::new(TEXT, "01234"));
        assert_eq!(peer.join().unwrap(), sent);
    });
}

/// Nothing times out in this model: the Close does not have to wait for the next read.
#[test]
fn one_half_closes_while_the_other_looks_at_the_state() {
    explore("blocking: the half that reads closes while the other looks", Some(3), || {
        let (mut reader, writer, mut peer) = server(ROOMY);
        let looking = thread::spawn(move || {
            let _ = writer.state();
        });
        let peer = thread::spawn(move || {
            assert_eq!(peer.until_close(), []);
            peer.send(Frame::new(CLOSE, ""));
            peer.end();
            assert_eq!(peer.rest(), []);
        });
        reader.finish().unwrap();
        looking.join().unwrap();
        peer.join().unwrap();
    });
}
