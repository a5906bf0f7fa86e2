//! Hostile and odd streams to a server, in every split, and what each gets.

use support::hostile::{self, MAX_MESSAGE_SIZE, Outcome, Stream};
use support::{Entry, Frame, Side, every_split};
use websocket_proto::connection::{ConnectionConfig, State, TransportAction};
use websocket_proto::frame::Kind;

fn assert_outcome(stream: &Stream) {
    let Stream { name, bytes, outcome } = stream;
    let config = ConnectionConfig::new().max_message_size(MAX_MESSAGE_SIZE);
    let log = every_split(Side::Server, &config, bytes);
    match outcome {
        Outcome::Fails(code) => {
            let error = log.error().unwrap_or_else(|| panic!("{name}: no error in {log:?}"));
            assert_eq!(error.close_code().0, *code, "{name}: {error}");
            assert_eq!(log.sent_close_code(), Some(*code), "{name}");
            let closes = log.sent().iter().filter(|&&byte| byte == 0x88).count();
            assert_eq!(closes, 1, "{name}: one Close");
            assert_is_over(name, log.state, log.transport);
        }
        Outcome::Answers(code) => {
            assert_eq!(log.error(), None, "{name}");
            assert_eq!(log.sent_close_code(), Some(*code), "{name}");
            let len = if *code == 1005 { 2 } else { 4 };
            assert_eq!(log.sent().len(), len, "{name}: nothing but the Close");
            let [Entry::Close(_), Entry::Sent(_)] = &log.entries[..] else {
                panic!("{name}: {log:?}")
            };
            assert_is_over(name, log.state, log.transport);
        }
        Outcome::Receives { texts, pings } => {
            let messages: Vec<_> =
                texts.iter().map(|text| (Kind::Text, text.as_bytes().to_vec())).collect();
            assert_eq!(log.messages(), messages, "{name}");
            let received: Vec<_> =
                log.entries.iter().filter(|entry| matches!(entry, Entry::Ping(_))).collect();
            let pings: Vec<_> = pings.iter().map(Entry::ping).collect();
            assert_eq!(received, pings.iter().collect::<Vec<_>>(), "{name}");
            let pongs = pings.iter().map(|ping| match ping {
                Entry::Ping(payload) => Frame::pong(payload).bytes(Side::Client),
                _ => unreachable!(),
            });
            assert_eq!(log.sent(), pongs.collect::<Vec<_>>().concat(), "{name}");
            assert_eq!((log.state, log.transport), (State::Open, TransportAction::Keep), "{name}");
        }
    }
}

fn assert_is_over(name: &str, state: State, transport: TransportAction) {
    assert_eq!((state, transport), (State::Closed, TransportAction::ShutdownWrite), "{name}");
}

#[test]
fn frames_that_break_rfc_6455_5_2_fail_with_1002() {
    hostile::headers().iter().for_each(assert_outcome);
}

#[test]
fn a_mask_of_zeros_is_a_mask() {
    let odd = hostile::odd_frames();
    let zeros = odd.iter().find(|stream| stream.name == "masking key of zeros");
    assert_outcome(zeros.expect("it is in the table"));
}

#[test]
fn lengths_over_the_limit_fail_with_1009() {
    hostile::lengths_over_the_limit().iter().for_each(assert_outcome);
}

#[test]
fn control_frames_that_break_rfc_6455_5_5_fail_with_1002() {
    hostile::control_frames().iter().for_each(assert_outcome);
}

#[test]
fn fragments_out_of_order_fail_with_1002() {
    hostile::fragments().iter().for_each(assert_outcome);
}

#[test]
fn text_that_is_not_utf8_fails_with_1007() {
    hostile::text().iter().for_each(assert_outcome);
}

#[test]
fn text_that_only_looks_odd_is_delivered() {
    hostile::odd_frames().iter().for_each(assert_outcome);
}

#[test]
fn each_close_gets_its_answer() {
    hostile::close_frames().iter().for_each(assert_outcome);
}

#[test]
fn what_comes_behind_a_close_is_dropped() {
    hostile::frames_after_close().iter().for_each(assert_outcome);
}

#[test]
fn a_hundred_mebibytes_behind_a_close_are_dropped() {
    let mut server = support::Pair::new().server;
    server.deliver(&Frame::close(1000, "").bytes(Side::Server));
    let entries = server.recorder.entries.clone();
    let mut junk = vec![0xff; 1 << 20];
    for _ in 0..100 {
        let mut input = websocket_proto::connection::Input::new(&mut junk);
        assert_eq!(server.connection.receive(&mut input), Ok(None));
        assert!(input.remaining().is_empty());
    }
    assert_eq!(server.recorder.entries, entries);
}
