//! The refusal of a request that opens no WebSocket.

use alloc::format;
use core::error::Error;
use core::fmt;

use ::http::StatusCode;
use axum_core::body::Body;
use axum_core::response::{IntoResponse, Response};

use crate::http::OfferError;

/// The reason why [`WebSocketUpgrade`](super::WebSocketUpgrade) refuses a request.
///
/// As a response it has the status for the error, the headers that this status needs, and one line
/// of text. To send another response, extract a `Result`:
///
/// ```
/// use axum::response::{IntoResponse, Response};
/// use websocket_proto::axum::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection};
///
/// async fn handler(upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>) -> Response {
///     match upgrade {
///         Ok(upgrade) => upgrade.on_upgrade(async |_socket| {}),
///         Err(rejection) => {
///             eprintln!("refused with {}: {rejection}", rejection.status());
///             rejection.into_response()
///         }
///     }
/// }
/// # let _: axum::Router = axum::Router::new().route("/", axum::routing::any(handler));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebSocketUpgradeRejection {
    /// The request does not ask for a WebSocket, or it breaks a rule of RFC 6455, section 4.2.1, or
    /// of RFC 8441, section 5. [`OfferError`] has the status for each error.
    Offer(OfferError),
    /// The request is valid, but it has no connection for hyper to hand over. Another extractor has
    /// taken the connection, a middleware has removed the extensions of the request, or the server
    /// supports no upgrades. The client is not at fault, so the status is 500.
    ConnectionNotUpgradable,
}

impl WebSocketUpgradeRejection {
    /// Returns the status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            // Every error has a valid status, so the default is never used.
            Self::Offer(error) => {
                StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST)
            }
            Self::ConnectionNotUpgradable => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for WebSocketUpgradeRejection {
    fn into_response(self) -> Response {
        match self {
            Self::Offer(error) => error.response().map(Body::from),
            Self::ConnectionNotUpgradable => (self.status(), format!("{self}\n")).into_response(),
        }
    }
}

impl fmt::Display for WebSocketUpgradeRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offer(error) => error.fmt(f),
            Self::ConnectionNotUpgradable => {
                f.write_str("the HTTP server has no connection to hand over for the WebSocket")
            }
        }
    }
}

impl Error for WebSocketUpgradeRejection {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Offer(error) => error.source(),
            Self::ConnectionNotUpgradable => None,
        }
    }
}

impl From<OfferError> for WebSocketUpgradeRejection {
    fn from(error: OfferError) -> Self {
        Self::Offer(error)
    }
}
