//! The closing handshake, which one end or both ends begin.

use machine::thread;
use websocket_proto::connection::{Client, Role, Server, State};
use websocket_proto::io::Unsent;
use websocket_proto::websocket::Config;
use websocket_proto::{CloseCode, Message};

use crate::adapter::{Adapter, ROOMY, Reader as _, Writer as _, is_closing};
use crate::peer::{Frame, PING, PONG, Peer, TEXT};

pub(crate) fn a_server_and_its_client_close_at_once<A: Adapter>(preemptions: Option<usize>) {
    A::explore("a server and its peer close at once", preemptions, || {
        both_ends_close::<A, _>(Server, Peer::send);
    });
}

pub(crate) fn a_client_and_its_server_close_at_once<A: Adapter>(preemptions: Option<usize>) {
    A::explore("a client and its peer close at once", preemptions, || {
        both_ends_close::<A, _>(Client::new([1; 32]), Peer::send_unmasked);
    });
}

fn both_ends_close<A: Adapter, R: Role + 'static>(role: R, send: fn(&mut Peer, Frame)) {
    let (mut reader, mut writer, mut peer) = A::halves(role, Config::new(), ROOMY);
    send(&mut peer, Frame::close(1001));
    peer.end();
    let closing = thread::spawn(move || writer.close(CloseCode::NORMAL).unwrap());
    let close = Message::close(CloseCode::GOING_AWAY, "").unwrap();
    assert_eq!(reader.message(), close);
    assert!(reader.receive().is_none());
    closing.join().unwrap();
    assert_eq!(reader.state(), State::Closed);
    reader.finish().unwrap();
    let frames = peer.rest();
    assert!(frames == [Frame::close(1000)] || frames == [Frame::close(1001)], "{frames:?}");
}

pub(crate) fn a_message_is_sent_before_the_answer_to_a_close_or_it_is_returned<A: Adapter>(
    preemptions: Option<usize>,
) {
    A::explore("a Close arrives while a message is sent", preemptions, || {
        let (mut reader, mut writer, mut peer) = A::server(ROOMY);
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
        assert_eq!(reader.message(), Message::Ping("p".into()));
        reader.expect_a_close();
        let is_sent = writing.join().unwrap();
        let mut frames = peer.rest();
        assert_eq!(frames.pop(), Some(Frame::close(1000)), "the Close is the last frame");
        frames.sort_by_key(|frame| frame.opcode);
        let expected = [Frame::new(TEXT, "a"), Frame::new(PONG, "p")];
        assert_eq!(frames, expected[usize::from(!is_sent)..]);
    });
}

pub(crate) fn a_queued_message_is_written_before_the_answer_to_a_close<A: Adapter>(
    preemptions: Option<usize>,
) {
    A::explore("a Close arrives while a message is queued", preemptions, || {
        let (mut reader, mut writer, mut peer) = A::server(ROOMY);
        peer.send(Frame::close(1000));
        peer.end();
        let feeding = thread::spawn(move || writer.feed("a").map_err(|error| is_closing(&error)));
        reader.expect_a_close();
        let fed = feeding.join().unwrap();
        let mut frames = peer.rest();
        assert_eq!(frames.pop(), Some(Frame::close(1000)));
        match fed {
            Ok(()) => assert_eq!(frames, [Frame::new(TEXT, "a")]),
            Err(is_closing) => assert!(is_closing && frames.is_empty(), "{frames:?}"),
        }
    });
}

/// Both halves write, and each write is short. The halves of the `blocking` adapter wait for their
/// turns.
pub(crate) fn one_half_closes_while_the_other_is_in_the_middle_of_a_message<A: Adapter>() {
    A::explore("the half that receives closes while the other sends", Some(2), || {
        let (mut reader, mut writer, peer) = A::server(4);
        let writing = thread::spawn(move || match writer.send("01234") {
            Ok(()) => true,
            Err(error) => {
                assert!(is_closing(&error), "{error:?}");
                false
            }
        });
        let peer = thread::spawn(move || peer.answer_close().pop());
        reader.finish().unwrap();
        let sent = writing.join().unwrap().then(|| Frame::new(TEXT, "01234"));
        assert_eq!(peer.join().unwrap(), sent);
    });
}
