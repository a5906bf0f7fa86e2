//! Messages that are received in parts, and a whole message that is asked for after a part.

use support::messages::*;
use websocket_proto::frame::Kind;
use websocket_proto::websocket::{Config, Part};
use websocket_proto::{Message, ProtocolError};

#[test]
fn the_rest_of_a_message_is_dropped_when_a_whole_one_is_asked_for_after_a_part() {
    let from = From::Client;
    let mut websocket = server(Config::new());
    websocket.input().extend_from_slice(&from.part(TEXT, "unwanted, "));
    assert!(matches!(
        websocket.receive_part(),
        Ok(Some(Part::Data { first: true, last: false, .. }))
    ));
    let rest = [from.part(CONTINUATION, "and its "), from.frame(PING, "?")].concat();
    websocket.input().extend_from_slice(&rest);
    assert!(matches!(websocket.receive(), Ok(Some(Message::Ping(_)))));
    let rest = [from.frame(CONTINUATION, "rest"), from.frame(TEXT, "wanted")].concat();
    websocket.input().extend_from_slice(&rest);
    assert_eq!(websocket.receive(), Ok(Some(Message::text("wanted"))));
}

#[test]
fn a_message_whose_middle_was_dropped_is_not_continued_in_parts() {
    let from = From::Client;
    let mut websocket = server(Config::new());
    websocket.input().extend_from_slice(&from.part(TEXT, "unwanted, "));
    assert!(matches!(
        websocket.receive_part(),
        Ok(Some(Part::Data { first: true, last: false, .. }))
    ));
    // Nothing was dropped yet, so the parts go on.
    assert_eq!(websocket.receive(), Ok(None));
    websocket.input().extend_from_slice(&from.part(CONTINUATION, "still "));
    let part = websocket.receive_part().unwrap();
    assert_eq!(
        part,
        Some(Part::Data { kind: Kind::Text, bytes: b"still ", first: false, last: false })
    );
    // The whole message that is asked for drops what comes next, and with it all the rest.
    websocket.input().extend_from_slice(&from.part(CONTINUATION, "a hole "));
    assert_eq!(websocket.receive(), Ok(None));
    let rest = [
        from.part(CONTINUATION, "in "),
        from.frame(CONTINUATION, "it"),
        from.frame(TEXT, "wanted"),
    ];
    websocket.input().extend_from_slice(&rest.concat());
    let part = websocket.receive_part().unwrap();
    assert_eq!(
        part,
        Some(Part::Data { kind: Kind::Text, bytes: b"wanted", first: true, last: true })
    );
    // The same, when the part that is dropped was ready.
    websocket.input().extend_from_slice(&from.part(TEXT, "unwanted, "));
    assert!(matches!(websocket.receive_part(), Ok(Some(Part::Data { first: true, .. }))));
    websocket.input().extend_from_slice(&from.part(CONTINUATION, "a hole "));
    assert_eq!(websocket.process_part(), Ok(true));
    assert_eq!(websocket.receive(), Ok(None));
    let rest = [from.frame(CONTINUATION, "in it"), from.frame(TEXT, "wanted")];
    websocket.input().extend_from_slice(&rest.concat());
    assert!(matches!(
        websocket.receive_part(),
        Ok(Some(Part::Data { bytes: b"wanted", first: true, last: true, .. }))
    ));
}

#[test]
fn a_message_that_has_begun_is_returned_from_its_start_in_parts() {
    let from = From::Client;
    let mut websocket = server(Config::new());
    websocket.input().extend_from_slice(&from.part(TEXT, "be"));
    assert_eq!(websocket.receive(), Ok(None));
    websocket.input().extend_from_slice(&from.frame(CONTINUATION, "gun"));
    let Ok(Some(Part::Data { bytes, first, last, .. })) = websocket.receive_part() else {
        panic!()
    };
    assert_eq!((bytes, first, last), (&b"begun"[..], true, true));
}

#[test]
fn text_is_validated_before_a_part_is_returned() {
    let from = From::Client;
    let mut websocket = server(Config::new());
    websocket.input().extend_from_slice(&from.part(TEXT, b"ok\xe2\x82"));
    let Ok(Some(Part::Data { bytes, .. })) = websocket.receive_part() else { panic!() };
    assert_eq!(bytes, b"ok\xe2\x82");
    websocket.input().extend_from_slice(&from.frame(CONTINUATION, b"("));
    let error = ProtocolError::InvalidUtf8 { offset: 4 };
    assert_eq!(websocket.receive_part(), Err(error));
    assert_eq!(websocket.receive_part(), Err(error));
    assert_eq!(close_code(&frames(websocket.output())[0]), Some(1007));
}

#[test]
fn a_ping_is_answered_when_a_part_is_asked_for_too() {
    let mut websocket = server(Config::new());
    websocket.input().extend_from_slice(&From::Client.frame(PING, "?"));
    assert_eq!(websocket.receive_part(), Ok(Some(Part::Ping(b"?"))));
    assert_eq!(opcodes(websocket.output()), [PONG]);
}

#[test]
fn a_part_that_is_ready_is_not_lost_when_a_whole_message_is_asked_for() {
    let from = From::Client;
    let mut websocket = server(Config::new());
    websocket.input().extend_from_slice(&from.frame(TEXT, "one"));
    assert_eq!(websocket.process_part(), Ok(true));
    assert_eq!(websocket.receive(), Ok(Some(Message::text("one"))));
    // The message has not ended, or earlier fragments of it are held.
    for held in ["", "be"] {
        let first = if held.is_empty() { TEXT } else { CONTINUATION };
        if !held.is_empty() {
            websocket.input().extend_from_slice(&from.part(TEXT, held));
            assert_eq!(websocket.receive(), Ok(None));
        }
        websocket.input().extend_from_slice(&from.part(first, "gun"));
        assert_eq!(websocket.process_part(), Ok(true));
        assert_eq!(websocket.process(), Ok(false));
        websocket.input().extend_from_slice(&from.frame(CONTINUATION, "!"));
        assert_eq!(websocket.process_part(), Ok(true));
        let whole = Message::text(format!("{held}gun!"));
        assert_eq!(websocket.receive_ref().map(|m| m.map(Message::from)), Ok(Some(whole)));
    }
}

#[test]
fn the_parts_before_invalid_text_are_its_valid_bytes() {
    let from = From::Client;
    let text = b"valid \xe2\x82\xac, then \xff and more";
    let fragments = [from.part(TEXT, &text[..7]), from.frame(CONTINUATION, &text[7..])].concat();
    for bytes in [from.frame(TEXT, text), from.part(TEXT, text), fragments] {
        for cut in 0..bytes.len() {
            // With what `receive` holds of it, and without.
            for held in [false, true] {
                let mut websocket = server(Config::new());
                let mut parts = Vec::new();
                websocket.input().extend_from_slice(&bytes[..cut]);
                if held && websocket.receive().is_err() {
                    continue;
                }
                let mut rest = &bytes[cut..];
                let error = loop {
                    match websocket.receive_part() {
                        Ok(Some(Part::Data { bytes, last, .. })) => {
                            assert!(!last);
                            parts.extend_from_slice(bytes);
                        }
                        Ok(Some(other)) => panic!("{other:?}"),
                        Ok(None) => websocket.input().extend_from_slice(std::mem::take(&mut rest)),
                        Err(error) => break error,
                    }
                };
                assert_eq!(error, ProtocolError::InvalidUtf8 { offset: 16 });
                // What is held is returned with the next valid bytes, if there are any.
                assert!(parts == text[..16] || held && parts.is_empty(), "{cut}: {parts:02x?}");
            }
        }
    }
}
