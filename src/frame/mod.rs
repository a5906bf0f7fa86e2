//! Parses and emits frame headers ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455),
//! section 5.2).
//!
//! A header is 2 to 14 bytes. [`FrameHeader::parse`] checks every rule that needs only those
//! bytes. [`FrameHeader::parse_from_client`] and [`FrameHeader::parse_from_server`] also check that
//! the right endpoint masks. [`Connection`](crate::connection::Connection) checks the rules that
//! depend on the connection: which reserved bits an extension uses, and whether a message is in
//! progress.

mod header;
mod header_bytes;
mod opcode;
mod rsv;

pub use header::{FrameHeader, HeaderPart, MAX_CONTROL_PAYLOAD};
pub use header_bytes::HeaderBytes;
pub use opcode::{Kind, OpCode};
pub use rsv::Rsv;
