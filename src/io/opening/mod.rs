//! The opening handshakes as steps, for any way of reading and writing.

mod accepting;
mod connecting;
mod tunneling;

pub(crate) use accepting::{Accepting, upgrade_required};
pub(crate) use connecting::Connecting;
pub(crate) use tunneling::Tunneling;

/// What a handshake needs next.
#[derive(Debug)]
pub(crate) enum Step<T> {
    /// More bytes from the peer.
    Read,
    /// To write its output, flush it, and take note of that in `unflushed`.
    Write,
    /// Nothing: this is what came of it.
    Done(T),
}
