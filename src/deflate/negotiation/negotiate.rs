//! How two sides agree (RFC 7692, sections 5 and 7.1).

use super::error::DeflateError;
use super::parameters::{
    ClientWindow, MAX_WINDOW_BITS, PERMESSAGE_DEFLATE, Parameters, SERVER_MAX_WINDOW_BITS,
    SERVER_NO_CONTEXT_TAKEOVER,
};
use super::preferences::Preferences;
use super::terms::Terms;
use crate::extension::Extension;

impl Preferences {
    /// A server's answer: the terms of the first of the client's `offers` that can be met, to be
    /// written as [`Terms::response`] says. Offers of other extensions are passed over.
    ///
    /// `None`: permessage-deflate is not to be used, for none was offered, or none that can be
    /// met, or each has parameters that are unknown, repeated or out of range (RFC 7692 7.1). That
    /// is no reason to refuse the WebSocket.
    pub fn accept<'b>(&self, offers: impl IntoIterator<Item = Extension<'b>>) -> Option<Terms> {
        offers
            .into_iter()
            .filter(|offer| offer.name() == PERMESSAGE_DEFLATE)
            .filter_map(|offer| Parameters::of_offer(&offer).ok())
            .find_map(|offer| answer_offer(self, &offer))
    }

    /// A client's look at what the server agreed on, where this was [offered](Self::offer).
    /// `None`: permessage-deflate is not to be used. Other extensions are passed over.
    ///
    /// # Errors
    /// The server departed from RFC 7692 7.1 or from the offer: fail the connection.
    pub fn check<'b>(
        &self,
        response: impl IntoIterator<Item = Extension<'b>>,
    ) -> Result<Option<Terms>, DeflateError> {
        let agreed = |extension: &Extension<'b>| extension.name() == PERMESSAGE_DEFLATE;
        let Some(agreed) = response.into_iter().find(agreed) else {
            return Ok(None);
        };
        verify_response(self, &Parameters::of_response(&agreed)?).map(Some)
    }
}

/// What a server with these preferences makes of an offer; `None` when they do not fit.
fn answer_offer(preferences: &Preferences, offer: &Parameters) -> Option<Terms> {
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
    Some(Terms {
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
fn verify_response(
    preferences: &Preferences,
    response: &Parameters,
) -> Result<Terms, DeflateError> {
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
    Ok(Terms {
        server_no_context_takeover: response.server_no_context_takeover,
        // RFC 7692 7.1.1.2: the client may begin anew even if it need not.
        client_no_context_takeover: preferences.client_no_context_takeover
            || response.client_no_context_takeover,
        server_max_window_bits,
        client_max_window_bits,
        states_server_window: response.server_max_window_bits.is_some(),
    })
}
