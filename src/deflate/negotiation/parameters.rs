//! The parameters of permessage-deflate in an offer or a response
//! ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692), section 7.1).

use super::error::DeflateError;
use crate::extension::{Extension, ParameterValue};

/// The registered name of the extension (RFC 7692, section 7).
pub const PERMESSAGE_DEFLATE: &str = "permessage-deflate";

pub(super) const SERVER_NO_CONTEXT_TAKEOVER: &str = "server_no_context_takeover";
pub(super) const CLIENT_NO_CONTEXT_TAKEOVER: &str = "client_no_context_takeover";
pub(super) const SERVER_MAX_WINDOW_BITS: &str = "server_max_window_bits";
pub(super) const CLIENT_MAX_WINDOW_BITS: &str = "client_max_window_bits";

/// The largest window, 32 KiB, which is the default (RFC 7692, section 7.1.2).
pub(super) const MAX_WINDOW_BITS: u8 = 15;
pub(super) const MIN_WINDOW_BITS: u8 = 8;

/// The parameters of one permessage-deflate extension in a list.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Parameters {
    pub(super) server_no_context_takeover: bool,
    pub(super) client_no_context_takeover: bool,
    pub(super) server_max_window_bits: Option<u8>,
    pub(super) client_max_window_bits: Option<ClientWindow>,
}

/// The value of `client_max_window_bits`.
#[derive(Clone, Copy, Debug)]
pub(super) enum ClientWindow {
    /// No value: the response may limit the client's window (RFC 7692, section 7.1.2.2).
    Unlimited,
    Bits(u8),
}

impl Parameters {
    /// Parses an offer. In an offer `client_max_window_bits` may have no value (RFC 7692,
    /// section 7.1.2.2).
    pub(super) fn of_offer(offer: &Extension<'_>) -> Result<Self, DeflateError> {
        Self::parse(offer)
    }

    /// Parses a response. In a response `client_max_window_bits` must have a value (RFC 7692,
    /// section 7.1.2.2).
    pub(super) fn of_response(response: &Extension<'_>) -> Result<Self, DeflateError> {
        let parameters = Self::parse(response)?;
        match parameters.client_max_window_bits {
            Some(ClientWindow::Unlimited) => Err(DeflateError::Value(CLIENT_MAX_WINDOW_BITS)),
            Some(ClientWindow::Bits(_)) | None => Ok(parameters),
        }
    }

    fn parse(extension: &Extension<'_>) -> Result<Self, DeflateError> {
        let mut parameters = Self::default();
        for parameter in extension.parameters() {
            let value = parameter.value;
            match parameter.name {
                SERVER_NO_CONTEXT_TAKEOVER => {
                    flag(
                        &mut parameters.server_no_context_takeover,
                        value,
                        SERVER_NO_CONTEXT_TAKEOVER,
                    )?;
                }
                CLIENT_NO_CONTEXT_TAKEOVER => {
                    flag(
                        &mut parameters.client_no_context_takeover,
                        value,
                        CLIENT_NO_CONTEXT_TAKEOVER,
                    )?;
                }
                SERVER_MAX_WINDOW_BITS => {
                    let name = SERVER_MAX_WINDOW_BITS;
                    let value = value.ok_or(DeflateError::Value(name))?;
                    once(&mut parameters.server_max_window_bits, window_bits(value, name)?, name)?;
                }
                CLIENT_MAX_WINDOW_BITS => {
                    let name = CLIENT_MAX_WINDOW_BITS;
                    let window = match value {
                        Some(value) => ClientWindow::Bits(window_bits(value, name)?),
                        None => ClientWindow::Unlimited,
                    };
                    once(&mut parameters.client_max_window_bits, window, name)?;
                }
                _ => return Err(DeflateError::UnknownParameter),
            }
        }
        Ok(parameters)
    }
}

/// Sets a parameter that must have no value and must not be repeated.
fn flag(
    flag: &mut bool,
    value: Option<ParameterValue<'_>>,
    name: &'static str,
) -> Result<(), DeflateError> {
    if value.is_some() {
        return Err(DeflateError::Value(name));
    }
    if *flag {
        return Err(DeflateError::RepeatedParameter(name));
    }
    *flag = true;
    Ok(())
}

/// Sets a parameter that has a value and must not be repeated.
fn once<T>(slot: &mut Option<T>, value: T, name: &'static str) -> Result<(), DeflateError> {
    match slot.replace(value) {
        Some(_) => Err(DeflateError::RepeatedParameter(name)),
        None => Ok(()),
    }
}

/// Parses a decimal integer from 8 to 15 without leading zeros (RFC 7692, section 7.1.2).
fn window_bits(value: ParameterValue<'_>, name: &'static str) -> Result<u8, DeflateError> {
    let mut digits = value.bytes();
    let bits = match (digits.next(), digits.next(), digits.next()) {
        (Some(ones @ b'0'..=b'9'), None, None) => ones - b'0',
        (Some(b'1'), Some(ones @ b'0'..=b'9'), None) => 10 + ones - b'0',
        _ => return Err(DeflateError::Value(name)),
    };
    match bits {
        MIN_WINDOW_BITS..=MAX_WINDOW_BITS => Ok(bits),
        _ => Err(DeflateError::Value(name)),
    }
}
