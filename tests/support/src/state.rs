//! Where a connection is: its state, and what is to be done with its transport.

use websocket_proto::connection::{Connection, Role, State, TransportAction};
use websocket_proto::frame::{Kind, Rsv};
use websocket_proto::{CloseCode, SendError};

use crate::Wire;

/// Asserts the state of a connection, and what is to be done with its transport.
#[track_caller]
pub fn assert_at<R: Role>(connection: &Connection<R>, state: State, transport: TransportAction) {
    assert_eq!((connection.state(), connection.transport_action()), (state, transport));
}

/// Asserts that nothing can be sent any more and that trying changes nothing.
#[track_caller]
pub fn assert_sends_nothing<R: Role>(connection: &mut Connection<R>) {
    let at = (connection.state(), connection.transport_action());
    let mut out = Wire::default();
    let closing = Err(SendError::Closing);
    assert_eq!(connection.send_text("x", &mut out), closing);
    assert_eq!(connection.send_binary(b"x", &mut out), closing);
    assert_eq!(connection.send_fragment(Kind::Text, true, b"x", &mut out), closing);
    assert_eq!(connection.send_fragment(Kind::Binary, false, b"x", &mut out), closing);
    let mut payload = *b"x";
    let in_place = connection.send_in_place(Kind::Text, true, &mut payload).map(|_| ());
    assert_eq!(in_place, closing);
    assert_eq!(&payload, b"x");
    assert_eq!(connection.begin(Kind::Text, 1, Rsv::NONE).map(|_| ()), closing);
    assert_eq!(connection.begin_fragment(Kind::Text, true, 1, Rsv::NONE).map(|_| ()), closing);
    assert_eq!(connection.ping(b"x", &mut out), closing);
    assert_eq!(connection.pong(b"x", &mut out), closing);
    assert_eq!(connection.close(CloseCode::NORMAL, "", &mut out), closing);
    assert_eq!(connection.close_with(None, &mut out), closing);
    assert_eq!(out, Wire::default(), "nothing was written");
    assert_eq!((connection.state(), connection.transport_action()), at, "nothing has changed");
}
