//! What the opening handshake allocates over the types of the `http` crate, and what its result
//! holds.

use http::{Request, Version};
use websocket_proto::handshake::{Opened, RequestError};
use websocket_proto::http::{Offer, OfferError, asks_for_websocket};

use crate::counting::allocations;

fn request(version: &str, upgrade: Option<&str>) -> Request<()> {
    let mut request = Request::get("/chat?room=1")
        .header("host", "a")
        .header("connection", "Upgrade")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .header("sec-websocket-version", version)
        .header("sec-websocket-protocol", "chat, superchat")
        .header("sec-websocket-extensions", "permessage-deflate")
        .body(())
        .unwrap();
    if let Some(upgrade) = upgrade {
        request.headers_mut().insert("upgrade", upgrade.parse().unwrap());
    }
    request
}

#[test]
fn a_request_for_no_websocket_costs_nothing() {
    let page = request("13", Some("h2c"));
    let websocket = request("13", Some("h2c, websocket"));
    let count = allocations(|| {
        assert!(!asks_for_websocket(page.headers()));
        assert!(asks_for_websocket(websocket.headers()));
        assert!(Offer::from_request(&page, None).unwrap().is_none());
    });
    assert_eq!(count, 0);
    let mut page = request("13", None);
    *page.version_mut() = Version::HTTP_2;
    assert_eq!(allocations(|| assert!(Offer::from_request(&page, None).unwrap().is_none())), 0);
}

#[test]
fn nothing_is_cloned_of_a_request_that_is_refused() {
    let request = request("8", Some("websocket"));
    let count = allocations(|| {
        let refused = Offer::from_request(&request, None).unwrap_err();
        assert_eq!(refused, OfferError::Upgrade(RequestError::Version));
    });
    // The list of where its headers are.
    assert!(count <= 1, "{count} allocations");
}

#[test]
fn what_agreed_on_nothing_holds_nothing_and_clones_share() {
    let count = allocations(|| drop(std::hint::black_box(Opened::new().clone())));
    assert_eq!(count, 0);
    let opened = Opened::new().with_subprotocol("chat");
    assert_eq!(allocations(|| drop(std::hint::black_box(opened.clone()))), 0);
}
