//! The closing handshake, which one end begins, or both ends begin.

use machine::{block_on, explore, thread};
use websocket_proto::connection::{Client, Role, Server, State};
use websocket_proto::io::{Error, Unsent};
use websocket_proto::websocket::Config;
use websocket_proto::{CloseCode, Message, SendError};

use super::{ROOMY, ReadHalf, halves, server};
use crate::peer::{BINARY, CLOSE, Frame, PING, PONG, Peer, TEXT};

pub(super) fn is_closing(error: &Error) -> bool {
    matches!(error, Error::Rejected(rejected) if rejected.error == SendError::Closing)
}

fn expect_a_close<R: Role>(reader: &mut ReadHalf<R>) {
    assert!(matches!(block_on(reader.next()), Some(Ok(Message::Close(_)))));
    assert!(block_on(reader.next()).is_none());
}

fn both_ends_close<R: Role>(role: R, send: fn(&mut Peer, Frame)) {
    let (mut reader, mut writer, mut peer) = halves(role, Config::new(), ROOMY);
    send(&mut peer, Frame::close(1001));
    peer.end();
    let closing = thread::spawn(move || block_on(writer.close(CloseCode::NORMAL, "")).unwrap());
    expect_a_close(&mut reader);
    closing.join().unwrap();
    assert_eq!(reader.state(), State::Closed);
    block_on(reader.finish()).unwrap();
    let frames = peer.rest();
    assert!(frames == [Frame::close(1000)] || frames == [Frame::close(1001)], "{frames:?}");
}

#[test]
fn a_server_and_its_client_close_at_once() {
    explore("async: a server and its peer close at once", None, || {
        both_ends_close(Server, Peer::send);
    });
}

#[test]
fn a_client_and_its_server_close_at_once() {
    explore("async: a client and its peer close at once", None, || {
        both_ends_close(Client::new([1; 32]), Peer::send_unmasked);
    });
}

#[test]
fn a_message_is_sent_before_the_answer_to_a_close_or_it_is_returned() {
    explore("async: a Close arrives while a message is sent", None, || {
        let (mut reader, mut writer, mut peer) = server(ROOMY);
        peer.send(Frame::new(PING, "p"));
        peer.send(Frame::close(1000));
        peer.end();
        let writing = thread::spawn(move || match block_on(writer.send("a")) {
            Ok(()) => true,
            Err(error) => {
                assert!(is_closing(&error), "{error:?}");
                assert_eq!(error.into_unsent(), Some(Unsent::Message("a".into())));
                false
            }
        });
        assert!(matches!(block_on(reader.next()), Some(Ok(Message::Ping(_)))));
        expect_a_close(&mut reader);
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
    explore("async: a Close arrives while a message is queued", None, || {
        let (mut reader, mut writer, mut peer) = server(ROOMY);
        peer.send(Frame::close(1000));
        peer.end();
        let feeding =
            thread::spawn(move || block_on(writer.feed("a")).map_err(|error| is_closing(&error)));
        expect_a_close(&mut reader);
        let fed = feeding.join().unwrap();
        let mut frames = peer.rest();
        assert_eq!(frames.pop(), Some(Frame::close(1000)));
        match fed {
            Ok(()) => assert_eq!(frames, [Frame::new(TEXT, "a")]),
            Err(is_closing) => assert!(is_closing && frames.is_empty(), "{frames:?}"),
        }
    });
}

/// The half that sends waits for room, and the peer reads nothing until that half has returned.
#[test]
fn a_half_that_waits_for_room_learns_of_a_close() {
    explore("async: a Close arrives while a half waits for room", Some(2), || {
        let config = Config::new().high_water_mark(0);
        let (mut reader, mut writer, mut peer) = halves(Server, config, 8);
        writer.try_send("0123456789").unwrap();
        let writing = thread::spawn(move || block_on(writer.send("a")).unwrap_err());
        peer.send(Frame::new(CLOSE, ""));
        assert!(matches!(block_on(reader.next()), Some(Ok(Message::Close(_)))));
        let error = writing.join().unwrap();
        assert!(is_closing(&error), "{error:?}");
        let peer = thread::spawn(move || {
            assert_eq!(peer.until_close(), [Frame::new(TEXT, "0123456789")]);
            peer.end();
            assert_eq!(peer.rest(), []);
        });
        assert!(block_on(reader.next()).is_none());
        peer.join().unwrap();
    });
}

/// The half that sends may write the answer to the Close. Then the other half has to end the
/// transport: the peer waits for the end.
#[test]
fn the_half_that_receives_ends_the_transport_whichever_half_writes_the_answer() {
    explore("async: either half writes the answer to a Close", Some(2), || {
        let (mut reader, mut writer, mut peer) = server(8);
        writer.try_send("0123456789").unwrap();
        peer.send(Frame::close(1000));
        let writing = thread::spawn(move || block_on(writer.flush()).unwrap());
        let peer = thread::spawn(move || {
            assert_eq!(peer.until_close(), [Frame::new(TEXT, "0123456789")]);
            assert_eq!(peer.next(), None);
            peer.end();
        });
        expect_a_close(&mut reader);
        writing.join().unwrap();
        peer.join().unwrap();
    });
}

/// A large message of a client is masked without the lock.
#[test]
fn a_close_arrives_while_a_message_is_masked() {
    explore("async: a Close arrives while a message is masked", Some(2), || {
        const LARGE: usize = 64 * 1024;
        let (mut reader, mut writer, mut peer) =
            halves(Client::new([1; 32]), Config::new(), 2 * LARGE);
        peer.send_unmasked(Frame::close(1000));
        peer.end();
        let writing = thread::spawn(move || match block_on(writer.send(vec![7; LARGE])) {
            Ok(()) => true,
            Err(error) => {
                assert!(is_closing(&error), "{error:?}");
                assert_eq!(error.into_unsent(), Some(Unsent::Message(vec![7; LARGE].into())));
                false
            }
        });
        expect_a_close(&mut reader);
        let sent = writing.join().unwrap().then(|| Frame::new(BINARY, vec![7; LARGE]));
        let mut frames = peer.rest();
        assert_eq!(frames.pop(), Some(Frame::close(1000)));
        assert_eq!(frames.pop(), sent);
        assert_eq!(frames, []);
    });
}

/// Both halves write, and each write is short.
#[test]
fn one_half_closes_while_the_other_is_in_the_middle_of_a_message() {
    explore("async: the half that receives closes while the other sends", Some(2), || {
        let (mut reader, mut writer, mut peer) = server(4);
        let writing = thread::spawn(move || match block_on(writer.send("01234")) {
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
        block_on(reader.finish()).unwrap();
        let sent = writing.join().unwrap().then(|| Frame::new(TEXT, "01234"));
        assert_eq!(peer.join().unwrap(), sent);
    });
}
