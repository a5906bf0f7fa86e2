//! The negotiation of permessage-deflate (RFC 7692 7.1), as a function of an offer and of what one
//! wants. It compresses nothing, so that it needs neither an allocator nor a feature.
//!
//! ```
//! use websocket_proto::handshake::{Extensions, deflate::Preferences};
//!
//! // A client's offers, in order of preference: the server takes the first one that it can meet.
//! let offers = Extensions::parse(
//!     b"permessage-deflate; server_max_window_bits=10; x-unknown, \
//!       permessage-deflate; client_max_window_bits",
//! );
//! let server = Preferences::new().server_no_context_takeover(true).client_max_window_bits(12);
//! let agreement = server.accept(offers.map_while(Result::ok)).expect("the second one will do");
//! assert_eq!(
//!     &*agreement.response(),
//!     "permessage-deflate; server_no_context_takeover; client_max_window_bits=12",
//! );
//!
//! // The client finds that it fits the offer.
//! let response = agreement.response();
//! let agreed = Extensions::parse(response.as_bytes()).map_while(Result::ok);
//! let agreement = Preferences::new().check(agreed)?.expect("the server has agreed");
//! assert!(agreement.server_no_context_takeover());
//! assert_eq!((agreement.server_max_window_bits(), agreement.client_max_window_bits()), (15, 12));
//! # Ok::<(), websocket_proto::handshake::deflate::DeflateError>(())
//! ```

mod agreement;
mod parameters;
mod text;

use core::error::Error;
use core::fmt;

use super::extensions::Extension;

pub use agreement::Agreement;
pub use text::ExtensionText;

use parameters::Parameters;

/// The name under which the extension is registered (RFC 7692 7).
pub const PERMESSAGE_DEFLATE: &str = "permessage-deflate";

const SERVER_NO_CONTEXT_TAKEOVER: &str = "server_no_context_takeover";
const CLIENT_NO_CONTEXT_TAKEOVER: &str = "client_no_context_takeover";
const SERVER_MAX_WINDOW_BITS: &str = "server_max_window_bits";
const CLIENT_MAX_WINDOW_BITS: &str = "client_max_window_bits";

/// The largest window, 32 KiB, and what goes without saying (RFC 7692 7.1.2).
const MAX_WINDOW_BITS: u8 = 15;
const MIN_WINDOW_BITS: u8 = 8;

/// What one side wants of permessage-deflate.
///
/// Both sides may take over the context from one message to the next, with windows of 32 KiB,
/// unless set otherwise. `server` and `client` in the names say whose compressor is meant,
/// whichever side sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Preferences {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: u8,
    client_max_window_bits: u8,
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

    /// A server's answer: the terms of the first of the client's `offers` that can be met, to be
    /// written as [`Agreement::response`] says. Offers of other extensions are passed over.
    ///
    /// `None`: permessage-deflate is not to be used, for none was offered, or none that can be
    /// met, or each has parameters that are unknown, repeated or out of range (RFC 7692 7.1). That
    /// is no reason to refuse the WebSocket.
    pub fn accept<'b>(&self, offers: impl IntoIterator<Item = Extension<'b>>) -> Option<Agreement> {
        offers
            .into_iter()
            .filter(|offer| offer.name() == PERMESSAGE_DEFLATE)
            .filter_map(|offer| Parameters::of_offer(&offer).ok())
            .find_map(|offer| Agreement::of_offer(self, &offer))
    }

    /// A client's look at what the server agreed on, where this was [offered](Self::offer).
    /// `None`: permessage-deflate is not to be used. Other extensions are passed over.
    ///
    /// # Errors
    /// The server departed from RFC 7692 7.1 or from the offer: fail the connection.
    pub fn check<'b>(
        &self,
        response: impl IntoIterator<Item = Extension<'b>>,
    ) -> Result<Option<Agreement>, DeflateError> {
        let agreed = |extension: &Extension<'b>| extension.name() == PERMESSAGE_DEFLATE;
        let Some(agreed) = response.into_iter().find(agreed) else {
            return Ok(None);
        };
        Agreement::of_response(self, &Parameters::of_response(&agreed)?).map(Some)
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

/// What a server's answer about permessage-deflate does wrong (RFC 7692 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeflateError {
    /// A parameter that RFC 7692 does not define.
    UnknownParameter,
    /// A parameter comes twice.
    RepeatedParameter(&'static str),
    /// A parameter's value is missing, is there though none may be, or is not one from 8 to 15.
    Value(&'static str),
    /// A parameter that was offered, and that the server may not leave out.
    MissingParameter(&'static str),
    /// The server's window is larger than the one that was offered.
    WindowTooLarge {
        /// The logarithm of what the server wants.
        bits: u8,
        /// The logarithm of what was offered.
        offered: u8,
    },
}

impl fmt::Display for DeflateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownParameter => f.write_str("permessage-deflate has an unknown parameter"),
            Self::RepeatedParameter(name) => write!(f, "permessage-deflate has several {name}"),
            Self::Value(name) => write!(f, "permessage-deflate has an invalid {name}"),
            Self::MissingParameter(name) => {
                write!(f, "permessage-deflate has no {name}, which was asked for")
            }
            Self::WindowTooLarge { bits, offered } => {
                write!(f, "server_max_window_bits is {bits}, which exceeds {offered}")
            }
        }
    }
}

impl Error for DeflateError {}
