//! The common interface of the opening handshakes.

use core::time::Duration;

use bytes::{Buf, BufMut as _};

use super::{Accepting, Connecting, Tunneling};

/// The common interface of [`Accepting`], [`Connecting`] and [`Tunneling`], for a loop that drives
/// any of them.
///
/// [`receive`](Self::receive) appends bytes to the `input` of these types. Every other method does
/// the same as the method of that name on these types.
pub trait Handshake {
    /// Appends bytes from the transport to the `input`.
    fn receive(&mut self, bytes: &[u8]);

    /// Records that the transport has ended.
    fn receive_eof(&mut self);

    /// Returns the bytes to write.
    fn output(&mut self) -> impl Buf;

    /// Records that the transport was flushed.
    fn flushed(&mut self);

    /// Returns the time at which to call [`handle_deadline`](Self::handle_deadline).
    fn deadline(&mut self, now: Duration) -> Option<Duration>;

    /// Does what is due at `now`.
    fn handle_deadline(&mut self, now: Duration);
}

macro_rules! impl_handshake {
    ($($name:ident)*) => {$(
        impl Handshake for $name {
            fn receive(&mut self, bytes: &[u8]) {
                self.input().put_slice(bytes);
            }

            fn receive_eof(&mut self) {
                self.receive_eof();
            }

            fn output(&mut self) -> impl Buf {
                self.output()
            }

            fn flushed(&mut self) {
                self.flushed();
            }

            fn deadline(&mut self, now: Duration) -> Option<Duration> {
                self.deadline(now)
            }

            fn handle_deadline(&mut self, now: Duration) {
                self.handle_deadline(now);
            }
        }
    )*};
}

impl_handshake!(Accepting Connecting Tunneling);
