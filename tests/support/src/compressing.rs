//! Configurations that offer and accept permessage-deflate, and frames of compressed text.

use websocket_proto::deflate;
use websocket_proto::deflate::Preferences;
use websocket_proto::websocket::Config;

use crate::Frame;
use crate::deflated::RSV1;

/// An endpoint that offers and accepts permessage-deflate.
pub fn compressing() -> Config {
    Config::new().deflate(deflate::DeflateConfig::new())
}

/// As [`compressing`], on terms of its own.
pub fn preferring(preferences: Preferences) -> Config {
    Config::new().deflate(deflate::DeflateConfig::new().preferences(preferences))
}

/// A text frame that says that this payload is compressed.
pub fn compressed(payload: impl AsRef<[u8]>) -> Frame {
    Frame::text(payload).rsv(RSV1)
}
