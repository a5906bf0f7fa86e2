//! The heads of HTTP/1.1 messages, over slices, without an allocator.
//!
//! A head is the start line and the header lines of a message
//! ([RFC 9112](https://www.rfc-editor.org/rfc/rfc9112), section 2.1). Nothing in this module
//! depends on WebSockets.
//!
//! [`HeadScanner`] finds the end of a head while it arrives, and [`HeadLimits`] limits its size.
//! [`HttpRequest`] and [`HttpResponse`] are parsed heads. [`Headers`] reads their header lines from
//! the caller's buffer. [`BodyDecoder`] decodes the body of a response.

mod body;
mod error;
pub(crate) mod grammar;
mod headers;
pub(crate) mod host;
mod parse;
mod scan;
mod shown;
mod write;

pub use body::{BodyDecoder, BodyLength, ChunkError};
pub use error::{HeadError, ParseError};
pub use headers::{Header, Headers, HeadersIter};
pub use parse::{HeadLimits, HttpRequest, HttpResponse};
pub use scan::{Head, HeadKind, HeadScanner};

pub(crate) use error::HeadWriteError;
#[cfg(feature = "http")]
pub(crate) use headers::take_line;
pub(crate) use headers::{Field, Values};
pub(crate) use shown::{ShownLen, ShownTarget, ShownText};
#[cfg(feature = "std")]
pub(crate) use write::check_header;
pub(crate) use write::{HeadWriter, is_framing_header};
