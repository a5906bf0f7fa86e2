//! The methods of the two directions that a message layer or an adapter needs: what is owed, the
//! message in progress, failures that the layer above finds, and who began to close.

use support::{Frame, SEED, Side, Wire, stream};
use websocket_proto::connection::{
    Client, Connection, ConnectionConfig, ControlPayload, Endpoint, Input, Owed, OwedClose,
    OwedFrames, Receiver, Role, Sender, Server,
};
use websocket_proto::{CloseCode, CloseFrame, ProtocolError, SendError};

fn receiver<R: Role>(role: R) -> Receiver<R> {
    Connection::new(role, ConnectionConfig::new()).into_split().0
}

fn sender() -> Sender<Server> {
    Connection::new(Server, ConnectionConfig::new()).into_split().1
}

/// Receives all of `bytes`.
fn feed<R: Role>(
    receiver: &mut Receiver<R>,
    bytes: &[u8],
    owed: &mut OwedFrames,
) -> Result<(), ProtocolError> {
    let mut bytes = bytes.to_vec();
    let mut input = Input::new(&mut bytes);
    while receiver.receive(&mut input, owed)?.is_some() {}
    Ok(())
}

fn owing(owed: &[Owed]) -> OwedFrames {
    let mut frames = OwedFrames::new();
    owed.iter().cloned().for_each(|owed| frames.add(owed));
    frames
}

fn pong(payload: &[u8]) -> Owed {
    Owed::Pong(ControlPayload::new(payload).expect("short"))
}

/// The bytes with which a server settles what is owed.
fn settled(mut owed: OwedFrames) -> Vec<u8> {
    let mut out = Wire::default();
    sender().settle(&mut owed, &mut out).expect("room");
    out.0
}

#[test]
fn all_that_is_owed_can_be_moved_to_another_value() {
    let mut owed = owing(&[pong(b"old")]);
    let mut other = owing(&[pong(b"new"), Owed::Reply(Some(CloseCode::NORMAL))]);
    owed.append(&mut other);
    assert!(other.is_empty());
    assert_eq!(settled(owed), b"\x8a\x03new\x88\x02\x03\xe8", "the newer Pong, and the Close");

    let mut owed = owing(&[pong(b"old"), Owed::Reply(Some(CloseCode::GOING_AWAY))]);
    owed.append(&mut owing(&[Owed::Reply(Some(CloseCode::NORMAL))]));
    owed.append(&mut OwedFrames::new());
    assert_eq!(settled(owed), b"\x8a\x03old\x88\x02\x03\xe9", "the first Close");
}

#[test]
fn a_close_that_is_taken_is_no_longer_owed() {
    let mut owed = owing(&[pong(b"x"), Owed::Reply(Some(CloseCode::NORMAL))]);
    let close = Some(OwedClose::Reply(Some(CloseCode::NORMAL)));
    assert_eq!(owed.close(), close);
    assert!(!owed.is_empty());
    assert_eq!(owed.take_close(), close);
    assert_eq!((owed.close(), owed.take_close()), (None, None));
    assert!(!owed.is_empty(), "the Pong is");
    assert_eq!(settled(owed), b"\x8a\x01x");
    assert!(owing(&[]).is_empty() && !owing(&[Owed::Reply(None)]).is_empty());
}

#[test]
fn a_message_in_progress_has_one_number_and_the_next_message_another() {
    fn check<R: Role>(role: impl Fn() -> R, side: Side) {
        let messages = [
            stream(side, &[Frame::text("first")]),
            stream(side, &[Frame::binary("second")]),
            stream(
                side,
                &[
                    Frame::text("a").more(),
                    Frame::continuation("").more(),
                    Frame::ping("between"),
                    Frame::continuation("b"),
                ],
            ),
            stream(side, &[Frame::binary("").more(), Frame::continuation("")]),
            stream(side, &[Frame::text(vec![b'x'; 130])]),
        ];
        let bytes = messages.concat();
        let mut ends = vec![0];
        for message in &messages {
            ends.push(ends[ends.len() - 1] + message.len());
        }
        for piece in 1..=bytes.len() {
            let mut receiver = receiver(role());
            assert_eq!(receiver.message_in_progress(), None);
            let mut last = None;
            let mut done = 0;
            for piece in bytes.chunks(piece) {
                feed(&mut receiver, piece, &mut OwedFrames::new()).expect("valid");
                done += piece.len();
                let number = receiver.message_in_progress();
                assert_eq!(number.is_none(), ends.contains(&done), "after {done} bytes");
                let at = ends.iter().filter(|&&end| end < done).count();
                if let (Some(number), Some((last_at, last_number))) = (number, last) {
                    assert_eq!(number == last_number, at == last_at, "after {done} bytes");
                }
                last = number.map(|number| (at, number)).or(last);
            }
        }
    }
    check(|| Server, Side::Server);
    check(|| Client::new(SEED), Side::Client);
}

#[test]
fn empty_inputs_between_two_messages_do_not_repeat_the_number() {
    let mut receiver = receiver(Client::new(SEED));
    let mut owed = OwedFrames::new();
    let mut receive = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        let event = receiver.receive(&mut Input::new(&mut bytes), &mut owed).expect("valid");
        (event.is_some(), receiver.message_in_progress())
    };
    let (_, first) = receive(b"\x82");
    assert_eq!(receive(b"\x00"), (true, None));
    // The number has 16 bits. If each of these inputs counted, the next message would be number
    // 65536 after the first, which is the same number.
    for _ in 0..u16::MAX {
        assert_eq!(receive(b""), (false, None));
    }
    let (_, second) = receive(b"\x82");
    assert!(first.is_some() && second.is_some() && first != second, "{first:?}, {second:?}");
}

#[test]
fn an_error_of_the_layer_above_fails_the_connection_once() {
    let (first, second) = (ProtocolError::InvalidDeflate, ProtocolError::UnexpectedContinuation);
    let text = Frame::text("x").bytes(Side::Server);
    let mut receiver = receiver(Server);
    let mut owed = OwedFrames::new();
    assert_eq!(receiver.fail(first, &mut owed), first);
    assert_eq!(owed.take_close(), Some(OwedClose::Fault(first)));
    assert_eq!(receiver.fail(second, &mut owed), first);
    receiver.fail_silent(second);
    assert_eq!(feed(&mut receiver, &text, &mut owed), Err(first));
    assert!(owed.is_empty(), "it is reported once");
}

#[test]
fn a_failure_without_a_report_owes_nothing() {
    let (first, second) = (ProtocolError::UnexpectedEof, ProtocolError::InvalidDeflate);
    let text = Frame::text("x").bytes(Side::Server);
    let mut receiver = receiver(Server);
    let mut owed = OwedFrames::new();
    receiver.fail_silent(first);
    receiver.fail_silent(second);
    assert_eq!(receiver.fail(second, &mut owed), first);
    assert_eq!(feed(&mut receiver, &text, &mut owed), Err(first));
    assert!(owed.is_empty());
}

#[test]
fn after_the_peers_close_nothing_fails() {
    // RFC 6455 5.5.1: nothing after the Close has a meaning.
    let mut receiver = receiver(Server);
    let mut owed = OwedFrames::new();
    feed(&mut receiver, &Frame::close(1000, "").bytes(Side::Server), &mut owed).expect("valid");
    assert_eq!(owed.take_close(), Some(OwedClose::Reply(Some(CloseCode::NORMAL))));
    let error = ProtocolError::InvalidDeflate;
    assert_eq!(receiver.fail(error, &mut owed), error);
    receiver.fail_silent(error);
    assert_eq!(feed(&mut receiver, b"ignored", &mut owed), Ok(()));
    assert_eq!(receiver.receive_eof(), Ok(()));
    assert!(owed.is_empty());
}

#[test]
fn a_sender_knows_who_began_to_close() {
    let frame = CloseFrame::new(CloseCode::NORMAL, "").expect("sendable");
    let mut ours = sender();
    assert_eq!((ours.began_to_close(), ours.is_closed()), (None, false));
    ours.close(Some(&frame), &mut Wire::default()).expect("open");
    assert_eq!((ours.began_to_close(), ours.is_closed()), (Some(Endpoint::Local), true));
    ours.close_silent();
    assert_eq!(ours.began_to_close(), Some(Endpoint::Local), "the Close was sent");

    let mut theirs = sender();
    let mut out = Wire::default();
    theirs.close_in_reply(Some(&frame), &mut out).expect("open");
    assert_eq!(out.0, b"\x88\x02\x03\xe8");
    assert_eq!((theirs.began_to_close(), theirs.is_closed()), (Some(Endpoint::Peer), true));
    assert_eq!(theirs.close_in_reply(Some(&frame), &mut out), Err(SendError::Closing));

    let mut silent = sender();
    silent.close_silent();
    assert_eq!((silent.began_to_close(), silent.is_closed()), (None, true));
    assert_eq!(silent.ping(b"", &mut out), Err(SendError::Closing));
    assert_eq!(out.0, b"\x88\x02\x03\xe8", "nothing more is sent");
}
