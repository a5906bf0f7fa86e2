//! Frame headers (RFC 6455 5.2): parse and emit, with nothing of connections in it.
//!
//! A header is 2 to 14 bytes. [`FrameHeader::parse`] checks all that can be known from those
//! bytes alone; what depends on the connection (who masks, which reserved bits an extension has
//! claimed, whether a message is under way) is [`Connection`](crate::connection::Connection)'s.

mod header;
mod opcode;
mod rsv;

pub(crate) use header::HeaderPart;
pub use header::{FrameHeader, MAX_CONTROL_PAYLOAD};
pub use opcode::{Kind, OpCode};
pub use rsv::Rsv;
