//! The opening handshakes as steps, for any way to read and write
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4).

mod accepting;
mod connecting;
mod tunneling;

pub(crate) use accepting::{Accepting, upgrade_required};
pub(crate) use connecting::Connecting;
pub(crate) use tunneling::Tunneling;

/// The next action for a handshake.
#[derive(Debug)]
pub(crate) enum Step<T> {
    /// Read more bytes from the peer.
    Read,
    /// Write the output, flush the transport, and set `unflushed` to `false`.
    Write,
    /// The handshake is over, with this result.
    Done(T),
}
