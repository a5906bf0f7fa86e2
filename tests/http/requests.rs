//! Requests of HTTP/1.1 as values of the `http` crate, and the offers that they contain.

use http::{HeaderName, HeaderValue, Method, Request, Uri, Version};
use support::handshake::LINES;
use websocket_proto::http::{Offer, OfferError, asks_for_websocket};

pub(crate) type Lines = Vec<(String, Vec<u8>)>;

/// The base request, as lines.
pub(crate) fn base() -> Lines {
    LINES
        .iter()
        .map(|line| line.split_once(": ").expect("a header line"))
        .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
        .collect()
}

/// The base request with these values for that name: none, one, or several.
pub(crate) fn valued<V: AsRef<[u8]>>(name: &str, values: &[V]) -> Lines {
    let mut lines = base();
    lines.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
    lines.extend(values.iter().map(|value| (name.to_owned(), value.as_ref().to_vec())));
    lines
}

/// A request as an HTTP library hands it over.
pub(crate) fn request(method: &str, target: &str, version: Version, lines: &Lines) -> Request<()> {
    let mut request = Request::new(());
    *request.method_mut() = method.parse::<Method>().expect("a method");
    *request.uri_mut() = target.parse::<Uri>().expect("a target");
    *request.version_mut() = version;
    for (name, value) in lines {
        let name: HeaderName = name.parse().expect("a name");
        // What a parser of HTTP/1.1 leaves of the line (RFC 9112 5).
        let value = HeaderValue::from_bytes(value.trim_ascii()).expect("a value");
        request.headers_mut().append(name, value);
    }
    request
}

pub(crate) fn get(lines: &Lines) -> Request<()> {
    request("GET", "/", Version::HTTP_11, lines)
}

/// What is made of a request and of its parts, which is the same.
pub(crate) fn offer_of(request: &Request<()>) -> Result<Option<Offer>, OfferError> {
    let (parts, ()) = request.clone().into_parts();
    let offer = Offer::from_request(request, None);
    assert_eq!(format!("{offer:?}"), format!("{:?}", Offer::from_parts(&parts, None)));
    // There is none in HTTP/1.1.
    assert_eq!(format!("{offer:?}"), format!("{:?}", Offer::from_parts(&parts, Some("x"))));
    assert!(asks_for_websocket(request.headers()) || matches!(offer, Ok(None)));
    offer
}

pub(crate) fn offer(lines: &Lines) -> Offer {
    offer_of(&get(lines)).expect("a good request").expect("a request for a websocket")
}
