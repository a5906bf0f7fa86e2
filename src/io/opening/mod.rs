//! The opening handshakes as steps, for any way of reading and writing.

mod accepting;
mod connecting;
mod tunneling;

use alloc::boxed::Box;

pub(crate) use accepting::{Accepting, upgrade_required};
pub(crate) use connecting::Connecting;
pub(crate) use tunneling::Tunneling;

use crate::deflate::Terms;

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

/// What both sides have agreed on.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) subprotocol: Option<Box<str>>,
    pub(crate) deflate: Option<Terms>,
}
