//! Configurations that offer and accept permessage-deflate, and frames of compressed text.

use websocket_proto::deflate;
use websocket_proto::handshake::deflate::Preferences;
use websocket_proto::websocket::Config;

use crate::Frame;
use crate::deflated::RSV1;

pub fn compressing() -> Config {
    Config::new().deflate(deflate::Config::new())
}

pub fn preferring(preferences: Preferences) -> Config {
    Config::new().deflate(deflate::Config::new().preferences(preferences))
}

pub fn compressed(payload: impl AsRef<[u8]>) -> Frame {
    Frame::text(payload).rsv(RSV1)
}
