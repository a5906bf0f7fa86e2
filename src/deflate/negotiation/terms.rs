//! The terms that both sides agreed on ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692),
//! section 7.1).

use super::parameters::{
    CLIENT_MAX_WINDOW_BITS, CLIENT_NO_CONTEXT_TAKEOVER, MAX_WINDOW_BITS, PERMESSAGE_DEFLATE,
    SERVER_MAX_WINDOW_BITS, SERVER_NO_CONTEXT_TAKEOVER,
};
use crate::extension::ExtensionText;

/// The terms on which a connection uses permessage-deflate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Terms {
    pub(super) server_no_context_takeover: bool,
    pub(super) client_no_context_takeover: bool,
    pub(super) server_max_window_bits: u8,
    pub(super) client_max_window_bits: u8,
    /// Whether the response has `server_max_window_bits`. The response must have it if the offer
    /// has it, even for the largest window.
    pub(super) states_server_window: bool,
}

impl Terms {
    /// Returns whether each message of the server begins with an empty window.
    #[must_use]
    pub const fn server_no_context_takeover(&self) -> bool {
        self.server_no_context_takeover
    }

    /// Returns whether each message of the client begins with an empty window.
    #[must_use]
    pub const fn client_no_context_takeover(&self) -> bool {
        self.client_no_context_takeover
    }

    /// Returns the base-2 logarithm of the server's largest window in bytes, 8 to 15.
    #[must_use]
    pub const fn server_max_window_bits(&self) -> u8 {
        self.server_max_window_bits
    }

    /// Returns the base-2 logarithm of the client's largest window in bytes, 8 to 15.
    #[must_use]
    pub const fn client_max_window_bits(&self) -> u8 {
        self.client_max_window_bits
    }

    /// Returns the terms for messages that the server compresses.
    #[must_use]
    pub const fn server(&self) -> CoderTerms {
        CoderTerms {
            no_context_takeover: self.server_no_context_takeover,
            window_bits: self.server_max_window_bits,
        }
    }

    /// Returns the terms for messages that the client compresses.
    #[must_use]
    pub const fn client(&self) -> CoderTerms {
        CoderTerms {
            no_context_takeover: self.client_no_context_takeover,
            window_bits: self.client_max_window_bits,
        }
    }

    /// Returns the response that a server writes into `Sec-WebSocket-Extensions`.
    #[must_use]
    pub fn response(&self) -> ExtensionText {
        let mut text = ExtensionText::new(PERMESSAGE_DEFLATE);
        if self.server_no_context_takeover {
            text.parameter(SERVER_NO_CONTEXT_TAKEOVER);
        }
        if self.client_no_context_takeover {
            text.parameter(CLIENT_NO_CONTEXT_TAKEOVER);
        }
        if self.states_server_window {
            text.bits(SERVER_MAX_WINDOW_BITS, self.server_max_window_bits);
        }
        // The value is less than 15 only if the offer has this parameter.
        if self.client_max_window_bits < MAX_WINDOW_BITS {
            text.bits(CLIENT_MAX_WINDOW_BITS, self.client_max_window_bits);
        }
        text
    }
}

/// The terms for one direction of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CoderTerms {
    /// Whether each message begins with an empty window (RFC 7692, section 7.1.1).
    pub no_context_takeover: bool,
    /// The base-2 logarithm of the largest window in bytes, 8 to 15 (RFC 7692, section 7.1.2).
    pub window_bits: u8,
}
