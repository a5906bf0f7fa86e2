//! Close codes and the payload of a Close frame: RFC 6455 5.5.1, 7.4.

use proptest::prelude::*;
use support::hex;
use websocket_proto::{CloseCode, CloseFrame, ProtocolError, SendError};

fn is_sendable_by_the_table(code: u16) -> bool {
    let list = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014];
    list.contains(&code) || (3000..=4999).contains(&code)
}

/// What `frame` is on the wire. The buffer is full of junk before.
fn emitted(frame: &CloseFrame) -> Vec<u8> {
    let mut out = [0xa5; 125];
    let len = frame.emit(&mut out);
    assert!(out[len..].iter().all(|&byte| byte == 0xa5), "nothing is written behind the payload");
    out[..len].to_vec()
}

#[test]
fn every_close_code_is_judged_by_the_table() {
    for code in 0..=u16::MAX {
        let sendable = is_sendable_by_the_table(code);
        let code = CloseCode(code);
        assert_eq!(code.is_sendable(), sendable, "{code}");
        let payload = code.0.to_be_bytes();
        if sendable {
            let frame = CloseFrame::new(code, "").expect("sendable");
            assert_eq!(emitted(&frame), payload);
            assert_eq!(CloseFrame::parse(&payload), Ok(Some(frame)));
        } else {
            assert_eq!(CloseFrame::new(code, ""), Err(SendError::UnsendableCloseCode { code }));
            let error = ProtocolError::InvalidCloseCode { code };
            assert_eq!(CloseFrame::parse(&payload), Err(error));
        }
    }
}

#[test]
fn the_named_codes_have_the_numbers_of_the_registry() {
    let named = [
        (CloseCode::NORMAL, 1000),
        (CloseCode::GOING_AWAY, 1001),
        (CloseCode::PROTOCOL_ERROR, 1002),
        (CloseCode::UNSUPPORTED_DATA, 1003),
        (CloseCode::NO_STATUS, 1005),
        (CloseCode::ABNORMAL, 1006),
        (CloseCode::INVALID_DATA, 1007),
        (CloseCode::POLICY_VIOLATION, 1008),
        (CloseCode::TOO_BIG, 1009),
        (CloseCode::MANDATORY_EXTENSION, 1010),
        (CloseCode::INTERNAL_ERROR, 1011),
        (CloseCode::SERVICE_RESTART, 1012),
        (CloseCode::TRY_AGAIN_LATER, 1013),
        (CloseCode::BAD_GATEWAY, 1014),
        (CloseCode::TLS_HANDSHAKE, 1015),
    ];
    for (code, number) in named {
        assert_eq!(u16::from(code), number);
        assert_eq!(CloseCode::from(number), code);
        assert_eq!(code.to_string(), number.to_string());
    }
    assert_eq!(format!("{:?}", CloseCode::NORMAL), "CloseCode(1000)");
}

#[test]
fn an_empty_payload_is_no_code() {
    assert_eq!(CloseFrame::parse(b""), Ok(None));
}

#[test]
fn a_payload_of_one_byte_is_refused() {
    for byte in [0x00, 0x03, 0xff] {
        assert_eq!(CloseFrame::parse(&[byte]), Err(ProtocolError::CloseCodeCut));
    }
}

#[test]
fn code_and_reason_parse_and_emit() {
    let pairs = [
        ("03e8", 1000, ""),
        ("03e9 627965", 1001, "bye"),
        ("0bb8 e282ac", 3000, "€"),
        ("1387 00", 4999, "\0"),
    ];
    for (wire, code, reason) in pairs {
        let frame = CloseFrame::new(CloseCode(code), reason).expect("sendable");
        assert_eq!((frame.code().0, frame.reason()), (code, reason));
        assert_eq!(emitted(&frame), hex(wire));
        assert_eq!(CloseFrame::parse(&hex(wire)), Ok(Some(frame)));
    }
}

#[test]
fn a_reason_takes_123_bytes_and_no_more() {
    assert_eq!(CloseFrame::MAX_REASON, 123);
    // 41 characters of three bytes.
    let longest = "€".repeat(41);
    let frame = CloseFrame::new(CloseCode::NORMAL, &longest).expect("123 bytes");
    assert_eq!(frame.reason(), longest);
    assert_eq!(emitted(&frame).len(), 125);
    assert_eq!(CloseFrame::parse(&emitted(&frame)), Ok(Some(frame)));

    let longer = "x".repeat(124);
    let error = SendError::CloseReasonTooLong { len: 124 };
    assert_eq!(CloseFrame::new(CloseCode::NORMAL, &longer), Err(error));
    let mut payload = hex("03e8");
    payload.extend_from_slice(longer.as_bytes());
    assert_eq!(CloseFrame::parse(&payload), Err(ProtocolError::ControlFrameTooLong));
}

#[test]
fn a_reason_that_is_not_utf8_is_refused() {
    for reason in ["c3", "ff", "eda080", "f0908080 c0af", "6f6bf490"] {
        let payload = [hex("03e8"), hex(reason)].concat();
        assert_eq!(CloseFrame::parse(&payload), Err(ProtocolError::InvalidCloseReason), "{reason}");
    }
}

#[test]
fn the_code_is_judged_before_the_reason() {
    let error = ProtocolError::InvalidCloseCode { code: CloseCode(1005) };
    assert_eq!(CloseFrame::parse(&hex("03ed ff")), Err(error));
}

#[test]
fn a_frame_shows_its_code_and_reason() {
    let frame = CloseFrame::new(CloseCode::NORMAL, "bye").expect("sendable");
    assert_eq!(format!("{frame:?}"), r#"CloseFrame { code: 1000, reason: "bye" }"#);
}

#[test]
fn a_frame_reads_as_its_code_and_its_reason() {
    let frame = CloseFrame::new(CloseCode::NORMAL, "done").expect("sendable");
    assert_eq!(frame.to_string(), "1000: done");
    let frame = CloseFrame::new(CloseCode(4999), "").expect("sendable");
    assert_eq!(frame.to_string(), "4999");
}

#[test]
fn a_frame_is_made_of_a_code_and_a_reason_and_comes_apart_into_them() {
    let frame = CloseFrame::try_from((CloseCode::GOING_AWAY, "later")).expect("sendable");
    assert_eq!(CloseFrame::try_from((1001, "later")), Ok(frame.clone()));
    let (code, reason) = frame.parts();
    assert_eq!((code, reason), (CloseCode::GOING_AWAY, "later"));
    assert_eq!(<(CloseCode, &str)>::from(&frame), (code, reason));

    let unsendable = SendError::UnsendableCloseCode { code: CloseCode(1006) };
    assert_eq!(CloseFrame::try_from((1006, "")), Err(unsendable));
    assert_eq!(CloseFrame::try_from((CloseCode(1006), "")), Err(unsendable));
    let longer = "x".repeat(124);
    let too_long = SendError::CloseReasonTooLong { len: 124 };
    assert_eq!(CloseFrame::try_from((1000, longer.as_str())), Err(too_long));
}

#[test]
fn a_long_reason_is_cut_between_two_characters() {
    let cut = |reason: &str| {
        let frame = CloseFrame::truncated(CloseCode::NORMAL, reason).expect("sendable");
        assert_eq!(CloseFrame::parse(&emitted(&frame)), Ok(Some(frame.clone())));
        frame.reason().to_owned()
    };
    for fits in ["", "done", &"x".repeat(123), &"€".repeat(41)] {
        assert_eq!(cut(fits), *fits);
    }
    assert_eq!(cut(&"x".repeat(124)), "x".repeat(123));
    assert_eq!(cut(&"é".repeat(1000)), "é".repeat(61), "122 bytes: the next character ends at 124");
    assert_eq!(cut(&format!("x{}", "€".repeat(41))), format!("x{}", "€".repeat(40)));
    assert_eq!(cut(&"😀".repeat(31)), "😀".repeat(30));
    for before in 0..=123 {
        let start = "x".repeat(before);
        let whole = format!("{start}😀");
        let expected = if whole.len() <= 123 { &whole } else { &start };
        assert_eq!(cut(&whole), *expected);
    }
    let code = CloseCode::NO_STATUS;
    let unsendable = Err(SendError::UnsendableCloseCode { code });
    assert_eq!(CloseFrame::truncated(code, &"x".repeat(200)), unsendable);
}

#[test]
fn the_close_for_an_error_has_its_code_and_its_text() {
    let frame = ProtocolError::ReservedOpCode { opcode: 0x3 }.close_frame().expect("1002 is sent");
    assert_eq!(frame.parts(), (CloseCode::PROTOCOL_ERROR, "opcode 0x3 is reserved"));
    assert_eq!(ProtocolError::UnexpectedEof.close_frame(), None, "1006 is not sent");
}

#[test]
fn a_code_is_compared_with_a_number() {
    assert_eq!(CloseCode::NORMAL, 1000);
    assert_eq!(1000, CloseCode::NORMAL);
    assert_ne!(CloseCode::NORMAL, 1001);
    assert_ne!(1001, CloseCode::NORMAL);
}

proptest! {
    #[test]
    fn any_payload_parses_by_the_rules(payload in prop_oneof![
        prop::collection::vec(any::<u8>(), 0..=125),
        (any::<u16>(), ".{0,30}").prop_map(|(code, reason)| {
            [&code.to_be_bytes(), reason.as_bytes()].concat()
        }),
        (3000..5000_u16, ".{0,30}").prop_map(|(code, reason)| {
            [&code.to_be_bytes(), reason.as_bytes()].concat()
        }),
    ]) {
        let parsed = CloseFrame::parse(&payload);
        match payload.as_slice() {
            [] => prop_assert_eq!(parsed, Ok(None)),
            [_] => prop_assert_eq!(parsed, Err(ProtocolError::CloseCodeCut)),
            [high, low, reason @ ..] => {
                let code = CloseCode(u16::from_be_bytes([*high, *low]));
                if !is_sendable_by_the_table(code.0) {
                    prop_assert_eq!(parsed, Err(ProtocolError::InvalidCloseCode { code }));
                } else if core::str::from_utf8(reason).is_err() {
                    prop_assert_eq!(parsed, Err(ProtocolError::InvalidCloseReason));
                } else {
                    let frame = parsed.expect("valid").expect("not empty");
                    prop_assert_eq!(frame.code(), code);
                    prop_assert_eq!(frame.reason().as_bytes(), reason);
                    prop_assert_eq!(emitted(&frame), payload);
                }
            }
        }
    }
}
