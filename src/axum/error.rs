//! The reason why an accepted WebSocket was not opened, and conversions into the error of axum.

use core::error::Error as StdError;
use core::fmt;

use crate::io::Error;

/// The reason why an accepted WebSocket was not opened.
///
/// [`on_failed_upgrade`](super::WebSocketUpgrade::on_failed_upgrade) passes it to the application.
#[derive(Debug)]
#[non_exhaustive]
pub enum UpgradeError {
    /// hyper did not hand over the connection. The connection failed before the response was
    /// written, a middleware replaced the response on a stream of HTTP/2 with a refusal, or the
    /// server runs hyper without `with_upgrades`.
    NotHandedOver(hyper::Error),
    /// [`on_upgrade`](super::WebSocketUpgrade::on_upgrade) was called outside of a tokio runtime.
    /// The client gets status 500.
    NoRuntime,
}

impl fmt::Display for UpgradeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotHandedOver(_) => {
                f.write_str("the HTTP server did not hand over the connection for the WebSocket")
            }
            Self::NoRuntime => f.write_str("there is no tokio runtime to run the WebSocket on"),
        }
    }
}

impl StdError for UpgradeError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::NotHandedOver(error) => Some(error),
            Self::NoRuntime => None,
        }
    }
}

impl From<hyper::Error> for UpgradeError {
    fn from(error: hyper::Error) -> Self {
        Self::NotHandedOver(error)
    }
}

impl From<UpgradeError> for axum_core::Error {
    fn from(error: UpgradeError) -> Self {
        Self::new(error)
    }
}

/// `axum::Error::into_inner` returns the [`Error`] in a box.
impl From<Error> for axum_core::Error {
    fn from(error: Error) -> Self {
        Self::new(error)
    }
}
