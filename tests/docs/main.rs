//! The documents say what is true.

mod dependencies;
mod evidence;
mod front_page;
mod guide;
mod links;
mod names;
mod rfc_map;
mod tracing;
// It names settings of these features.
#[cfg(all(feature = "deflate", feature = "tokio"))]
mod threats;
