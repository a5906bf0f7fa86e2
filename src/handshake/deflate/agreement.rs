//! What both sides have agreed on.

use super::parameters::{ClientWindow, Parameters};
use super::text::ExtensionText;
use super::{
    CLIENT_MAX_WINDOW_BITS, CLIENT_NO_CONTEXT_TAKEOVER, DeflateError, MAX_WINDOW_BITS,
    PERMESSAGE_DEFLATE, Preferences, SERVER_MAX_WINDOW_BITS, SERVER_NO_CONTEXT_TAKEOVER,
};

/// The terms on which a connection uses permessage-deflate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Agreement {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: u8,
    client_max_window_bits: u8,
    /// Whether the response says how large the server's window is. It has to when the offer does,
    /// even if that is as large as a window can be.
    states_server_window: bool,
}

impl Agreement {
    /// Whether each message of the server begins with an empty window.
    #[must_use]
    pub const fn server_no_context_takeover(&self) -> bool {
        self.server_no_context_takeover
    }

    /// Whether each message of the client begins with an empty window.
    #[must_use]
    pub const fn client_no_context_takeover(&self) -> bool {
        self.client_no_context_takeover
    }

    /// The logarithm of the server's largest window in bytes, 8 to 15.
    #[must_use]
    pub const fn server_max_window_bits(&self) -> u8 {
        self.server_max_window_bits
    }

    /// The logarithm of the client's largest window in bytes, 8 to 15.
    #[must_use]
    pub const fn client_max_window_bits(&self) -> u8 {
        self.client_max_window_bits
    }

    /// What the server writes into `Sec-WebSocket-Extensions`.
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
        // Less than 15 only if the client can be told so.
        if self.client_max_window_bits < MAX_WINDOW_BITS {
            text.bits(CLIENT_MAX_WINDOW_BITS, self.client_max_window_bits);
        }
        text
    }

    /// What a server with these preferences makes of an offer; `None` when they do not fit.
    pub(super) fn of_offer(preferences: &Preferences, offer: &Parameters) -> Option<Self> {
        let client_max_window_bits = match offer.client_max_window_bits {
            // RFC 7692 7.1.2.2: the client will not use a larger window than it said itself.
            Some(ClientWindow::Bits(bits)) => bits.min(preferences.client_max_window_bits),
            Some(ClientWindow::Unlimited) => preferences.client_max_window_bits,
            // RFC 7692 7.1.2.2: the client cannot be told.
            None if preferences.client_max_window_bits < MAX_WINDOW_BITS => return None,
            None => MAX_WINDOW_BITS,
        };
        let offered_bits = offer.server_max_window_bits.unwrap_or(MAX_WINDOW_BITS);
        let server_max_window_bits = preferences.server_max_window_bits.min(offered_bits);
        Some(Self {
            // RFC 7692 7.1.1.1: must be granted when asked for.
            server_no_context_takeover: preferences.server_no_context_takeover
                || offer.server_no_context_takeover,
            client_no_context_takeover: preferences.client_no_context_takeover
                || offer.client_no_context_takeover,
            server_max_window_bits,
            client_max_window_bits,
            states_server_window: offer.server_max_window_bits.is_some()
                || server_max_window_bits < MAX_WINDOW_BITS,
        })
    }

    /// What a client that offered these preferences makes of the response.
    pub(super) fn of_response(
        preferences: &Preferences,
        response: &Parameters,
    ) -> Result<Self, DeflateError> {
        // RFC 7692 7.1.1.1.
        if preferences.server_no_context_takeover && !response.server_no_context_takeover {
            return Err(DeflateError::MissingParameter(SERVER_NO_CONTEXT_TAKEOVER));
        }
        // RFC 7692 7.1.2.1: the same or a smaller window.
        let offered = preferences.server_max_window_bits;
        let server_max_window_bits = match response.server_max_window_bits {
            Some(bits) if bits > offered => {
                return Err(DeflateError::WindowTooLarge { bits, offered });
            }
            Some(bits) => bits,
            None if offered < MAX_WINDOW_BITS => {
                return Err(DeflateError::MissingParameter(SERVER_MAX_WINDOW_BITS));
            }
            None => MAX_WINDOW_BITS,
        };
        // RFC 7692 7.1.2.2: the server may allow more than the client means to use.
        let client_max_window_bits = match response.client_max_window_bits {
            Some(ClientWindow::Bits(bits)) => bits.min(preferences.client_max_window_bits),
            Some(ClientWindow::Unlimited) | None => preferences.client_max_window_bits,
        };
        Ok(Self {
            server_no_context_takeover: response.server_no_context_takeover,
            // RFC 7692 7.1.1.2: the client may begin anew even if it need not.
            client_no_context_takeover: preferences.client_no_context_takeover
                || response.client_no_context_takeover,
            server_max_window_bits,
            client_max_window_bits,
            states_server_window: response.server_max_window_bits.is_some(),
        })
    }
}
