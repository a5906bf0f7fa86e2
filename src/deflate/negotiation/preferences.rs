//! What one side wants.

use super::parameters::{
    CLIENT_MAX_WINDOW_BITS, CLIENT_NO_CONTEXT_TAKEOVER, MAX_WINDOW_BITS, MIN_WINDOW_BITS,
    PERMESSAGE_DEFLATE, SERVER_MAX_WINDOW_BITS, SERVER_NO_CONTEXT_TAKEOVER,
};
use crate::extension::ExtensionText;

/// What one side wants of permessage-deflate.
///
/// Both sides may take over the context from one message to the next, with windows of 32 KiB,
/// unless set otherwise. `server` and `client` in the names say whose compressor is meant,
/// whichever side sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Preferences {
    pub(super) server_no_context_takeover: bool,
    pub(super) client_no_context_takeover: bool,
    pub(super) server_max_window_bits: u8,
    pub(super) client_max_window_bits: u8,
}

impl Preferences {
    /// Context takeover, and the largest windows.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            server_no_context_takeover: false,
            client_no_context_takeover: false,
            server_max_window_bits: MAX_WINDOW_BITS,
            client_max_window_bits: MAX_WINDOW_BITS,
        }
    }

    /// Whether the server is to begin each message with an empty window (RFC 7692 7.1.1.1): its
    /// compressor and the client's decompressor need no memory between messages, and what repeats
    /// from message to message is not found.
    #[must_use]
    pub const fn server_no_context_takeover(mut self, yes: bool) -> Self {
        self.server_no_context_takeover = yes;
        self
    }

    /// Whether the client is to begin each message with an empty window (RFC 7692 7.1.1.2).
    #[must_use]
    pub const fn client_no_context_takeover(mut self, yes: bool) -> Self {
        self.client_no_context_takeover = yes;
        self
    }

    /// The logarithm of the server's largest window in bytes (RFC 7692 7.1.2.1): 8 to 15; less
    /// counts as 8, more as 15.
    #[must_use]
    pub const fn server_max_window_bits(mut self, bits: u8) -> Self {
        self.server_max_window_bits = clamp(bits);
        self
    }

    /// The logarithm of the client's largest window in bytes (RFC 7692 7.1.2.2): 8 to 15; less
    /// counts as 8, more as 15. A server that sets less than 15 declines the offers of clients
    /// that cannot be told so.
    #[must_use]
    pub const fn client_max_window_bits(mut self, bits: u8) -> Self {
        self.client_max_window_bits = clamp(bits);
        self
    }

    /// What a client writes into `Sec-WebSocket-Extensions`.
    #[must_use]
    pub fn offer(&self) -> ExtensionText {
        let mut text = ExtensionText::new(PERMESSAGE_DEFLATE);
        if self.server_no_context_takeover {
            text.parameter(SERVER_NO_CONTEXT_TAKEOVER);
        }
        if self.client_no_context_takeover {
            text.parameter(CLIENT_NO_CONTEXT_TAKEOVER);
        }
        if self.server_max_window_bits < MAX_WINDOW_BITS {
            text.bits(SERVER_MAX_WINDOW_BITS, self.server_max_window_bits);
        }
        // RFC 7692 7.1.2.2: without it the server may not limit the window.
        if self.client_max_window_bits < MAX_WINDOW_BITS {
            text.bits(CLIENT_MAX_WINDOW_BITS, self.client_max_window_bits);
        } else {
            text.parameter(CLIENT_MAX_WINDOW_BITS);
        }
        text
    }
}

impl Default for Preferences {
    fn default() -> Self {
        Self::new()
    }
}

const fn clamp(bits: u8) -> u8 {
    match bits {
        ..MIN_WINDOW_BITS => MIN_WINDOW_BITS,
        MAX_WINDOW_BITS.. => MAX_WINDOW_BITS,
        _ => bits,
    }
}
