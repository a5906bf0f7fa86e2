//! Fragmented messages as a connection receives them: RFC 6455 5.4.

use support::{Entry, Frame, Side, every_split, stream};
use websocket_proto::ProtocolError;
use websocket_proto::connection::{Connection, ConnectionConfig, Event, Input, Server, State};
use websocket_proto::frame::Kind;

#[track_caller]
fn assert_tells(frames: &[Frame], entries: &[Entry]) {
    for side in Side::BOTH {
        let log =
            every_split(side, &ConnectionConfig::new(), &stream(side, frames)).with_sent_unmasked();
        assert_eq!(log.entries, entries, "{side:?}");
        assert_eq!(log.state, State::Open);
    }
}

#[track_caller]
fn assert_fails(frames: &[Frame], error: ProtocolError) {
    for side in Side::BOTH {
        let log = every_split(side, &ConnectionConfig::new(), &stream(side, frames));
        assert_eq!(log.error(), Some(error), "{side:?}");
    }
}

#[test]
fn fragments_are_one_message_of_the_type_of_the_first() {
    let frames =
        |first: Frame| [first.more(), Frame::continuation("b").more(), Frame::continuation("c")];
    assert_tells(&frames(Frame::text("a")), &[Entry::text("abc")]);
    assert_tells(&frames(Frame::binary("a")), &[Entry::binary("abc")]);
}

#[test]
fn fragments_may_be_empty_wherever_they_stand() {
    let empty = || Frame::continuation("");
    assert_tells(&[Frame::text("").more(), empty()], &[Entry::text("")]);
    assert_tells(&[Frame::binary("").more(), empty().more(), empty()], &[Entry::binary("")]);
    assert_tells(
        &[Frame::text("").more(), Frame::continuation("a").more(), empty()],
        &[Entry::text("a")],
    );
    assert_tells(
        &[Frame::text("a").more(), empty().more(), Frame::continuation("b")],
        &[Entry::text("ab")],
    );
}

#[test]
fn each_message_begins_anew() {
    let frames = [
        Frame::text("a").more(),
        Frame::continuation("b"),
        Frame::binary("c"),
        Frame::binary("d").more(),
        Frame::continuation(""),
        Frame::text("e"),
    ];
    let expected = [Entry::text("ab"), Entry::binary("c"), Entry::binary("d"), Entry::text("e")];
    assert_tells(&frames, &expected);
}

#[test]
fn a_message_that_is_not_over_is_told_as_far_as_it_came() {
    let frames = [Frame::text("a").more(), Frame::continuation("b").more()];
    assert_tells(&frames, &[Entry::data(Kind::Text, "ab", true, false)]);
}

#[test]
fn control_frames_between_fragments_are_told_between_them_and_answered() {
    let frames = [
        Frame::text("a").more(),
        Frame::ping("one"),
        Frame::pong("two"),
        Frame::continuation("b").more(),
        Frame::ping(""),
        Frame::continuation("c"),
    ];
    let expected = [
        Entry::data(Kind::Text, "a", true, false),
        Entry::ping("one"),
        Entry::sent(b"\x8a\x03one"),
        Entry::pong("two"),
        Entry::data(Kind::Text, "b", false, false),
        Entry::ping(""),
        Entry::sent(b"\x8a\x00"),
        Entry::data(Kind::Text, "c", false, true),
    ];
    assert_tells(&frames, &expected);
}

#[test]
fn a_ping_between_fragments_is_answered_before_the_message_goes_on() {
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    let mut recorder = support::Recorder::default();
    let frames = [Frame::text("a").more(), Frame::ping("now")];
    recorder.feed(&mut connection, &mut stream(Side::Server, &frames));
    assert_eq!(recorder.entries.last(), Some(&Entry::sent(b"\x8a\x03now")));
}

#[test]
fn a_continuation_of_nothing_is_refused() {
    let error = ProtocolError::UnexpectedContinuation;
    assert_fails(&[Frame::continuation("x")], error);
    assert_fails(&[Frame::continuation("").more()], error);
    assert_fails(&[Frame::text("whole"), Frame::continuation("x")], error);
    assert_fails(
        &[Frame::text("a").more(), Frame::continuation("b"), Frame::continuation("c")],
        error,
    );
    assert_fails(&[Frame::ping("x"), Frame::continuation("x")], error);
}

#[test]
fn a_new_message_inside_another_is_refused() {
    let error = ProtocolError::ExpectedContinuation;
    for intruder in [Frame::text("x"), Frame::binary("x"), Frame::text("x").more(), Frame::text("")]
    {
        assert_fails(&[Frame::text("a").more(), intruder.clone()], error);
        assert_fails(&[Frame::binary("").more(), intruder.clone()], error);
        assert_fails(&[Frame::text("a").more(), Frame::ping(""), intruder.clone()], error);
        assert_fails(&[Frame::text("a").more(), Frame::continuation("b").more(), intruder], error);
    }
}

#[test]
fn order_faults_are_refused_at_the_first_byte() {
    for side in Side::BOTH {
        let log = every_split(side, &ConnectionConfig::new(), &[0x80]);
        assert_eq!(log.error(), Some(ProtocolError::UnexpectedContinuation));
        let bytes = [stream(side, &[Frame::text("a").more()]), vec![0x82]].concat();
        let log = every_split(side, &ConnectionConfig::new(), &bytes);
        assert_eq!(log.error(), Some(ProtocolError::ExpectedContinuation));
    }
}

#[test]
fn what_came_before_a_fault_is_told_and_answered_before_it() {
    for side in Side::BOTH {
        let frames = [
            Frame::text("kept"),
            Frame::ping("answered"),
            Frame::text("a").more(),
            Frame::text("b"),
            Frame::text("never told"),
        ];
        let log = every_split(side, &ConnectionConfig::new(), &stream(side, &frames))
            .with_sent_unmasked();
        let expected = [
            Entry::text("kept"),
            Entry::ping("answered"),
            Entry::sent(b"\x8a\x08answered"),
            Entry::data(Kind::Text, "a", true, false),
            Entry::Error(ProtocolError::ExpectedContinuation),
        ];
        assert_eq!(log.entries[..5], expected);
        assert!(matches!(&log.entries[5..], [Entry::Sent(close)] if close[0] == 0x88));
    }
}

#[test]
fn two_hundred_thousand_fragments_are_one_message() {
    // Nothing is kept of them, so nothing grows.
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    let mut frame = Frame::binary("x").more().bytes(Side::Server);
    let later = stream(
        Side::Server,
        &[Frame::continuation("x").more(), Frame::continuation("").more(), Frame::ping("p")],
    );
    let mut bytes = 0;
    let mut pings = 0;
    for _ in 0..200_000 {
        let mut input = Input::new(&mut frame);
        while let Some(event) = connection.receive(&mut input).expect("valid") {
            match event {
                Event::Data(data) => bytes += data.bytes.len(),
                Event::Ping => pings += 1,
                other => panic!("{other:?}"),
            }
        }
        // Only the newest of the pings wants an answer.
        let mut out = [0xa5; 3];
        let mut out = websocket_proto::connection::SliceOutput::new(&mut out);
        connection.poll_transmit(&mut out).expect("one pong fits");
        frame.clone_from(&later);
    }
    assert_eq!((bytes, pings), (200_000, 199_999));
}

#[test]
fn a_message_in_more_fragments_than_autobahn_sends_is_received() {
    // Autobahn 9.3.1 and 9.4.1: 4 MiB in fragments of 64 bytes.
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    let mut len = 0;
    for at in 0..=65_536 {
        let frame = if at == 0 { Frame::binary([7; 64]) } else { Frame::continuation([7; 64]) };
        let frame = if at == 65_536 { frame } else { frame.more() };
        let mut bytes = frame.bytes(Side::Server);
        let mut input = Input::new(&mut bytes);
        let Ok(Some(Event::Data(data))) = connection.receive(&mut input) else {
            panic!("fragment {at}");
        };
        assert_eq!(data.last, at == 65_536);
        len += data.bytes.len();
    }
    assert_eq!(len, 65_537 * 64);
}
