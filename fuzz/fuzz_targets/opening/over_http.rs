//! The handshake over the types of `http`, compared with that over bytes.

use bytes::BufMut;
use websocket_proto::deflate::Preferences;
use websocket_proto::handshake::{
    Answer, ClientHandshake, ClientRequest, Incoming, Opened, RequestError, ResponseError, Scheme,
    ServerHandshake,
};
use websocket_proto::http::{Offer, OfferError};
use websocket_proto::http1::{HeadLimits, Header};

use crate::plan::{HttpRequest, HttpResponse, Options};

/// A request over the types of `http` is taken as it is over bytes.
pub fn offer(request: &HttpRequest<'_>, protocol: Option<&str>, deflate: bool) {
    let Some(request) = request.build() else { return };
    let protocol = protocol.map(|name| if name.is_empty() { "websocket" } else { name });
    let offered = Offer::from_request(&request, protocol);
    match &offered {
        Ok(None) => {}
        Ok(Some(offer)) => {
            let preferences = deflate.then(Preferences::new);
            let subprotocol = offer.subprotocols().last();
            let accept = offer.accept().deflate(preferences).subprotocol(subprotocol);
            let (response, opened) = accept.expect("one of the offered").open();
            let is_upgrade = request.version() < http::Version::HTTP_2;
            assert_eq!(response.status(), if is_upgrade { 101 } else { 200 });
            assert_eq!(opened.subprotocol(), subprotocol);
            let extensions = response.headers().get("sec-websocket-extensions");
            assert_eq!(extensions.is_some(), opened.deflate_terms().is_some());
        }
        Err(error) => {
            let response = error.response();
            assert!(response.status().is_client_error() || response.status().is_server_error());
            assert!(!response.body().is_empty());
        }
    }
    // Over bytes, the request has a target without a host.
    let (uri, version) = (request.uri(), request.version());
    let Some(path) = uri.path_and_query().filter(|_| uri.authority().is_none()) else { return };
    if version != http::Version::HTTP_11 {
        return;
    }
    let mut bytes = format!("{} {path} HTTP/1.1\r\n", request.method()).into_bytes();
    put_headers(&mut bytes, request.headers());
    let mut handshake = ServerHandshake::new();
    match (handshake.receive(&bytes), &offered) {
        (Ok(Some(Incoming::WebSocket(_))), Ok(Some(_)))
        | (Ok(Some(Incoming::Http(_))), Ok(None)) => {}
        (Err(over_bytes), Err(OfferError::Upgrade(error))) if over_bytes == *error => {}
        // `http` takes more than the grammar of the head allows, such as other bytes in a target.
        (Err(RequestError::Head(_)), _) => {}
        (over_bytes, offered) => panic!("{over_bytes:?} is not {offered:?}"),
    }
}

/// What the client asks for over the types of `http`, the server accepts over them.
pub fn client_request(host: &str, target: &str, port: u16, options: &Options<'_>) {
    let headers: Vec<_> =
        options.headers.iter().map(|(name, value)| Header { name: name.text(), value }).collect();
    let mut request = ClientRequest::new(host, target, [7; 16])
        .subprotocols(&options.subprotocols)
        .headers(&headers)
        .deflate(options.deflate.then(Preferences::new));
    let scheme = if options.require_subprotocol { Scheme::Wss } else { Scheme::Ws };
    if port > 0 {
        request = request.port(port, scheme);
    }
    if let Some(origin) = options.origin {
        request = request.origin(origin);
    }
    let mut out = vec![0xa5; 1 << 16];
    let written = request.write(&mut out);
    if let Ok(len) = written {
        let limits = HeadLimits { bytes: 1 << 20, headers: HeadLimits::MAX_HEADERS };
        let mut handshake = ServerHandshake::with_limits(limits);
        let incoming = handshake.receive(&out[..len]);
        let is_taken = matches!(incoming, Ok(Some(Incoming::WebSocket(_))));
        let is_many = headers.len() > HeadLimits::MAX_HEADERS - 10;
        assert!(is_taken || is_many, "{incoming:?} of {}", out[..len].escape_ascii());
    }
    if let Ok(sent) = request.upgrade_request() {
        assert!(written.is_ok());
        let offer = Offer::from_request(&sent, None).expect("it is accepted").expect("an offer");
        let (response, _) = offer.accept().deflate(Preferences::new()).open();
        request.check_upgrade(&response).expect("it is what was asked for").expect("it is open");
    }
    if let Ok(sent) = request.connect_request(scheme) {
        assert!(written.is_ok());
        let offered = Offer::from_request(&sent, Some("websocket"));
        let offer = offered.expect("it is accepted").expect("an offer");
        let (response, _) = offer.accept().deflate(Preferences::new()).open();
        request.check_connect(&response).expect("it is what was asked for").expect("it is open");
    }
}

/// A response over the types of `http` is taken as it is over bytes, and only what was offered is
/// agreed on.
pub fn http_answer(host: &str, options: &Options<'_>, response: &HttpResponse<'_>) {
    let request = ClientRequest::new(host, "/", [7; 16])
        .subprotocols(&options.subprotocols)
        .require_subprotocol(options.require_subprotocol)
        .deflate(options.deflate.then(Preferences::new));
    let Ok(sent) = request.upgrade_request() else { return };
    let Some(response) = response.build(sent.headers()["sec-websocket-key"].as_bytes()) else {
        return;
    };
    let check_opened = |opened: &Opened| {
        let is_offered = |name| options.subprotocols.contains(&name);
        assert!(opened.subprotocol().is_none_or(is_offered));
        let is_required = options.require_subprotocol && !options.subprotocols.is_empty();
        assert!(opened.subprotocol().is_some() || !is_required);
        assert!(opened.deflate_terms().is_none() || options.deflate);
    };
    let status = response.status();
    match request.check_connect(&response) {
        Ok(opened) => {
            assert_eq!(opened.is_some(), status.is_success());
            opened.iter().for_each(check_opened);
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert!(status == 101 || status.is_success());
        }
    }

    let upgraded = request.check_upgrade(&response);
    if let Ok(Some(opened)) = &upgraded {
        check_opened(opened);
    }
    let mut bytes = format!("HTTP/1.1 {} \r\n", status.as_u16()).into_bytes();
    put_headers(&mut bytes, response.headers());
    match (ClientHandshake::new().receive(&request, &bytes), &upgraded) {
        (Ok(Some(Answer::WebSocket(response))), Ok(Some(opened))) => {
            assert_eq!(response.subprotocol(), opened.subprotocol());
            let text = |terms| format!("{terms:?}");
            assert_eq!(text(response.deflate_terms()), text(opened.deflate_terms()));
        }
        (Ok(Some(Answer::Http(_))), Ok(None)) => {}
        // An interim response is not the last one.
        (Ok(None), Ok(None)) => assert!(status.is_informational()),
        (Err(over_bytes), Err(error)) if over_bytes == *error => {}
        // `http` takes more than the grammar of the head allows.
        (Err(ResponseError::Head(_)), _) => {}
        (over_bytes, upgraded) => panic!("{over_bytes:?} is not {upgraded:?}"),
    }
}

fn put_headers(bytes: &mut Vec<u8>, headers: &http::HeaderMap) {
    for (name, value) in headers {
        bytes.put_slice(name.as_str().as_bytes());
        bytes.put_slice(b": ");
        bytes.put_slice(value.as_bytes());
        bytes.put_slice(b"\r\n");
    }
    bytes.put_slice(b"\r\n");
}
