//! The negotiation of both sides ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692), sections 5
//! and 7.1).

use super::error::DeflateError;
use super::parameters::{
    ClientWindow, MAX_WINDOW_BITS, PERMESSAGE_DEFLATE, Parameters, SERVER_MAX_WINDOW_BITS,
    SERVER_NO_CONTEXT_TAKEOVER,
};
use super::preferences::Preferences;
use super::terms::Terms;
use crate::extension::Extension;

impl Preferences {
    /// Returns the terms of the first of the client's `offers` that this server can meet.
    ///
    /// The server then sends [`Terms::response`]. Offers of other extensions are ignored.
    ///
    /// Returns `None` if permessage-deflate is not used: the client did not offer it, this server
    /// cannot meet any offer, or every offer has parameters that are unknown, repeated or out of
    /// range (RFC 7692, section 7.1). This is no reason to refuse the WebSocket.
    pub fn accept<'b>(&self, offers: impl IntoIterator<Item = Extension<'b>>) -> Option<Terms> {
        offers
            .into_iter()
            .filter(|offer| offer.name() == PERMESSAGE_DEFLATE)
            .filter_map(|offer| Parameters::of_offer(&offer).ok())
            .find_map(|offer| answer_offer(self, &offer))
    }

    /// Checks the server's response to an [`offer`](Self::offer) of these preferences and returns
    /// the agreed terms.
    ///
    /// Returns `None` if the server does not use permessage-deflate. Other extensions are ignored.
    ///
    /// # Errors
    ///
    /// Returns an error if the response breaks RFC 7692, section 7.1, or does not fit the offer.
    /// The client must then fail the connection.
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

/// Returns the server's terms for an offer, or `None` if the offer does not fit its preferences.
fn answer_offer(preferences: &Preferences, offer: &Parameters) -> Option<Terms> {
    let client_max_window_bits = match offer.client_max_window_bits {
        // RFC 7692, section 7.1.2.2: the client will not use a larger window than it offered.
        Some(ClientWindow::Bits(bits)) => bits.min(preferences.client_max_window_bits),
        Some(ClientWindow::Unlimited) => preferences.client_max_window_bits,
        // RFC 7692, section 7.1.2.2: the response may limit the client's window only if the offer
        // has the parameter.
        None if preferences.client_max_window_bits < MAX_WINDOW_BITS => return None,
        None => MAX_WINDOW_BITS,
    };
    let offered_bits = offer.server_max_window_bits.unwrap_or(MAX_WINDOW_BITS);
    let server_max_window_bits = preferences.server_max_window_bits.min(offered_bits);
    Some(Terms {
        // RFC 7692, section 7.1.1.1: the server must accept this request.
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

/// Returns the terms of a response to a client that offered these preferences.
fn verify_response(
    preferences: &Preferences,
    response: &Parameters,
) -> Result<Terms, DeflateError> {
    // RFC 7692, section 7.1.1.1: the response must repeat this parameter.
    if preferences.server_no_context_takeover && !response.server_no_context_takeover {
        return Err(DeflateError::MissingParameter(SERVER_NO_CONTEXT_TAKEOVER));
    }
    // RFC 7692, section 7.1.2.1: the response must name the same or a smaller window.
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
    // RFC 7692, section 7.1.2.2: the server may allow a larger window than the client wants to use.
    let client_max_window_bits = match response.client_max_window_bits {
        Some(ClientWindow::Bits(bits)) => bits.min(preferences.client_max_window_bits),
        Some(ClientWindow::Unlimited) | None => preferences.client_max_window_bits,
    };
    Ok(Terms {
        server_no_context_takeover: response.server_no_context_takeover,
        // RFC 7692, section 7.1.1.2: the client may use an empty window although the server does
        // not require it.
        client_no_context_takeover: preferences.client_no_context_takeover
            || response.client_no_context_takeover,
        server_max_window_bits,
        client_max_window_bits,
        states_server_window: response.server_max_window_bits.is_some(),
    })
}
