//! The Close frame that an endpoint must still send to its peer
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)).

use crate::close::CloseCode;
use crate::error::ProtocolError;

/// A Close frame that is still to be sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OwedClose {
    /// The answer to the peer's Close (RFC 6455, section 5.5.1).
    Reply(Option<CloseCode>),
    /// The report of the peer's error (RFC 6455, section 7.1.7).
    Fault(ProtocolError),
}
