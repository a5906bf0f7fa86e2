//! The opening handshakes as steps, for any way to read and write
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4).

mod accepting;
mod answering;
mod connecting;
mod handshake;
mod responding;
mod time_limit;
mod tunneling;

pub use accepting::Accepting;
pub use connecting::Connecting;
pub use handshake::Handshake;
pub use responding::upgrade_required;
pub use tunneling::Tunneling;

pub(super) use answering::RefusalBody;

/// The next action for a handshake.
///
/// This enum is exhaustive on purpose: a loop around a handshake has to do each of these actions.
#[derive(Debug)]
#[must_use = "a handshake continues when the action is done"]
pub enum Step<T> {
    /// Read bytes from the peer into the `input` of the handshake. If the transport has ended, call
    /// `receive_eof`.
    Read,
    /// Write the whole `output` of the handshake and flush the transport. Then call `flushed`.
    Write,
    /// The handshake is over, with this result.
    Done(T),
}
