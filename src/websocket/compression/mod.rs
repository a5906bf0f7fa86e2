//! The use of permessage-deflate by a `WebSocket`
//! ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)).
//!
//! Without the feature `deflate` it is never negotiated, and `without` replaces the coders.

#[cfg(feature = "deflate")]
mod deflating;
#[cfg(feature = "deflate")]
mod inflating;
#[cfg(feature = "deflate")]
mod settings;
#[cfg(not(feature = "deflate"))]
mod without;

#[cfg(feature = "deflate")]
pub(super) use {
    deflating::{Compressed, Deflating},
    inflating::Inflating,
    settings::Settings,
};

#[cfg(not(feature = "deflate"))]
pub(super) use without::{Compressed, Deflating, Inflating, Settings};

use crate::deflate::Terms;

/// Returns the terms if the coders that they need are compiled in.
pub(super) const fn usable(terms: Option<&Terms>) -> Option<&Terms> {
    if cfg!(feature = "deflate") { terms } else { None }
}
