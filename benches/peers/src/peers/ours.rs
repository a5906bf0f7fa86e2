//! The crate of this repository: each layer, and each way to take messages.

pub mod adapters;
mod connection;
pub mod web_socket;

use crate::contestant::{Contestant, NewReceiver, NewSender, OUR_PACKAGE};
use crate::role::Role;

/// Creates a connection in either role. The roles are types, so a function would need a type for
/// each way.
macro_rules! both_roles {
    ($new:expr) => {
        Some(|memory, role| match role {
            Role::Server => Box::new($new(memory, websocket_proto::connection::Server)),
            Role::Client => {
                Box::new($new(memory, websocket_proto::connection::Client::new([7; 32])))
            }
        })
    };
}

/// Returns all ways, from the lowest layer to the adapters.
#[must_use]
pub fn contestants() -> Vec<Contestant> {
    vec![
        ours(
            "ours/connection",
            "`Connection::receive` over a slice of 64 KiB, fragments joined by the application; \
             `send_binary` into a slice, or `begin` and a vectored write for a large payload of a \
             server",
            both_roles!(connection::Receiving::new),
            both_roles!(connection::Sending::new),
        ),
        ours(
            "ours/websocket",
            "`WebSocket::receive`, with `input().lend` and `give_back`; `send`, and one vectored write of \
             `output()`",
            both_roles!(web_socket::Owned::new),
            both_roles!(web_socket::Sending::new),
        ),
        ours(
            "ours/websocket, lent",
            "`WebSocket::receive_ref`",
            both_roles!(web_socket::Lent::new),
            None,
        ),
        ours(
            "ours/websocket, two calls",
            "`WebSocket<AnyRole>::receive` called from two places, so that the compiler does not \
             inline it",
            both_roles!(web_socket::TwoCalls::new),
            None,
        ),
        ours(
            "ours/tokio",
            "`tokio::WebSocketStream::next`; `feed` and `flush`",
            both_roles!(adapters::Tokio::new),
            both_roles!(adapters::Tokio::new),
        ),
        ours(
            "ours/tokio, lent",
            "`tokio::WebSocketStream::next_ref`",
            both_roles!(adapters::TokioLent::new),
            None,
        ),
        ours(
            "ours/blocking",
            "`blocking::WebSocketStream::read`; `feed` and `flush`",
            both_roles!(adapters::Blocking::new),
            both_roles!(adapters::Blocking::new),
        ),
        ours(
            "ours/blocking, lent",
            "`blocking::WebSocketStream::read_ref`",
            both_roles!(adapters::BlockingLent::new),
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
