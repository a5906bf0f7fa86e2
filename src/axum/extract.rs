//! The extraction of a request for a WebSocket
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4.2.1, and
//! [RFC 8441](https://www.rfc-editor.org/rfc/rfc8441), section 5).

use ::http::request::Parts;
use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use hyper::ext::Protocol;
use hyper::upgrade::OnUpgrade;

use super::WebSocketUpgrade;
use super::rejection::WebSocketUpgradeRejection;
use crate::http::{Offer, OfferError};

/// Extracts a request for a WebSocket. The parameter of the handler can stand at any place, because
/// this extractor does not read the body and leaves the headers in the request.
impl<S: Sync> FromRequestParts<S> for WebSocketUpgrade {
    type Rejection = WebSocketUpgradeRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        extract(parts)?.ok_or(OfferError::NotWebSocket(parts.version).into())
    }
}

/// Extracts `None` from a request that does not ask for a WebSocket. A request that asks for one but
/// breaks a rule is refused.
impl<S: Sync> OptionalFromRequestParts<S> for WebSocketUpgrade {
    type Rejection = WebSocketUpgradeRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Self::Rejection> {
        extract(parts)
    }
}

/// Returns the request for a WebSocket, or `None` if the request does not ask for one. The
/// connection is taken out of the request only if the request is valid, so a handler that extracts
/// a `Result` can still use the request.
fn extract(parts: &mut Parts) -> Result<Option<WebSocketUpgrade>, WebSocketUpgradeRejection> {
    // hyper keeps the `:protocol` of an extended CONNECT in the extensions.
    let protocol = parts.extensions.get().map(Protocol::as_str);
    let Some(offer) = Offer::from_parts(parts, protocol)? else {
        return Ok(None);
    };
    let on_upgrade = parts.extensions.remove::<OnUpgrade>();
    let on_upgrade = on_upgrade.ok_or(WebSocketUpgradeRejection::ConnectionNotUpgradable)?;
    Ok(Some(WebSocketUpgrade::new(offer, on_upgrade)))
}
