//! An extension of our own, `x-rotate`: it adds a number to every byte of a payload.
//!
//! A message that it has transformed has RSV2 set. The client offers `x-rotate; by=N`, and a server
//! that agrees answers with the same text.

use websocket_proto::connection::ConnectionConfig;
use websocket_proto::extension::Extension;
use websocket_proto::frame::Rsv;

/// The extension on the terms that both sides agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotate {
    by: u8,
}

impl Rotate {
    /// The reserved bit of the extension.
    pub const BIT: Rsv = Rsv::RSV2;

    /// Creates the extension on terms of our own.
    pub const fn new(by: u8) -> Self {
        Self { by }
    }

    /// Finds the extension in an offer or in an answer.
    pub fn find<'b>(mut extensions: impl Iterator<Item = Extension<'b>>) -> Option<Self> {
        let extension = extensions.find(|extension| extension.name() == "x-rotate")?;
        let mut parameters = extension.parameters();
        let by = parameters.next().filter(|parameter| parameter.name == "by")?.value?;
        let by = by.to_string().parse().ok()?;
        parameters.next().is_none().then_some(Self { by })
    }

    /// Returns the text for `Sec-WebSocket-Extensions`.
    pub fn text(self) -> String {
        format!("x-rotate; by={}", self.by)
    }

    /// Allows the reserved bit on a connection.
    pub const fn configure(config: ConnectionConfig) -> ConnectionConfig {
        config.reserved_bits(Self::BIT)
    }

    /// Transforms a piece of a payload that is sent.
    pub fn encode(self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = byte.wrapping_add(self.by);
        }
    }

    /// Makes a piece of a received payload readable.
    pub fn decode(self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = byte.wrapping_sub(self.by);
        }
    }
}
