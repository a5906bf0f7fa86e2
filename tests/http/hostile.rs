//! Hostile and odd requests in the types of the `http` crate, and the response to each. The HTTP
//! library limits the size of a head, and refuses input that is not HTTP.

use support::handshake::{head, http_request};
use support::hostile::{Answer, Request, requests};
use websocket_proto::deflate::Preferences;
use websocket_proto::http::{Offer, OfferError};

/// The requests that no HTTP library passes on: they break RFC 9112.
const NOT_HTTP: [&str; 5] =
    ["lines that end in LF", "folded line", "CR in a value", "TLS", "headers of 4 kB without end"];

/// Returns the response to a request, in the form of HTTP/1.1.
fn answer(request: &http::Request<()>, preferences: Option<Preferences>) -> String {
    let respond = |status: http::StatusCode, headers: &http::HeaderMap| {
        let mut lines = vec![format!("HTTP/1.1 {} ", status.as_u16())];
        for (name, value) in headers {
            lines.push(format!("{name}: {}", value.to_str().expect("ASCII")));
        }
        String::from_utf8(head(&lines)).expect("ASCII")
    };
    match Offer::from_request(request, None) {
        Ok(Some(offer)) => {
            let (response, opened) = offer.accept().deflate(preferences).open();
            assert_eq!(
                opened.deflate_terms().is_some(),
                response.headers().contains_key("sec-websocket-extensions"),
            );
            respond(response.status(), response.headers())
        }
        Ok(None) => {
            let response = OfferError::NotWebSocket(request.version()).response();
            respond(response.status(), response.headers())
        }
        Err(error) => {
            let response = error.response();
            respond(response.status(), response.headers())
        }
    }
}

#[test]
fn each_hostile_request_gets_its_status_and_each_odd_one_is_accepted() {
    let mut checked = 0;
    for Request { name, bytes, answer: expected } in requests() {
        let request = http_request(&bytes);
        assert_eq!(request.is_none(), NOT_HTTP.contains(&name), "{name}");
        let Some(request) = request else { continue };
        if let Answer::Refuses(431, _) = expected {
            continue;
        }
        for preferences in [None, Some(Preferences::new())] {
            expected.check(name, &answer(&request, preferences), preferences.is_some());
        }
        checked += 1;
    }
    assert!(checked > 25, "only {checked} requests");
}
