//! permessage-deflate agreed on over the types of the `http` crate, and over bytes in the same way.

use http::{Request, Response};
use websocket_proto::deflate::{Preferences, Terms};
use websocket_proto::handshake::{ClientRequest, Incoming, ServerHandshake};
use websocket_proto::http::Offer;

/// A request with these extensions, over HTTP/1.1.
fn upgrade(extensions: Option<&str>) -> Request<()> {
    let mut request = ClientRequest::new("a", "/", *b"the sample nonce");
    if let Some(extensions) = extensions {
        request = request.extensions(extensions);
    }
    request.upgrade_request().unwrap()
}

/// The same as HTTP/1.1 has it on the wire.
fn bytes(extensions: Option<&str>) -> Vec<u8> {
    let mut request = ClientRequest::new("a", "/", *b"the sample nonce");
    if let Some(extensions) = extensions {
        request = request.extensions(extensions);
    }
    let mut out = vec![0; 1024];
    let len = request.write(&mut out).unwrap();
    out.truncate(len);
    out
}

/// What is agreed on, and what the response says, which is the same over bytes.
fn accept(
    extensions: Option<&str>,
    others: Option<&str>,
    preferences: &Preferences,
) -> (Option<String>, Option<Terms>) {
    let offer = Offer::from_request(&upgrade(extensions), None).unwrap().unwrap();
    let mut accept = offer.accept();
    if let Some(others) = others {
        accept = accept.extensions(others).unwrap();
    }
    let (response, opened) = accept.deflate(*preferences).open();
    let (said, agreement) = (said_in(&response), opened.deflate_terms().copied());

    let received = bytes(extensions);
    let mut handshake = ServerHandshake::new();
    let Ok(Some(Incoming::WebSocket(request))) = handshake.receive(&received) else { panic!() };
    let mut accept = request.accept();
    if let Some(others) = others {
        accept = accept.extensions(others);
    }
    let accept = accept.deflate(*preferences);
    assert_eq!(accept.deflate_terms(), agreement.as_ref());
    assert_eq!(accept.opened(), opened);
    let mut out = [0; 512];
    let len = accept.write(&mut out).unwrap();
    let head = str::from_utf8(&out[..len]).unwrap();
    let lines: Vec<_> = head
        .lines()
        .filter_map(|line| line.strip_prefix("Sec-WebSocket-Extensions: ").map(str::to_owned))
        .collect();
    assert_eq!(lines, Vec::from_iter(said.clone()));
    (said, agreement)
}

/// RFC 6455 11.3.2: the header comes once in a response.
fn said_in(response: &Response<()>) -> Option<String> {
    let mut values = response.headers().get_all("sec-websocket-extensions").iter();
    let value = values.next().map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(values.next(), None);
    value
}

#[test]
fn the_first_offer_that_can_be_met_is_agreed_on_and_said() {
    let preferences = Preferences::new().client_max_window_bits(12);
    let offers = "permessage-deflate; server_max_window_bits=10, \
                  permessage-deflate; client_max_window_bits; server_no_context_takeover";
    let (said, agreement) = accept(Some(offers), None, &preferences);
    let agreement = agreement.unwrap();
    assert!(agreement.server_no_context_takeover() && !agreement.client_no_context_takeover());
    let bits = (agreement.server_max_window_bits(), agreement.client_max_window_bits());
    assert_eq!(bits, (15, 12));
    assert_eq!(
        said.as_deref(),
        Some("permessage-deflate; server_no_context_takeover; client_max_window_bits=12"),
    );
}

#[test]
fn what_is_not_offered_or_cannot_be_met_is_not_agreed_on() {
    let limited = Preferences::new().client_max_window_bits(12);
    for offers in [
        None,
        Some("x-webkit-deflate-frame"),
        Some("permessage-deflate"),
        Some("permessage-deflate; client_max_window_bits=7"),
        Some("permessage-deflate; client_max_window_bits; unknown"),
    ] {
        assert_eq!(accept(offers, None, &limited), (None, None), "{offers:?}");
    }
}

#[test]
fn it_stands_behind_the_other_extensions_in_the_same_header() {
    let offers = Some("x-foo, permessage-deflate, x-bar");
    let (said, agreement) = accept(offers, Some("x-foo; a=1, x-bar"), &Preferences::new());
    assert!(agreement.is_some());
    assert_eq!(said.as_deref(), Some("x-foo; a=1, x-bar, permessage-deflate"));

    let offer = Offer::from_request(&upgrade(offers), None).unwrap().unwrap();
    let accepted = offer.accept().deflate(Preferences::new());
    let (response, _) = accepted.extensions("x-bar").unwrap().open();
    assert_eq!(said_in(&response).as_deref(), Some("x-bar, permessage-deflate"));

    let limited = Preferences::new().client_max_window_bits(12);
    let (said, agreement) = accept(offers, Some("x-foo"), &limited);
    assert!(agreement.is_none());
    assert_eq!(said.as_deref(), Some("x-foo"));
}

#[test]
fn a_client_finds_in_the_response_what_the_server_found_in_the_offer() {
    for (client, server) in [
        (Preferences::new(), Preferences::new()),
        (Preferences::new().server_max_window_bits(9), Preferences::new()),
        (Preferences::new(), Preferences::new().server_max_window_bits(10)),
        (
            Preferences::new().client_no_context_takeover(true),
            Preferences::new().client_max_window_bits(8).server_no_context_takeover(true),
        ),
    ] {
        let request = ClientRequest::new("a", "/", *b"the sample nonce").deflate(client);
        let sent = request.upgrade_request().unwrap();
        let offer = Offer::from_request(&sent, None).unwrap().unwrap();
        let (response, by_server) = offer.accept().deflate(server).open();
        let agreement = by_server.deflate_terms().copied();
        let opened = request.check_upgrade(&response).unwrap().unwrap();
        let found = opened.deflate_terms().copied();
        assert_eq!(found, agreement);
        assert!(found.is_some());
    }
}

#[cfg(feature = "deflate")]
mod by_the_configuration_of_the_websocket {
    use super::*;
    use websocket_proto::connection::Server;
    use websocket_proto::websocket::Config;
    use websocket_proto::{WebSocket, deflate};

    fn negotiate(offers: Option<&str>, config: Config) -> (Option<String>, Option<Terms>) {
        let offer = Offer::from_request(&upgrade(offers), None).unwrap().unwrap();
        let (response, opened) = offer.accept().deflate(config.deflate_preferences()).open();
        let agreement = WebSocket::new(Server, config, opened).deflate_terms().copied();
        (said_in(&response), agreement)
    }

    #[test]
    fn it_is_negotiated_as_wanted_and_handed_to_the_websocket() {
        let preferences = Preferences::new().server_max_window_bits(11);
        let wanted = Config::new().deflate(deflate::DeflateConfig::new().preferences(preferences));
        let (said, agreement) = negotiate(Some("permessage-deflate"), wanted.clone());
        assert_eq!(said.as_deref(), Some("permessage-deflate; server_max_window_bits=11"));
        assert_eq!(agreement.unwrap().server_max_window_bits(), 11);
        assert_eq!(negotiate(None, wanted), (None, None));
    }

    #[test]
    fn it_is_not_negotiated_unless_it_is_wanted() {
        assert_eq!(negotiate(Some("permessage-deflate"), Config::new()), (None, None));
    }
}
