//! Parses and emits frame headers ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455),
//! section 5.2).
//!
//! A header is 2 to 14 bytes. [`FrameHeader::parse`] checks every rule that needs only those
//! bytes. [`Connection`](crate::connection::Connection) checks the rules that depend on the
//! connection: which endpoint masks, which reserved bits an extension uses, and whether a message
//! is in progress.

mod header;
mod opcode;
mod rsv;

pub(crate) use header::HeaderPart;
pub use header::{FrameHeader, MAX_CONTROL_PAYLOAD};
pub use opcode::{Kind, OpCode};
pub use rsv::Rsv;
