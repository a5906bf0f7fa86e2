//! The negotiation of permessage-deflate (RFC 7692 7.1), as a function of an offer and of what one
//! wants. It compresses nothing, so that it needs neither an allocator nor a feature.
//!
//! ```
//! use websocket_proto::{deflate::Preferences, extension::Extensions};
//!
//! // A client's offers, in order of preference: the server takes the first one that it can meet.
//! let offers = Extensions::parse(
//!     b"permessage-deflate; server_max_window_bits=10; x-unknown, \
//!       permessage-deflate; client_max_window_bits",
//! );
//! let server = Preferences::new().server_no_context_takeover(true).client_max_window_bits(12);
//! let terms = server.accept(offers.map_while(Result::ok)).expect("the second one will do");
//! assert_eq!(
//!     &*terms.response(),
//!     "permessage-deflate; server_no_context_takeover; client_max_window_bits=12",
//! );
//!
//! // The client finds that it fits the offer.
//! let response = terms.response();
//! let agreed = Extensions::parse(response.as_bytes()).map_while(Result::ok);
//! let terms = Preferences::new().check(agreed)?.expect("the server has agreed");
//! assert!(terms.server_no_context_takeover());
//! assert_eq!((terms.server_max_window_bits(), terms.client_max_window_bits()), (15, 12));
//! # Ok::<(), websocket_proto::deflate::DeflateError>(())
//! ```

mod error;
mod negotiate;
mod parameters;
mod preferences;
mod terms;

pub use error::DeflateError;
pub use parameters::PERMESSAGE_DEFLATE;
pub use preferences::Preferences;
pub use terms::{CoderTerms, Terms};
