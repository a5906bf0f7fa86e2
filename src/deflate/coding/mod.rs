//! The compression and decompression of messages
//! ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692), section 7.2).

mod compressor;
mod config;
mod decompressor;
mod history;
mod pool;

pub use compressor::Compressor;
pub use config::DeflateConfig;
pub use decompressor::Decompressor;

/// The tail that a flush writes and that the sender removes from the end of a message: an empty
/// stored block without its header (RFC 7692, section 7.2.1, step 2).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];
