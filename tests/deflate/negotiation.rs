//! The negotiation of permessage-deflate (RFC 7692 7.1), by both roles.

use proptest::prelude::*;
use support::handshake::{RFC_NONCE, RFC_RESPONSE};
use websocket_proto::deflate::{DeflateError, Preferences, Terms};
use websocket_proto::extension::Extensions;
use websocket_proto::handshake::{Answer, ClientHandshake, ClientRequest, ResponseError};

/// What a server with these preferences makes of the offers.
#[track_caller]
fn accept(preferences: Preferences, offers: &str) -> Option<Terms> {
    preferences.accept(Extensions::parse(offers.as_bytes()).map(|offer| offer.expect("it parses")))
}

/// What a server answers to the offers, if it agrees.
#[track_caller]
fn answer(preferences: Preferences, offers: &str) -> Option<String> {
    accept(preferences, offers).map(|agreement| agreement.response().to_string())
}

/// What a client with these preferences makes of the response.
#[track_caller]
fn check(preferences: Preferences, response: &str) -> Result<Option<Terms>, DeflateError> {
    preferences.check(Extensions::parse(response.as_bytes()).map(|it| it.expect("it parses")))
}

/// Both sides' takeover and window, the server's first.
fn terms(agreement: &Terms) -> [(bool, u8); 2] {
    [
        (agreement.server_no_context_takeover(), agreement.server_max_window_bits()),
        (agreement.client_no_context_takeover(), agreement.client_max_window_bits()),
    ]
}

const ANY: Preferences = Preferences::new();
const SERVER_FLAG: &str = "server_no_context_takeover";
const CLIENT_FLAG: &str = "client_no_context_takeover";
const SERVER_BITS: &str = "server_max_window_bits";
const CLIENT_BITS: &str = "client_max_window_bits";

#[test]
fn an_offer_says_what_is_wanted() {
    for (preferences, expected) in [
        (ANY, "permessage-deflate; client_max_window_bits"),
        (
            ANY.server_no_context_takeover(true),
            "permessage-deflate; server_no_context_takeover; client_max_window_bits",
        ),
        (
            ANY.client_no_context_takeover(true),
            "permessage-deflate; client_no_context_takeover; client_max_window_bits",
        ),
        (
            ANY.server_max_window_bits(14),
            "permessage-deflate; server_max_window_bits=14; client_max_window_bits",
        ),
        (ANY.client_max_window_bits(8), "permessage-deflate; client_max_window_bits=8"),
        (
            ANY.server_no_context_takeover(true)
                .client_no_context_takeover(true)
                .server_max_window_bits(10)
                .client_max_window_bits(11),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
             server_max_window_bits=10; client_max_window_bits=11",
        ),
    ] {
        let offer = preferences.offer();
        assert_eq!(&*offer, expected);
        assert_eq!(offer.to_string(), expected);
        assert_eq!(format!("{offer:?}"), format!("{expected:?}"));
    }
}

#[test]
fn windows_that_do_not_exist_are_the_nearest_that_does() {
    for (bits, expected) in [(0, 8), (7, 8), (8, 8), (9, 9), (15, 15), (16, 15), (255, 15)] {
        let by_name = ANY.server_max_window_bits(expected).client_max_window_bits(expected);
        assert_eq!(ANY.server_max_window_bits(bits).client_max_window_bits(bits), by_name);
    }
}

#[test]
fn a_response_says_what_differs_from_what_goes_without_saying() {
    let narrow = ANY.server_max_window_bits(12).client_max_window_bits(11);
    let forgetful = ANY.server_no_context_takeover(true).client_no_context_takeover(true);
    for (preferences, offer, expected) in [
        (ANY, "", ""),
        (ANY, "; client_max_window_bits", ""),
        // RFC 7692 7.1.1.1: asked for, it is granted.
        (ANY, "; server_no_context_takeover", "; server_no_context_takeover"),
        // RFC 7692 7.1.1.2: a hint, which this server takes.
        (ANY, "; client_no_context_takeover", "; client_no_context_takeover"),
        // RFC 7692 7.1.2.1: asked for, it has to be there.
        (ANY, "; server_max_window_bits=15", "; server_max_window_bits=15"),
        (ANY, "; server_max_window_bits=9", "; server_max_window_bits=9"),
        (ANY, "; client_max_window_bits=15", ""),
        (ANY, "; client_max_window_bits=9", "; client_max_window_bits=9"),
        // Unasked.
        (
            narrow,
            "; client_max_window_bits",
            "; server_max_window_bits=12; client_max_window_bits=11",
        ),
        (
            narrow,
            "; client_max_window_bits=10; server_max_window_bits=13",
            "; server_max_window_bits=12; client_max_window_bits=10",
        ),
        (
            narrow,
            "; client_max_window_bits=12; server_max_window_bits=11",
            "; server_max_window_bits=11; client_max_window_bits=11",
        ),
        (forgetful, "", "; server_no_context_takeover; client_no_context_takeover"),
    ] {
        let answer = answer(preferences, &format!("permessage-deflate{offer}"));
        assert_eq!(answer, Some(format!("permessage-deflate{expected}")), "{offer}");
    }
    // RFC 7692 7.1.2.2: a client that cannot be told of its window.
    assert_eq!(answer(narrow, "permessage-deflate"), None);
}

/// Parameters that neither an offer nor a response may have.
const BAD: [(&str, DeflateError); 32] = {
    use DeflateError::{RepeatedParameter, UnknownParameter, Value};
    [
        ("x-unknown", UnknownParameter),
        ("Server_No_Context_Takeover", UnknownParameter),
        ("server_max_window_bits_=10", UnknownParameter),
        ("server_no_context_takeover; x=1", UnknownParameter),
        ("server_no_context_takeover=0", Value(SERVER_FLAG)),
        ("server_no_context_takeover=true", Value(SERVER_FLAG)),
        ("client_no_context_takeover=1", Value(CLIENT_FLAG)),
        ("client_no_context_takeover=\"a\"", Value(CLIENT_FLAG)),
        ("server_max_window_bits", Value(SERVER_BITS)),
        ("server_max_window_bits=7", Value(SERVER_BITS)),
        ("server_max_window_bits=16", Value(SERVER_BITS)),
        ("server_max_window_bits=0", Value(SERVER_BITS)),
        ("server_max_window_bits=08", Value(SERVER_BITS)),
        ("server_max_window_bits=09", Value(SERVER_BITS)),
        ("server_max_window_bits=+9", Value(SERVER_BITS)),
        ("server_max_window_bits=-9", Value(SERVER_BITS)),
        ("server_max_window_bits=9a", Value(SERVER_BITS)),
        ("server_max_window_bits=a", Value(SERVER_BITS)),
        ("server_max_window_bits=1e1", Value(SERVER_BITS)),
        ("server_max_window_bits=010", Value(SERVER_BITS)),
        ("server_max_window_bits=100", Value(SERVER_BITS)),
        ("server_max_window_bits=265", Value(SERVER_BITS)),
        ("server_max_window_bits=20", Value(SERVER_BITS)),
        ("server_max_window_bits=\"1\\6\"", Value(SERVER_BITS)),
        ("client_max_window_bits=7", Value(CLIENT_BITS)),
        ("client_max_window_bits=16", Value(CLIENT_BITS)),
        ("client_max_window_bits=09", Value(CLIENT_BITS)),
        ("client_max_window_bits=1e1", Value(CLIENT_BITS)),
        ("server_no_context_takeover; server_no_context_takeover", RepeatedParameter(SERVER_FLAG)),
        ("client_no_context_takeover; client_no_context_takeover", RepeatedParameter(CLIENT_FLAG)),
        ("server_max_window_bits=9; server_max_window_bits=9", RepeatedParameter(SERVER_BITS)),
        ("client_max_window_bits=10; client_max_window_bits=9", RepeatedParameter(CLIENT_BITS)),
    ]
};

#[test]
fn a_bad_offer_is_declined_and_the_next_one_tried() {
    for (bad, _) in BAD {
        let bad = format!("permessage-deflate; {bad}");
        assert_eq!(answer(ANY, &bad), None, "{bad}");
        let offers = format!("x-foo; a=1, {bad}, permessage-deflate; server_no_context_takeover");
        let expected = "permessage-deflate; server_no_context_takeover";
        assert_eq!(answer(ANY, &offers).as_deref(), Some(expected), "{bad}");
        let offers = format!("permessage-deflate, {bad}");
        assert_eq!(answer(ANY, &offers).as_deref(), Some("permessage-deflate"), "{bad}");
    }
    // In an offer it may have none, but not twice.
    let twice = "permessage-deflate; client_max_window_bits; client_max_window_bits=9";
    assert_eq!(answer(ANY, twice), None);
}

#[test]
fn a_bad_response_is_an_error() {
    for (bad, error) in BAD {
        let bad = format!("permessage-deflate; {bad}");
        assert_eq!(check(ANY, &bad), Err(error), "{bad}");
        assert_eq!(check(ANY, &format!("x-foo, {bad}, x-bar")), Err(error), "{bad}");
        assert!(!error.to_string().is_empty());
    }
    // RFC 7692 7.1.2.2: not without a value.
    let missing = check(ANY, "permessage-deflate; client_max_window_bits");
    assert_eq!(missing, Err(DeflateError::Value(CLIENT_BITS)));
}

#[test]
fn an_empty_value_is_no_value() {
    // The grammar has no such thing, quoted or not (RFC 6455 9.1).
    for value in ["", "\"\"", "\"1\\\\0\"", "\" 9\""] {
        let list = format!("permessage-deflate; server_max_window_bits={value}");
        assert!(Extensions::parse(list.as_bytes()).any(|extension| extension.is_err()), "{list}");
    }
}

#[test]
fn every_window_is_read_quoted_or_not() {
    for bits in 8..=15 {
        let (tens, ones) = (bits / 10, bits % 10);
        let digits = if tens > 0 { format!("{tens}\\{ones}") } else { format!("\\{ones}") };
        for value in [format!("{bits}"), format!("\"{bits}\""), format!("\"{digits}\"")] {
            let list = format!(
                "permessage-deflate ;server_max_window_bits = {value};client_max_window_bits={value}"
            );
            let server = accept(ANY, &list).expect(&list);
            let client = check(ANY, &list).unwrap().expect(&list);
            assert_eq!(terms(&server), [(false, bits), (false, bits)]);
            assert_eq!(terms(&client), [(false, bits), (false, bits)]);
        }
    }
}

#[test]
fn a_response_fits_the_offer_as_chromium_has_it() {
    // The rows of Chromium's table: what is offered, what is answered, and whether that will do.
    // A client of ours always offers `client_max_window_bits`.
    let server_bits = |bits| ANY.server_max_window_bits(bits);
    let client_bits = |bits| ANY.client_max_window_bits(bits);
    let missing = |name| Err(DeflateError::MissingParameter(name));
    let both = |server, client| Ok(Some([server, client]));
    let (flagged, plain) = ((true, 15), (false, 15));
    for (offered, response, expected) in [
        (ANY, "", both(plain, plain)),
        (ANY, "; server_no_context_takeover", both(flagged, plain)),
        (ANY.server_no_context_takeover(true), "", missing(SERVER_FLAG)),
        (
            ANY.server_no_context_takeover(true),
            "; server_no_context_takeover",
            both(flagged, plain),
        ),
        (ANY, "; client_no_context_takeover", both(plain, flagged)),
        (ANY.client_no_context_takeover(true), "", both(plain, flagged)),
        (
            ANY.client_no_context_takeover(true),
            "; client_no_context_takeover",
            both(plain, flagged),
        ),
        (ANY, "; server_max_window_bits=14", both((false, 14), plain)),
        (server_bits(12), "", missing(SERVER_BITS)),
        (server_bits(12), "; server_max_window_bits=12", both((false, 12), plain)),
        (server_bits(12), "; server_max_window_bits=11", both((false, 11), plain)),
        (
            server_bits(12),
            "; server_max_window_bits=13",
            Err(DeflateError::WindowTooLarge { bits: 13, offered: 12 }),
        ),
        (ANY, "; client_max_window_bits=15", both(plain, plain)),
        (ANY, "; client_max_window_bits=8", both(plain, (false, 8))),
        (client_bits(12), "", both(plain, (false, 12))),
        (client_bits(12), "; client_max_window_bits=12", both(plain, (false, 12))),
        (client_bits(12), "; client_max_window_bits=11", both(plain, (false, 11))),
        (client_bits(12), "; client_max_window_bits=13", both(plain, (false, 12))),
    ] {
        let response = format!("permessage-deflate{response}");
        let agreed = check(offered, &response).map(|agreed| agreed.as_ref().map(terms));
        assert_eq!(agreed, expected, "{} -> {response}", offered.offer());
    }
}

#[test]
fn a_server_never_tells_a_client_of_its_window_that_did_not_offer_it() {
    // RFC 7692 7.1.2.2; it is said to have frozen a browser.
    for bits in 8..=15 {
        for offer in ["", "; server_no_context_takeover", "; server_max_window_bits=8"] {
            let offer = format!("permessage-deflate{offer}");
            match answer(ANY.client_max_window_bits(bits), &offer) {
                Some(answer) => assert!(bits == 15 && !answer.contains(CLIENT_BITS), "{answer}"),
                None => assert!(bits < 15),
            }
        }
    }
}

#[test]
fn the_first_offer_that_can_be_met_is_taken() {
    let narrow = ANY.client_max_window_bits(10);
    for (offers, expected) in [
        (
            "permessage-deflate; client_max_window_bits, permessage-deflate",
            Some("; client_max_window_bits=10"),
        ),
        (
            "permessage-deflate, permessage-deflate; client_max_window_bits=9",
            Some("; client_max_window_bits=9"),
        ),
        (
            "permessage-deflate; client_max_window_bits=9; server_no_context_takeover, \
             permessage-deflate; client_max_window_bits",
            Some("; server_no_context_takeover; client_max_window_bits=9"),
        ),
        ("permessage-deflate, permessage-deflate; x; client_max_window_bits", None),
        ("x-webkit-deflate-frame, permessage-bzip2", None),
        ("Permessage-Deflate; client_max_window_bits", None),
        ("x-foo", None),
    ] {
        let expected = expected.map(|parameters| format!("permessage-deflate{parameters}"));
        assert_eq!(answer(narrow, offers), expected, "{offers}");
    }
}

#[test]
fn other_extensions_are_none_of_its_business() {
    for list in [
        "x-foo; server_max_window_bits=99, permessage-deflate, x-bar",
        "permessage-deflate, x-foo; server_no_context_takeover=1",
        "x-foo; x, x-foo, permessage-deflate",
    ] {
        assert_eq!(answer(ANY, list).as_deref(), Some("permessage-deflate"));
        let agreed = check(ANY, list).unwrap().unwrap();
        assert_eq!(terms(&agreed), [(false, 15), (false, 15)]);
    }
    for list in ["x-foo", "x-foo; server_max_window_bits=99, x-bar"] {
        assert_eq!(answer(ANY, list), None);
        assert_eq!(check(ANY, list), Ok(None));
    }
    assert_eq!(ANY.check([]), Ok(None));
    assert_eq!(ANY.accept([]), None);
}

#[test]
fn a_client_that_got_a_bad_response_has_failed_its_handshake() {
    let offer = ANY.offer();
    let offer = format!("x-foo, {}", &*offer);
    let request = ClientRequest::new("server.example.com", "/chat", RFC_NONCE)
        .subprotocols(&["chat"])
        .extensions(&offer);
    let checked = |lines: &str| {
        let head = str::from_utf8(RFC_RESPONSE).unwrap().trim_end();
        let head = format!("{head}\r\n{lines}\r\n");
        let mut handshake = ClientHandshake::new();
        match handshake.receive(&request, head.as_bytes()) {
            Ok(answer) => {
                let response = match answer.expect("it is whole") {
                    Answer::WebSocket(response) => response,
                    other => panic!("{other:?}"),
                };
                Ok(ANY.check(response.extensions()).map(|agreed| agreed.is_some()))
            }
            Err(error) => Err(error),
        }
    };
    let line = |value: &str| format!("Sec-WebSocket-Extensions: {value}\r\n");
    assert_eq!(checked(""), Ok(Ok(false)));
    assert_eq!(checked(&line("x-foo")), Ok(Ok(false)));
    assert_eq!(checked(&line("permessage-deflate")), Ok(Ok(true)));
    assert_eq!(checked(&line("x-foo, permessage-deflate")), Ok(Ok(true)));
    assert_eq!(checked(&(line("x-foo") + &line("permessage-deflate"))), Ok(Ok(true)));
    for (bad, error) in BAD {
        assert_eq!(checked(&line(&format!("permessage-deflate; {bad}"))), Ok(Err(error)));
    }
    // What is wrong with the list itself is found before.
    for (list, error) in [
        ("permessage-deflate, permessage-deflate", ResponseError::RepeatedExtension),
        ("x-bar", ResponseError::ExtensionNotOffered),
    ] {
        assert_eq!(checked(&line(list)), Err(error));
    }
    assert!(matches!(
        checked(&line("permessage-deflate; server_max_window_bits=")),
        Err(ResponseError::Extensions(_))
    ));
}

#[test]
fn a_client_that_offers_its_preferences_gets_the_terms_or_an_error() {
    let without =
        ClientRequest::new("server.example.com", "/chat", RFC_NONCE).subprotocols(&["chat"]);
    let with = without.deflate(ANY);
    let head = str::from_utf8(RFC_RESPONSE).unwrap().trim_end();
    let agreed = |request: &ClientRequest<'_>, lines: &str| {
        let head = format!("{head}\r\n{lines}\r\n");
        let mut handshake = ClientHandshake::new();
        match handshake.receive(request, head.as_bytes()) {
            Ok(Some(Answer::WebSocket(response))) => Ok(response.deflate_terms().copied()),
            Err(error) => Err(error),
            other => panic!("{other:?}"),
        }
    };
    let line = |value: &str| format!("Sec-WebSocket-Extensions: {value}\r\n");
    let terms = check(ANY, "permessage-deflate; server_max_window_bits=10").unwrap();
    assert!(terms.is_some());
    assert_eq!(agreed(&with, &line("permessage-deflate; server_max_window_bits=10")), Ok(terms));
    assert_eq!(agreed(&with, ""), Ok(None));
    assert_eq!(agreed(&with, &line("x-foo")), Err(ResponseError::ExtensionNotOffered));
    let not_offered = agreed(&without, &line("permessage-deflate"));
    assert_eq!(not_offered, Err(ResponseError::ExtensionNotOffered));
}

prop_compose! {
    fn preferences()(flags in any::<[bool; 2]>(), bits in [8_u8..16, 8_u8..16]) -> Preferences {
        ANY.server_no_context_takeover(flags[0])
            .client_no_context_takeover(flags[1])
            .server_max_window_bits(bits[0])
            .client_max_window_bits(bits[1])
    }
}

proptest! {
    #[test]
    fn what_a_server_answers_the_client_accepts(
        client in preferences(),
        server in preferences(),
        beside in any::<[bool; 2]>(),
    ) {
        let list = |text: &str| {
            let [before, behind] = beside;
            let before = if before { "x-foo; a=1, " } else { "" };
            format!("{before}{text}{}", if behind { ", x-bar" } else { "" })
        };
        let at_server = accept(server, &list(&client.offer())).expect("it offers everything");
        let response = at_server.response();
        let at_client = check(client, &list(&response)).expect("it fits").expect("it is there");
        // The client's own window and takeover may be less than it has to: the server need not
        // know.
        let [server_terms, (must_forget, client_bits)] = terms(&at_server);
        let [client_server_terms, (forgets, bits)] = terms(&at_client);
        prop_assert_eq!(server_terms, client_server_terms);
        prop_assert!(bits <= client_bits && forgets >= must_forget);
        // This server takes the client's hints, so that here they are the same.
        prop_assert_eq!(terms(&at_server), terms(&at_client));
        // It is what each of them wanted, or less.
        for preferences in [client, server] {
            let [wanted_server, wanted_client] = {
                let mirror = accept(preferences, &preferences.offer()).unwrap();
                terms(&mirror)
            };
            for (agreed, wanted) in terms(&at_client).into_iter().zip([wanted_server, wanted_client]) {
                prop_assert!(agreed.0 >= wanted.0 && agreed.1 <= wanted.1);
            }
        }
        // It fits into what it is written to.
        prop_assert!(client.offer().len() <= 128 && response.len() <= 128);
    }
}
