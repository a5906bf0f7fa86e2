//! The methods that a half shares with the whole: messages lent and in parts, sending without
//! waiting, and the error of halves that do not belong together.

use support::transport::{open, run};
use support::{Frame, Side};
use websocket_proto::Message;
use websocket_proto::connection::{Server, State};
use websocket_proto::websocket::{MessageRef, Part, Prepared};

#[test]
fn a_half_lends_messages_whole_and_in_parts() {
    let (socket, peer) = open(Server);
    let (mut reader, _writer) = socket.into_split();
    peer.give(Frame::text("lent").bytes(Side::Server));
    assert!(matches!(run(reader.next_ref()), Some(Some(Ok(MessageRef::Text("lent"))))));
    peer.give(Frame::binary("parts").bytes(Side::Server));
    let part = run(reader.next_part());
    assert!(
        matches!(part, Some(Some(Ok(Part::Data { bytes: b"parts", first: true, last: true, .. })))),
        "{part:?}"
    );
    reader.release_memory();
    peer.give(Frame::new(0x83, "").bytes(Side::Server));
    peer.end();
    assert!(matches!(run(reader.next_ref()), Some(Some(Err(_)))));
    assert!(matches!(run(reader.next_part()), Some(None)));
    assert_eq!(reader.state(), State::Closed);
}

#[test]
fn the_whole_fails_in_the_same_way_however_it_lends() {
    for lends_parts in [false, true] {
        let (mut socket, peer) = open(Server);
        peer.give(Frame::new(0x83, "").bytes(Side::Server));
        peer.end();
        let failed = if lends_parts {
            matches!(run(socket.next_part()), Some(Some(Err(_))))
        } else {
            matches!(run(socket.next_ref()), Some(Some(Err(_))))
        };
        assert!(failed);
    }
}

#[test]
fn a_prepared_message_is_queued_without_waiting() {
    let (mut socket, peer) = open(Server);
    socket.try_send_prepared(&Prepared::text("prepared")).expect("there is room");
    run(socket.flush()).expect("it is written").expect("it is written");
    assert_eq!(peer.take_written(), b"\x81\x08prepared");
}

#[test]
fn halves_of_two_connections_are_not_reunited_and_go_on() {
    let (socket, peer) = open(Server);
    let (reader, _writer) = socket.into_split();
    let (socket, other) = open(Server);
    let (_reader, writer) = socket.into_split();
    let error = reader.reunite(writer).expect_err("they are of two connections");
    assert_eq!(format!("{error:?}"), "ReuniteError { .. }");
    let (mut reader, mut writer) = error.into_halves();
    run(writer.send("other")).expect("it is written").expect("it is written");
    assert_eq!(other.take_written(), b"\x81\x05other");
    peer.give(Frame::text("this").bytes(Side::Server));
    let received = run(reader.next()).expect("it is there").expect("it is open");
    assert_eq!(received.expect("it is valid"), Message::text("this"));
}
