//! The heads of HTTP/1.1 messages (RFC 9112), over slices, without an allocator. Nothing in this
//! module knows of WebSockets.
//!
//! [`HeadLimits`] bounds a head while it arrives. [`HttpRequest`] and [`HttpResponse`] are parsed
//! heads; [`Headers`] reads their header lines out of the caller's buffer.

mod error;
pub(crate) mod grammar;
mod headers;
pub(crate) mod host;
mod parse;
mod scan;
mod write;

pub use error::HeadError;
pub use headers::{Header, Headers, HeadersIter};
pub use parse::{HeadLimits, HttpRequest, HttpResponse};

pub(crate) use error::{HeadWriteError, ParseError};
#[cfg(feature = "http")]
pub(crate) use headers::take_line;
pub(crate) use headers::{Field, Values};
pub(crate) use parse::{parse_request, parse_response};
pub(crate) use scan::{HeadKind, HeadScanner};
pub(crate) use write::{HeadWriter, is_framing_header};
