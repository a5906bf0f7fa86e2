//! Hostile and odd streams to a server, as they came over the wire, and what each must get. The
//! names are those of the collection that they were gathered in: F for frames, C for Close.

use support::{Entry, Frame, Side, every_split, hex, stream};
use websocket_proto::connection::{ConnectionConfig, State, TransportAction};

/// What a server must make of a stream.
enum Must {
    /// Fail with this code: one Close, then the end of the transport.
    Fail(u16),
    /// Deliver this and stay open.
    Tell(Vec<Entry>),
    /// Answer the Close with this code (1005: without one), and no other frame.
    Answer(u16),
}

use Must::{Answer, Fail, Tell};

fn assert_must(id: &str, bytes: &[u8], must: &Must) {
    assert_must_with(id, &ConnectionConfig::new(), bytes, must);
}

fn assert_must_with(id: &str, config: &ConnectionConfig, bytes: &[u8], must: &Must) {
    let log = every_split(Side::Server, config, bytes);
    match must {
        Fail(code) => {
            let error = log.error().unwrap_or_else(|| panic!("{id}: no error in {log:?}"));
            assert_eq!(error.close_code().0, *code, "{id}: {error}");
            assert_eq!(log.sent_close_code(), Some(*code), "{id}");
            let closes = log.sent().iter().filter(|&&byte| byte == 0x88).count();
            assert_eq!(closes, 1, "{id}: one Close");
            assert_eq!((log.state, log.transport), (State::Closed, TransportAction::ShutdownWrite));
        }
        Tell(entries) => {
            assert_eq!(log.entries, *entries, "{id}");
            assert_eq!((log.state, log.transport), (State::Open, TransportAction::Keep), "{id}");
        }
        Answer(code) => {
            assert_eq!(log.error(), None, "{id}");
            assert_eq!(log.sent_close_code(), Some(*code), "{id}");
            let len = if *code == 1005 { 2 } else { 4 };
            assert_eq!(log.sent().len(), len, "{id}: nothing but the Close");
            assert!(matches!(log.entries[..], [Entry::Close(_), Entry::Sent(_)]), "{id}: {log:?}");
            assert_eq!((log.state, log.transport), (State::Closed, TransportAction::ShutdownWrite));
        }
    }
}

fn assert_table(table: &[(&str, &str, Must)]) {
    for (id, bytes, must) in table {
        assert_must(id, &hex(bytes), must);
    }
}

#[test]
fn frames_that_break_rfc_6455_5_2_fail_with_1002() {
    assert_table(&[
        ("F01 RSV1", "c18137fa213d4f", Fail(1002)),
        ("F02 RSV2", "a18137fa213d4f", Fail(1002)),
        ("F03 RSV3", "918137fa213d4f", Fail(1002)),
        ("F04 opcode 3", "838137fa213d4f", Fail(1002)),
        ("F05 opcode 11", "8b8137fa213d4f", Fail(1002)),
        ("F06 opcode 15, empty", "8f8037fa213d", Fail(1002)),
        ("F07 unmasked text", "810178", Fail(1002)),
        ("F08 unmasked empty ping", "8900", Fail(1002)),
        ("F09 unmasked empty Close", "8800", Fail(1002)),
        ("F11 5 in 16 bits", "81fe000537fa213d5f9f4d5158", Fail(1002)),
        ("F12 5 in 64 bits", "81ff000000000000000537fa213d5f9f4d5158", Fail(1002)),
        ("F13 65535 in 64 bits", "82ff000000000000ffff37fa213d", Fail(1002)),
        ("F14 top bit of the length, only the header", "82ff8000000000000000", Fail(1002)),
        ("F14 as soon as that bit is there", "82ff80", Fail(1002)),
        (
            "F16 length of 2^64 - 4",
            "82fffffffffffffffffc37fa213d41414141414141414141414141414141",
            Fail(1002),
        ),
    ]);
}

#[test]
fn a_mask_of_zeros_is_a_mask() {
    assert_table(&[("F10", "81810000000078", Tell(vec![Entry::text("x")]))]);
}

#[test]
fn lengths_over_the_limit_fail_with_1009() {
    assert_table(&[
        ("F15 2^62", "82ff4000000000000000", Fail(1009)),
        ("F17 2^63 - 1 text, one byte of it", "81ff7fffffffffffffff37fa213d56", Fail(1009)),
    ]);
    // F18: two fragments of 614,400 zeros each, 1,228,828 bytes on the wire.
    let half = Frame::binary(vec![0; 0x9_6000]);
    let rest = Frame::continuation(vec![0; 0x9_6000]);
    let bytes = stream(Side::Server, &[half.more(), rest]);
    assert_eq!(bytes.len(), 1_228_828);
    assert_eq!(bytes[..18], hex("02ff000000000009600037fa213d37fa213d"));
    let config = ConnectionConfig::new().max_message_size(1 << 20);
    // What every_split asks of a stream does not need a megabyte: the header of the second
    // fragment is where it fails.
    let log = support::Model { max_message_size: 1 << 20, ..support::Model::new(Side::Server) };
    let mut server = support::Pair::with(&config).server;
    for piece in bytes.chunks(16 * 1024) {
        server.deliver(piece);
    }
    assert_eq!(server.recorder.entries, log.log(&bytes));
    let expected =
        websocket_proto::ProtocolError::MessageTooLarge { len: 0x12_c000, limit: 1 << 20 };
    assert!(server.recorder.entries.contains(&Entry::Error(expected)));
    assert_eq!(server.connection.state(), State::Closed);
}

#[test]
fn control_frames_that_break_rfc_6455_5_5_fail_with_1002() {
    assert_table(&[
        ("F19 ping of 126", "89fe007e37fa213d", Fail(1002)),
        ("F19 ping of 5 in 16 bits", "89fe0005", Fail(1002)),
        ("F19 ping in 64 bits", "89ff000000000000000537fa213d", Fail(1002)),
        ("F21 ping without FIN", "098137fa213d4f", Fail(1002)),
        ("F22 Close without FIN", "088237fa213d3412", Fail(1002)),
        ("F23 pong without FIN", "0a8037fa213d", Fail(1002)),
    ]);
    // F20: a Close with 126 bytes, 134 on the wire.
    let bytes = Frame::close(1000, "x".repeat(124)).bytes(Side::Server);
    assert_eq!(bytes.len(), 134);
    assert_eq!(bytes[..22], hex("88fe007e37fa213d341259454f8259454f8259454f82"));
    assert_must("F20 Close of 126", &bytes, &Fail(1002));
}

#[test]
fn fragments_out_of_order_fail_with_1002() {
    assert_table(&[
        ("F24 continuation of nothing", "808137fa213d4f", Fail(1002)),
        ("F24 the same without FIN", "008137fa213d4f", Fail(1002)),
        ("F25 text in a text", "018137fa213d56818137fa213d55", Fail(1002)),
        ("F26 binary in a text", "018137fa213d56828137fa213d55", Fail(1002)),
        (
            "F26 continuation after the end",
            "018137fa213d56808137fa213d55808137fa213d55",
            Fail(1002),
        ),
    ]);
}

#[test]
fn fragments_in_order_make_one_message() {
    assert_table(&[
        (
            "F27 empty fragments first, between and last",
            "018037fa213d008037fa213d008137fa213d56008037fa213d808037fa213d",
            Tell(vec![Entry::text("a")]),
        ),
        (
            "F28 ping between",
            "018137fa213d56898137fa213d67808137fa213d55",
            Tell(vec![
                Entry::data(websocket_proto::frame::Kind::Text, "a", true, false),
                Entry::ping("P"),
                Entry::sent(b"\x8a\x01P"),
                Entry::data(websocket_proto::frame::Kind::Text, "b", false, true),
            ]),
        ),
    ]);
}

#[test]
fn text_that_is_not_utf8_fails_with_1007() {
    assert_table(&[
        ("F29 overlong C0 AF", "818237fa213df755", Fail(1007)),
        ("F30 surrogate ED A0 80", "818337fa213dda5aa1", Fail(1007)),
        ("F31 overlong E0 80 80", "818337fa213dd77aa1", Fail(1007)),
        ("F32 above U+10FFFF", "818437fa213dc36aa1bd", Fail(1007)),
        ("F33 FF", "818137fa213dc8", Fail(1007)),
        ("F34 cut at FIN", "818237fa213dd578", Fail(1007)),
        ("F35 cut at FIN of an empty fragment", "018137fa213dd5808037fa213d", Fail(1007)),
        ("F36 E2, then a fragment with 28", "018137fa213dd5008137fa213d1f", Fail(1007)),
        ("F37 F4 90 in a frame that promises more", "818937fa213dc36a", Fail(1007)),
        ("F38 bad byte, frame not complete", "818937fa213d5698de", Fail(1007)),
    ]);
}

#[test]
fn text_that_only_looks_odd_is_delivered() {
    assert_table(&[
        ("F39 NUL", "818137fa213d37", Tell(vec![Entry::text("\0")])),
        ("F40 BOM", "818437fa213dd8419e45", Tell(vec![Entry::text("\u{feff}x")])),
    ]);
}

#[test]
fn each_close_gets_its_answer() {
    assert_table(&[
        ("C01 empty", "888037fa213d", Answer(1005)),
        ("C02 one byte", "888137fa213d34", Fail(1002)),
        ("C03 code 0", "888237fa213d37fa", Fail(1002)),
        ("C04 code 999", "888237fa213d341d", Fail(1002)),
        ("C05 code 1000", "888237fa213d3412", Answer(1000)),
        ("C05 code 1001", "888237fa213d3413", Answer(1001)),
        ("C05 code 1002", "888237fa213d3410", Answer(1002)),
        ("C06 code 1003", "888237fa213d3411", Answer(1003)),
        ("C07 code 1004", "888237fa213d3416", Fail(1002)),
        ("C08 code 1005", "888237fa213d3417", Fail(1002)),
        ("C09 code 1006", "888237fa213d3414", Fail(1002)),
        ("C09 code 1007", "888237fa213d3415", Answer(1007)),
        ("C10 code 1011", "888237fa213d3409", Answer(1011)),
        ("C11 code 1012", "888237fa213d340e", Answer(1012)),
        ("C12 code 1013", "888237fa213d340f", Answer(1013)),
        ("C13 code 1014", "888237fa213d340c", Answer(1014)),
        ("C14 code 1015", "888237fa213d340d", Fail(1002)),
        ("C15 code 1016", "888237fa213d3402", Fail(1002)),
        ("C16 code 2999", "888237fa213d3c4d", Fail(1002)),
        ("C17 code 3000", "888237fa213d3c42", Answer(3000)),
        ("C18 code 4999", "888237fa213d247d", Answer(4999)),
        ("C19 code 5000", "888237fa213d2472", Fail(1002)),
        ("C20 code 65535", "888237fa213dc805", Fail(1002)),
        ("C21 reason that is no UTF-8", "888337fa213d3412de", Fail(1007)),
        ("C22 reason cut in a character", "888437fa213d3412c3bf", Fail(1007)),
        ("C23 with a reason", "888437fa213d34124e58", Answer(1000)),
    ]);
}

#[test]
fn what_comes_behind_a_close_is_dropped() {
    assert_table(&[
        ("C24 data", "888237fa213d3412818437fa213d5b9b5558", Answer(1000)),
        ("C25 ping", "888237fa213d3412898137fa213d67", Answer(1000)),
        ("C26 another Close", "888237fa213d3412888237fa213d3413", Answer(1000)),
        ("C27 junk", "888237fa213d3412ffffffffffffffff", Answer(1000)),
        ("C28 a faulty frame", "888237fa213d3412838137fa213d4f", Answer(1000)),
    ]);
}

#[test]
fn a_hundred_mebibytes_behind_a_close_are_dropped() {
    // C29, R09.
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
