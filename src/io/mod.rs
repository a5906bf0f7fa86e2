//! The types that the adapters share: the opening handshakes as steps, the options of a client, the
//! replies of a server, and the errors ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section
//! 4).
//!
//! No code in this module uses a transport or reads a clock, so every adapter can use it.
//! [`Accepting`] is the handshake of a server. [`Connecting`] is the handshake of a client, and
//! [`Tunneling`] asks a proxy for a tunnel before it. Each of them tells its next [`Step`] and its
//! next deadline. After the handshake, [`Driver`] tells what to do with the transport.

mod connect_error;
mod driver;
mod error;
pub(crate) mod happy_eyeballs;
mod opening;
mod options;
mod parts;
mod reply;
mod secret;
mod trace;
mod url;
mod url_error;

pub use connect_error::{ConnectError, ConnectPhase, ConnectStep, ProxyError};
pub use driver::{Driver, ReadTo, Wants};
pub use error::{AcceptError, Error, Unsent};
pub use happy_eyeballs::HappyEyeballs;
pub use opening::{Accepting, Connecting, Handshake, Step, Tunneling, upgrade_required};
pub use options::ConnectOptions;
pub use parts::Parts;
pub use reply::Reply;
pub use url_error::{UrlError, UrlErrorKind};

#[cfg(any(feature = "futures-io", feature = "tokio"))]
pub(crate) use error::copy;
pub(crate) use error::is_would_block;
pub(crate) use trace::Trace;

use bytes::BytesMut;

use crate::handshake::WriteError;

/// The size of a read during an opening handshake, in bytes.
pub(crate) const HANDSHAKE_READ: usize = 4 * 1024;

/// Writes a head into `out`, which grows to the length of the head.
fn encode_head(
    out: &mut BytesMut,
    write: impl Fn(&mut [u8]) -> Result<usize, WriteError>,
) -> Result<(), WriteError> {
    const TYPICAL: usize = 1024;
    out.resize(TYPICAL, 0);
    let written = match write(out) {
        Err(WriteError::BufferTooSmall { needed }) => {
            out.resize(needed, 0);
            write(out)
        }
        written => written,
    };
    out.truncate(*written.as_ref().unwrap_or(&0));
    written.map(drop)
}
