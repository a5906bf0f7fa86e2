//! The crate of this repository: each layer, and each way to take messages.

pub mod adapters;
mod connection;
pub mod web_socket;

use crate::contestant::{Contestant, NewReceiver, NewSender, OUR_PACKAGE};
use crate::role::Role;

/// Creates both roles of a connection that receives.
macro_rules! receiver {
    ($new:expr) => {
        Some(|memory, role| match role {
            Role::Server => Box::new($new(memory, websocket_proto::connection::Server)),
            Role::Client => {
                Box::new($new(memory, websocket_proto::connection::Client::new([7; 32])))
            }
        })
    };
}
use receiver as sender;

/// Returns all ways, from the lowest layer to the adapters.
#[must_use]
pub fn contestants() -> Vec<Contestant> {
    vec![
        ours(
            "ours/connection",
            "`Connection::receive` over a slice of 64 KiB, fragments joined by the application; \
             `send_binary` into a slice, or `begin` and a vectored write for a large payload of a \
             server",
            receiver!(connection::Receiving::new),
            sender!(connection::Sending::new),
        ),
        ours(
            "ours/websocket",
            "`WebSocket::receive`, with `input().lend` and `give_back`; `send`, and one vectored write of \
             `output()`",
            receiver!(web_socket::Owned::new),
            sender!(web_socket::Sending::new),
        ),
        ours(
            "ours/websocket, lent",
            "`WebSocket::receive_ref`",
            receiver!(web_socket::Lent::new),
            None,
        ),
        ours(
            "ours/websocket, two calls",
            "`WebSocket::receive` called from two places, so that the compiler does not inline it",
            receiver!(web_socket::TwoCalls::new),
            None,
        ),
        ours(
            "ours/tokio",
            "`tokio::WebSocketStream::next`; `feed` and `flush`",
            receiver!(adapters::Tokio::new),
            sender!(adapters::Tokio::new),
        ),
        ours(
            "ours/tokio, lent",
            "`tokio::WebSocketStream::next_ref`",
            receiver!(adapters::TokioLent::new),
            None,
        ),
        ours(
            "ours/blocking",
            "`blocking::WebSocketStream::read`; `feed` and `flush`",
            receiver!(adapters::Blocking::new),
            sender!(adapters::Blocking::new),
        ),
        ours(
            "ours/blocking, lent",
            "`blocking::WebSocketStream::read_ref`",
            receiver!(adapters::BlockingLent::new),
            None,
        ),
    ]
}

fn ours(
    name: &'static str,
    how: &'static str,
    receiver: Option<NewReceiver>,
    sender: Option<NewSender>,
) -> Contestant {
    Contestant { name, package: OUR_PACKAGE, how, receiver, sender }
}
