//! Configurations that offer and accept permessage-deflate, and frames of compressed text.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part, as a module of its own")]

use websocket_proto::deflate;
use websocket_proto::handshake::deflate::Preferences;
use websocket_proto::websocket::Config;

use super::common::Frame;
use super::deflated::RSV1;

pub fn compressing() -> Config {
    Config::new().deflate(deflate::Config::new())
}

pub fn preferring(preferences: Preferences) -> Config {
    Config::new().deflate(deflate::Config::new().preferences(preferences))
}

pub fn compressed(payload: impl AsRef<[u8]>) -> Frame {
    Frame::text(payload).rsv(RSV1)
}
