//! What the adapters share: how a server answers a request, how a client describes one, and the
//! errors of both. Nothing in here reads or writes.

mod answer;
mod connect_error;
mod error;
mod opening;
mod options;
mod parts;
mod reply;
mod secret;
mod url;
mod url_error;

pub use connect_error::{ConnectError, ConnectPhase, ConnectStep, ProxyError};
pub use error::{AcceptError, Error, Unsent};
pub use options::ConnectOptions;
pub use parts::Parts;
pub use reply::Reply;
pub use url_error::{UrlError, UrlErrorKind};

pub(crate) use error::is_would_block;
pub(crate) use opening::{Accepting, Connecting, Step, Tunneling, upgrade_required};

use bytes::BytesMut;

use crate::handshake::WriteError;

/// How much of a handshake is read at once.
pub(crate) const HANDSHAKE_READ: usize = 4 * 1024;

/// Writes a head of whatever length into `out`.
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
