//! What a connection sends: RFC 6455 5 and 6.1, byte for byte; and that a call that fails leaves
//! everything as it was.

use support::{Entry, Frame, Pair, Side, Wire, client, hex, server, unmask_frames};
use websocket_proto::connection::{Connection, Output, Role, SliceOutput, State};
use websocket_proto::frame::{FrameHeader, Kind};
use websocket_proto::{CloseCode, OutputFull, SendError};

#[test]
fn the_examples_of_rfc_6455_5_7_are_sent() {
    let mut connection = server();
    let mut out = Wire::default();
    connection.send_text("Hello", &mut out).expect("open");
    assert_eq!(out.0, hex("8105 48656c6c6f"));

    let mut out = Wire::default();
    connection.send_fragment(Kind::Text, false, b"Hel", &mut out).expect("open");
    connection.send_fragment(Kind::Text, true, b"lo", &mut out).expect("open");
    assert_eq!(out.0, hex("0103 48656c 8002 6c6f"));

    let mut out = Wire::default();
    connection.ping(b"Hello", &mut out).expect("open");
    connection.pong(b"Hello", &mut out).expect("open");
    assert_eq!(out.0, hex("8905 48656c6c6f 8a05 48656c6c6f"));

    for (len, header) in [(256, "827e0100"), (65_536, "827f0000000000010000")] {
        let mut out = Wire::default();
        connection.send_binary(&vec![7; len], &mut out).expect("open");
        assert_eq!(out.0, [hex(header), vec![7; len]].concat());
    }
}

#[test]
fn every_length_is_sent_in_its_shortest_form() {
    for len in [0, 1, 125, 126, 127, 0xffff, 0x1_0000, 0x1_0001] {
        let payload = vec![b'x'; len];
        let frame = Frame::text(&payload);
        let text = std::str::from_utf8(&payload).expect("ASCII");

        let mut out = Wire::default();
        server().send_text(text, &mut out).expect("open");
        assert_eq!(out.0, frame.bytes(Side::Client));

        let mut out = Wire::default();
        client().send_text(text, &mut out).expect("open");
        assert_eq!(unmask_frames(&out.0), frame.bytes(Side::Client));
        assert_eq!(out.0.len(), frame.bytes(Side::Client).len() + 4);
    }
}

#[test]
fn the_length_of_a_frame_that_no_memory_could_hold_does_not_overflow() {
    let (_, server, _) = server().into_split();
    let (_, client, _) = client().into_split();
    assert_eq!(server.frame_len(usize::MAX), usize::MAX);
    assert_eq!(client.frame_len(usize::MAX - 13), usize::MAX);
    assert_eq!(server.frame_len(usize::MAX - 10), usize::MAX);
    assert_eq!(server.frame_len(usize::MAX - 11), usize::MAX - 1);
}

#[test]
fn the_length_of_a_frame_is_known_before_it_is_made() {
    let (_, server, _) = server().into_split();
    let (_, client, _) = client().into_split();
    for (len, frame_len) in [(0, 2), (125, 127), (126, 130), (65_535, 65_539), (65_536, 65_546)] {
        assert_eq!(server.frame_len(len), frame_len);
        assert_eq!(client.frame_len(len), frame_len + 4);
    }
}

// In place.

#[test]
fn in_place_a_server_leaves_the_payload_and_a_client_masks_it() {
    for len in [0, 5, 125, 126, 200, 70_000] {
        let payload: Vec<u8> = (0..len).map(|at| (at * 31) as u8).collect();

        let mut in_place = payload.clone();
        let header = server().send_in_place(Kind::Binary, true, &mut in_place).expect("open");
        assert_eq!(in_place, payload);
        assert_eq!([&*header, &in_place].concat(), Frame::binary(&payload).bytes(Side::Client));

        let mut in_place = payload.clone();
        let header = client().send_in_place(Kind::Binary, true, &mut in_place).expect("open");
        let mut out = Wire::default();
        client().send_binary(&payload, &mut out).expect("open");
        assert_eq!([&*header, &in_place].concat(), out.0, "as a fresh connection sends it");
    }
}

#[test]
fn in_place_and_copied_fragments_make_one_message() {
    let mut pair = Pair::new();
    let client = &mut pair.client;
    let mut first = *b"one ";
    let header = client.connection.send_in_place(Kind::Text, false, &mut first).expect("open");
    client.out.put(&header);
    client.out.put(&first);
    client.connection.send_fragment(Kind::Text, false, b"two ", &mut client.out).expect("open");
    let mut last = *b"three";
    let header = client.connection.send_in_place(Kind::Text, true, &mut last).expect("open");
    client.out.put(&header);
    client.out.put(&last);
    pair.settle();
    assert_eq!(pair.server.recorder.entries, [Entry::text("one two three")]);
}

#[test]
fn in_place_text_is_checked_and_left_alone_when_refused() {
    let mut connection = client();
    let mut bad = *b"ab\xff";
    let result = connection.send_in_place(Kind::Text, true, &mut bad).map(|_| ());
    assert_eq!(result, Err(SendError::InvalidUtf8 { offset: 2 }));
    assert_eq!(&bad, b"ab\xff");
    let mut out = Wire::default();
    connection.send_text("x", &mut out).expect("no message is under way");
    let mut fresh = Wire::default();
    client().send_text("x", &mut fresh).expect("open");
    assert_eq!(out, fresh, "not even a key was used");
}

// Fragments: RFC 6455 5.4.

#[test]
fn control_frames_may_go_between_fragments() {
    let mut pair = Pair::new();
    let client = &mut pair.client;
    client.connection.send_fragment(Kind::Binary, false, b"a", &mut client.out).expect("open");
    client.connection.ping(b"p", &mut client.out).expect("open");
    client.connection.pong(b"q", &mut client.out).expect("open");
    client.connection.send_fragment(Kind::Binary, true, b"b", &mut client.out).expect("open");
    pair.settle();
    let expected = [
        Entry::data(Kind::Binary, "a", true, false),
        Entry::ping("p"),
        Entry::sent(b"\x8a\x01p"),
        Entry::pong("q"),
        Entry::data(Kind::Binary, "b", false, true),
    ];
    assert_eq!(pair.server.recorder.entries, expected);
}

#[test]
fn no_message_goes_between_the_fragments_of_another() {
    let mut connection = server();
    let mut out = Wire::default();
    connection.send_fragment(Kind::Text, false, b"a", &mut out).expect("open");
    let before = out.clone();
    let under_way = Err(SendError::MessageInProgress);
    assert_eq!(connection.send_text("x", &mut out), under_way);
    assert_eq!(connection.send_binary(b"x", &mut out), under_way);
    assert_eq!(connection.send_fragment(Kind::Binary, true, b"x", &mut out), under_way);
    assert_eq!(connection.send_in_place(Kind::Binary, true, &mut [0]).map(|_| ()), under_way);
    assert_eq!(out, before);
    connection.send_fragment(Kind::Text, true, b"b", &mut out).expect("it goes on");
    connection.send_binary(b"c", &mut out).expect("it is over");
    assert_eq!(out.0, b"\x01\x01a\x80\x01b\x82\x01c");
}

#[test]
fn fragments_of_text_may_be_cut_inside_a_character_but_not_the_last() {
    let mut connection = server();
    let mut out = Wire::default();
    connection.send_fragment(Kind::Text, false, b"\xe2", &mut out).expect("a beginning");
    connection.send_fragment(Kind::Text, false, b"", &mut out).expect("nothing");
    connection.send_fragment(Kind::Text, false, b"\x82", &mut out).expect("more of it");
    let before = out.clone();

    let invalid = |offset| Err(SendError::InvalidUtf8 { offset });
    assert_eq!(connection.send_fragment(Kind::Text, true, b"", &mut out), invalid(0));
    assert_eq!(connection.send_fragment(Kind::Text, false, b"x", &mut out), invalid(0));
    assert_eq!(connection.send_fragment(Kind::Text, false, b"\xac\xff", &mut out), invalid(1));
    assert_eq!(connection.send_fragment(Kind::Text, true, b"\xac\xc3", &mut out), invalid(2));
    assert_eq!(out, before, "a refused fragment leaves no trace");

    connection.send_fragment(Kind::Text, true, b"\xac", &mut out).expect("its end");
    connection.send_fragment(Kind::Text, true, b"x", &mut out).expect("a new text");
    assert_eq!(out.0, b"\x01\x01\xe2\x00\x00\x00\x01\x82\x80\x01\xac\x81\x01x");
}

#[test]
fn binary_fragments_may_be_anything() {
    let mut out = Wire::default();
    server().send_fragment(Kind::Binary, true, b"\xff\xc0", &mut out).expect("open");
    assert_eq!(out.0, b"\x82\x02\xff\xc0");
}

// An output without room.

/// Asserts that `send` into each output that is too small fails, leaves no trace, and then sends
/// the bytes that a fresh connection sends.
fn assert_full_leaves_no_trace<R: Role>(
    fresh: impl Fn() -> Connection<R>,
    send: impl Fn(&mut Connection<R>, &mut SliceOutput<'_>) -> Result<(), SendError>,
) {
    let mut buffer = vec![0xa5; 1024];
    let mut out = SliceOutput::new(&mut buffer);
    send(&mut fresh(), &mut out).expect("room");
    let expected = out.written().to_vec();

    let mut connection = fresh();
    for available in 0..expected.len() {
        let mut buffer = vec![0xa5; available];
        let mut out = SliceOutput::new(&mut buffer);
        let full = OutputFull { needed: expected.len(), available };
        assert_eq!(send(&mut connection, &mut out), Err(SendError::OutputFull(full)));
        assert_eq!(out.room(), available);
        assert_eq!(out.written(), b"");
        assert!(buffer.iter().all(|&byte| byte == 0xa5), "nothing was written");
        assert_eq!(connection.state(), State::Open);
    }
    let mut buffer = vec![0xa5; expected.len()];
    let mut out = SliceOutput::new(&mut buffer);
    send(&mut connection, &mut out).expect("just enough room");
    assert_eq!(out.written(), expected);
    assert_eq!(out.room(), 0);
}

#[test]
fn a_send_that_does_not_fit_changes_nothing() {
    fn check<R: Role>(fresh: impl Fn() -> Connection<R>) {
        let long = "x".repeat(200);
        assert_full_leaves_no_trace(&fresh, |c, out| c.send_text("Hello", out));
        assert_full_leaves_no_trace(&fresh, |c, out| c.send_text(&long, out));
        assert_full_leaves_no_trace(&fresh, |c, out| c.send_binary(&[1, 2, 3], out));
        assert_full_leaves_no_trace(&fresh, |c, out| c.send_binary(&[], out));
        assert_full_leaves_no_trace(&fresh, |c, out| {
            c.send_fragment(Kind::Text, false, b"\xe2\x82", out)
        });
        assert_full_leaves_no_trace(&fresh, |c, out| {
            c.send_fragment(Kind::Binary, true, b"\xff", out)
        });
        assert_full_leaves_no_trace(&fresh, |c, out| c.ping(b"ping", out));
        assert_full_leaves_no_trace(&fresh, |c, out| c.pong(b"", out));
        assert_full_leaves_no_trace(&fresh, |c, out| c.close(CloseCode::NORMAL, "bye", out));
        assert_full_leaves_no_trace(&fresh, |c, out| c.close_with(None, out));
    }
    check(server);
    check(client);
}

#[test]
fn a_later_fragment_that_does_not_fit_leaves_the_message_under_way() {
    let begun = || {
        let mut connection = server();
        let mut out = Wire::default();
        connection.send_fragment(Kind::Text, false, b"\xe2", &mut out).expect("open");
        connection
    };
    assert_full_leaves_no_trace(begun, |c, out| {
        c.send_fragment(Kind::Text, true, b"\x82\xac", out)
    });
}

#[test]
fn frames_fill_an_output_to_its_last_byte() {
    let mut connection = server();
    let mut buffer = [0xa5; 10];
    let mut out = SliceOutput::new(&mut buffer);
    connection.send_binary(&[1, 2, 3], &mut out).expect("5 of 10");
    let full = SendError::OutputFull(OutputFull { needed: 6, available: 5 });
    assert_eq!(connection.send_binary(&[1, 2, 3, 4], &mut out), Err(full));
    connection.send_binary(&[4, 5, 6], &mut out).expect("10 of 10");
    assert_eq!(out.written(), [0x82, 3, 1, 2, 3, 0x82, 3, 4, 5, 6]);
    out.clear();
    assert_eq!((out.written(), out.room()), (b"".as_slice(), 10));
}

#[test]
fn a_header_in_place_is_2_to_14_bytes() {
    let mut short = client();
    let header = short.send_in_place(Kind::Binary, true, &mut []).expect("open");
    assert_eq!(header.len(), 6);
    let mut long = vec![0; 65_536];
    let header = client().send_in_place(Kind::Binary, true, &mut long).expect("open");
    assert_eq!(header.len(), FrameHeader::MAX_LEN);
}
