//! The operations that a crate needs for the measurement, and the list of the crates.

use bytes::Bytes;

use crate::memory::Memory;
use crate::peers;
use crate::report::Side;
use crate::role::Role;
use crate::tally::Tally;

/// A connection that receives.
pub trait Receiver {
    /// Takes `messages` whole messages from the transport, and passes each of them to `tally`.
    fn receive(&mut self, messages: usize, tally: &mut Tally<'_>);
}

/// A connection that sends.
pub trait Sender {
    /// Sends each payload as a binary message, and flushes after every `batch` of them.
    ///
    /// The payloads stay intact, because an application may send them to others too: a crate that
    /// masks the bytes of the caller gets a copy.
    fn send(&mut self, payloads: &[Bytes], batch: usize);
}

/// Creates a connection that receives from a transport.
pub type NewReceiver = fn(Memory, Role) -> Box<dyn Receiver>;

/// Creates a connection that sends to a transport.
pub type NewSender = fn(Memory, Role) -> Box<dyn Sender>;

/// A way to use a crate.
#[derive(Clone, Copy)]
pub struct Contestant {
    /// The name of the crate, and of the way if there are several.
    pub name: &'static str,
    /// The package whose version stands in the report.
    pub package: &'static str,
    /// How it is driven.
    pub how: &'static str,
    /// How it receives, or `None` if it does not.
    pub receiver: Option<NewReceiver>,
    /// How it sends, or `None` if it does not.
    pub sender: Option<NewSender>,
}

impl Contestant {
    /// Returns whether this is a way to use our crate or a peer.
    #[must_use]
    pub fn side(&self) -> Side {
        if self.package == OUR_PACKAGE { Side::Ours } else { Side::Peer }
    }
}

/// The package of this repository.
pub const OUR_PACKAGE: &str = "websocket-proto";

/// Returns all contestants, ours first.
#[must_use]
pub fn all() -> Vec<Contestant> {
    let mut all = peers::ours::contestants();
    all.extend([
        peers::tungstenite::CONTESTANT,
        peers::fastwebsockets::CONTESTANT,
        peers::tokio_websockets::CONTESTANT,
        peers::soketto::CONTESTANT,
        peers::web_socket::CONTESTANT,
        peers::websocket_sans_io::CONTESTANT,
        peers::yawc::CONTESTANT,
        peers::sockudo::STREAM,
        peers::sockudo::PROTOCOL,
        peers::wtx::CONTESTANT,
    ]);
    all
}
