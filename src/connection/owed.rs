//! What an endpoint owes to its peer.

use crate::close::CloseCode;
use crate::error::ProtocolError;

/// The Close that is still to be sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OwedClose {
    /// The answer to the peer's Close (RFC 6455, section 5.5.1).
    Reply(Option<CloseCode>),
    /// The report of the peer's error (RFC 6455, section 7.1.7).
    Fault(ProtocolError),
}
