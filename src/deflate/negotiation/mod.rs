//! The negotiation of permessage-deflate ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692),
//! section 7.1).
//!
//! It compresses nothing, so it needs neither an allocator nor the feature `deflate`.

mod error;
mod negotiate;
mod parameters;
mod preferences;
mod terms;

pub use error::DeflateError;
pub use parameters::PERMESSAGE_DEFLATE;
pub use preferences::Preferences;
pub use terms::{CoderTerms, Terms};
