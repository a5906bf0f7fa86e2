//! Frames whose payload the caller sends itself, after a header from `begin`: RFC 6455 5.2, 5.4,
//! 6.1.

use support::{Entry, Frame, Pair, Side, Wire, client, hex, server};
use websocket_proto::connection::{
    AnyRole, Client, Connection, ConnectionConfig, FrameStart, Input, Output, Role, Server, State,
};
use websocket_proto::frame::{FrameHeader, Kind, Rsv};
use websocket_proto::{CloseCode, SendError};

/// Sends what a started frame needs: its header, and its payload in pieces.
fn stream(start: &FrameStart, payload: &[u8], piece: usize, out: &mut Wire) {
    out.put(&start.header());
    let mut mask = start.mask();
    for piece in payload.chunks(piece) {
        let mut piece = piece.to_vec();
        if let Some(mask) = &mut mask {
            mask.apply(&mut piece);
        }
        out.put(&piece);
    }
}

fn payload(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 31 + at / 253) as u8).collect()
}

#[test]
fn a_streamed_message_is_what_a_copied_one_is() {
    fn check<R: Role>(fresh: impl Fn() -> Connection<R>) {
        for len in [0, 1, 5, 125, 126, 65_535, 65_536] {
            let payload = payload(len);
            let mut copied = Wire::default();
            fresh().send_binary(&payload, &mut copied).expect("open");
            for piece in [1, 3, 4, 1000, len + 1] {
                let mut connection = fresh();
                let start = connection.begin(Kind::Binary, len as u64, Rsv::NONE).expect("open");
                let mut streamed = Wire::default();
                stream(&start, &payload, piece, &mut streamed);
                assert_eq!(streamed, copied, "{len} bytes in pieces of {piece}");
            }
        }
    }
    check(server);
    check(client);
}

#[test]
fn a_client_masks_what_it_streams_and_a_server_does_not() {
    let start = server().begin(Kind::Text, 5, Rsv::NONE).expect("open");
    assert_eq!((&*start.header(), start.mask()), (&hex("8105")[..], None));
    let start = client().begin(Kind::Text, 5, Rsv::NONE).expect("open");
    let (header, _) = FrameHeader::parse(&start.header()).expect("valid").expect("whole");
    assert!(header.mask.is_some() && start.mask().is_some());
}

#[test]
fn streamed_and_copied_fragments_make_one_binary_message() {
    let mut pair = Pair::new();
    let client = &mut pair.client;
    let start = client.connection.begin_fragment(Kind::Binary, false, 4, Rsv::NONE).expect("open");
    stream(&start, b"one ", 3, &mut client.out);
    client.connection.send_fragment(Kind::Binary, false, b"two ", &mut client.out).expect("open");
    client.connection.ping(b"p", &mut client.out).expect("open");
    let start = client.connection.begin_fragment(Kind::Binary, true, 5, Rsv::NONE).expect("open");
    stream(&start, b"three", 2, &mut client.out);
    client.connection.send_binary(b"over", &mut client.out).expect("the message is over");
    pair.settle();
    let expected = [
        Entry::data(Kind::Binary, "one two ", true, false),
        Entry::ping("p"),
        Entry::sent(b"\x8a\x01p"),
        Entry::data(Kind::Binary, "three", false, true),
        Entry::binary("over"),
    ];
    assert_eq!(pair.server.recorder.entries, expected);
}

#[test]
fn a_streamed_text_is_the_callers_to_check_so_it_is_streamed_to_its_end() {
    let mut connection = server();
    let mut out = Wire::default();
    // The second fragment ends the character that the first begins.
    let start = connection.begin_fragment(Kind::Text, false, 1, Rsv::NONE).expect("open");
    stream(&start, b"\xe2", 1, &mut out);
    let under_way = Err(SendError::MessageInProgress);
    assert_eq!(connection.send_fragment(Kind::Text, true, b"\x82\xac", &mut out), under_way);
    let in_place = connection.send_in_place(Kind::Text, true, &mut [b'x']).map(drop);
    assert_eq!(in_place, under_way);
    let start = connection.begin_fragment(Kind::Text, true, 2, Rsv::NONE).expect("open");
    stream(&start, b"\x82\xac", 1, &mut out);
    assert_eq!(out.0, b"\x01\x01\xe2\x80\x02\x82\xac");

    // And a text that is checked is checked to its end.
    connection.send_fragment(Kind::Text, false, b"\xe2", &mut out).expect("open");
    let begun = connection.begin_fragment(Kind::Text, true, 2, Rsv::NONE).map(drop);
    assert_eq!(begun, under_way);
    connection.send_fragment(Kind::Text, true, b"\x82\xac", &mut out).expect("open");
    connection.send_text("next", &mut out).expect("over");
}

#[test]
fn nothing_is_begun_in_the_middle_of_another_message() {
    let mut connection = client();
    let mut out = Wire::default();
    connection.send_fragment(Kind::Binary, false, b"a", &mut out).expect("open");
    let under_way = Err(SendError::MessageInProgress);
    for kind in [Kind::Text, Kind::Binary] {
        assert_eq!(connection.begin(kind, 1, Rsv::NONE).map(drop), under_way);
        assert_eq!(connection.sender().check_begin(Rsv::NONE), under_way);
    }
    assert_eq!(connection.begin_fragment(Kind::Text, true, 1, Rsv::NONE).map(drop), under_way);
    let check = connection.sender().check_begin_fragment(Kind::Text, Rsv::NONE);
    assert_eq!(check, under_way);
    assert_eq!(connection.sender().message_in_progress(), Some((Kind::Binary, Rsv::NONE)));

    // A refusal uses no key and ends no message.
    connection.send_fragment(Kind::Binary, true, b"b", &mut out).expect("it goes on");
    assert_eq!(connection.sender().message_in_progress(), None);
    let mut fresh = client();
    let mut expected = Wire::default();
    fresh.send_fragment(Kind::Binary, false, b"a", &mut expected).expect("open");
    fresh.send_fragment(Kind::Binary, true, b"b", &mut expected).expect("open");
    assert_eq!(out, expected);
}

#[test]
fn nothing_is_begun_after_a_close() {
    for side in Side::BOTH {
        let mut connection = match side {
            Side::Client => {
                Connection::new(AnyRole::from(Client::new([7; 32])), ConnectionConfig::new())
            }
            Side::Server => Connection::new(AnyRole::from(Server), ConnectionConfig::new()),
        };
        connection.close(CloseCode::NORMAL, "", &mut Wire::default()).expect("open");
        let closing = Err(SendError::Closing);
        assert_eq!(connection.begin(Kind::Text, 1, Rsv::NONE).map(drop), closing);
        assert_eq!(connection.begin_fragment(Kind::Text, true, 1, Rsv::NONE).map(drop), closing);
        assert_eq!(connection.sender().check_begin(Rsv::NONE), closing);
        let check = connection.sender().check_begin_fragment(Kind::Text, Rsv::NONE);
        assert_eq!(check, closing);
        assert_eq!(connection.state(), State::LocalClosing);
    }
}

#[test]
fn a_payload_that_no_header_can_declare_is_refused() {
    let longest = FrameHeader::MAX_PAYLOAD_LEN;
    let mut connection = server();
    for len in [longest + 1, u64::MAX] {
        let too_long = Err(SendError::FrameTooLong { len });
        assert_eq!(connection.begin(Kind::Binary, len, Rsv::NONE).map(drop), too_long);
        let begun = connection.begin_fragment(Kind::Binary, false, len, Rsv::NONE).map(drop);
        assert_eq!(begun, too_long);
    }
    let start = connection.begin(Kind::Binary, longest, Rsv::NONE).expect("nothing is in progress");
    assert_eq!(&*start.header(), hex("827f7fffffffffffffff"));
}

#[test]
fn the_halves_stream_too() {
    let (_, mut sender, _) = server().into_split();
    let start = sender.begin(Kind::Binary, 3, Rsv::NONE).expect("open");
    let mut out = Wire::default();
    stream(&start, b"abc", 2, &mut out);
    assert_eq!(out.0, Frame::binary("abc").bytes(Side::Client));
}

#[test]
fn a_close_by_the_sender_of_a_connection_is_its_close() {
    let mut connection = server();
    let mut ping = Frame::ping("p").bytes(Side::Server);
    connection.receive(&mut Input::new(&mut ping)).expect("valid").expect("a Ping");
    let mut out = Wire::default();
    connection.sender().close(None, &mut out).expect("open");
    assert_eq!(out.0, Frame::raw_close([]).bytes(Side::Client));
    assert_eq!(connection.state(), State::LocalClosing);
    // RFC 6455 5.5.1: nothing follows a Close, so the Pong is dropped.
    assert_eq!(connection.poll_transmit(&mut out), Ok(0));
    let mut close = Frame::close(1000, "").bytes(Side::Server);
    connection.receive(&mut Input::new(&mut close)).expect("valid").expect("a Close");
    assert_eq!(connection.poll_transmit(&mut out), Ok(0), "it was sent already");
    assert_eq!(connection.state(), State::Closed);
}
