//! The preferences of one side ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692), section 7.1).

use super::parameters::{
    CLIENT_MAX_WINDOW_BITS, CLIENT_NO_CONTEXT_TAKEOVER, MAX_WINDOW_BITS, MIN_WINDOW_BITS,
    PERMESSAGE_DEFLATE, SERVER_MAX_WINDOW_BITS, SERVER_NO_CONTEXT_TAKEOVER,
};
use crate::extension::ExtensionText;

/// The preferences of one side for permessage-deflate.
///
/// By default both sides keep their context from one message to the next and use windows of 32 KiB.
/// `server` and `client` in a name tell whose compressor the setting limits, no matter which side
/// sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Preferences {
    pub(super) server_no_context_takeover: bool,
    pub(super) client_no_context_takeover: bool,
    pub(super) server_max_window_bits: u8,
    pub(super) client_max_window_bits: u8,
}

impl Preferences {
    /// Creates preferences with context takeover and the largest windows.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            server_no_context_takeover: false,
            client_no_context_takeover: false,
            server_max_window_bits: MAX_WINDOW_BITS,
            client_max_window_bits: MAX_WINDOW_BITS,
        }
    }

    /// Sets whether the server begins each message with an empty window (RFC 7692,
    /// section 7.1.1.1).
    ///
    /// Its compressor and the client's decompressor then need no memory between messages, but
    /// repetitions between messages do not reduce their size.
    #[must_use]
    pub const fn server_no_context_takeover(mut self, yes: bool) -> Self {
        self.server_no_context_takeover = yes;
        self
    }

    /// Sets whether the client begins each message with an empty window (RFC 7692,
    /// section 7.1.1.2).
    #[must_use]
    pub const fn client_no_context_takeover(mut self, yes: bool) -> Self {
        self.client_no_context_takeover = yes;
        self
    }

    /// Sets the base-2 logarithm of the server's largest window in bytes, 8 to 15 (RFC 7692,
    /// section 7.1.2.1). A lower value counts as 8, a higher value as 15.
    #[must_use]
    pub const fn server_max_window_bits(mut self, bits: u8) -> Self {
        self.server_max_window_bits = clamp(bits);
        self
    }

    /// Sets the base-2 logarithm of the client's largest window in bytes, 8 to 15 (RFC 7692,
    /// section 7.1.2.2). A lower value counts as 8, a higher value as 15.
    ///
    /// With less than 15 a server declines every offer without `client_max_window_bits`, because
    /// its response could not limit the client's window.
    #[must_use]
    pub const fn client_max_window_bits(mut self, bits: u8) -> Self {
        self.client_max_window_bits = clamp(bits);
        self
    }

    /// Returns the offer that a client writes into `Sec-WebSocket-Extensions`.
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
        // RFC 7692, section 7.1.2.2: without this parameter the server must not limit the client's
        // window.
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
