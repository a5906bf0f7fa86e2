//! The state of a connection, and the matching action for its transport
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)).

use crate::close::{CloseCode, CloseFrame};

/// The state of a connection in the closing handshake (RFC 6455, section 7).
///
/// ```text
///                    ┌──────┐
///        close() ┌───┤ Open ├───┐ Close received: its answer waits for poll_transmit()
///                │   └──┬───┘   │
///     ┌──────────▼───┐  │  ┌────▼──────────┐
///     │ LocalClosing │  │  │ RemoteClosing │
///     └──────────┬───┘  │  └────┬──────────┘
/// Close received │      │       │ answer written
///                │   ┌──▼─────┐ │
///                └───► Closed ◄─┘
///                    └────────┘
/// ```
///
/// A protocol error leads from every state to `Closed`. The end of the transport does so too, but
/// in `RemoteClosing` the answer must be written first.
///
/// This enum is exhaustive on purpose, because RFC 6455, section 7, has no other state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Messages may be sent and received.
    Open,
    /// We have sent a Close, and the peer has not. Messages may still arrive.
    LocalClosing,
    /// The peer has sent a Close, and our answer has not been written yet.
    RemoteClosing,
    /// Both endpoints have sent a Close, or the connection has failed, or the transport has ended.
    Closed,
}

/// The action for the transport, after all output so far has been flushed.
///
/// This enum is exhaustive on purpose: an action that a caller does not know cannot be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportAction {
    /// Continue to read and write.
    Keep,
    /// Shut down the sending side. Then read until the end of the stream and drop the bytes; a time
    /// limit for this is allowed. If the transport is dropped at once, the peer may not receive the
    /// Close (RFC 6455, section 7.1.1).
    ShutdownWrite,
    /// Drop the transport. No more bytes will be sent or received.
    Drop,
}

/// One of the two endpoints of a connection.
///
/// This enum is exhaustive on purpose, because a connection has no other endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// This endpoint.
    Local,
    /// The other endpoint.
    Peer,
}

/// How a connection ended (RFC 6455, sections 7.1.4 to 7.1.6).
///
/// This struct is non-exhaustive, because a later version may report more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CloseInfo<'c> {
    /// The close code: the code of the peer's Close, 1005 if that Close had no code, and 1006 if no
    /// Close arrived (RFC 6455, section 7.1.5).
    pub code: CloseCode,
    /// The close reason: the reason of the peer's Close, or an empty text (RFC 6455, section 7.1.6).
    pub reason: &'c str,
    /// The endpoint that sent the first Close. `None` if no Close was sent or received.
    pub began: Option<Endpoint>,
    /// Whether both endpoints sent a Close (RFC 6455, section 7.1.4).
    pub is_clean: bool,
}

impl<'c> CloseInfo<'c> {
    /// Describes an end. `received` is the Close of the peer, if it has arrived. `sent` is the
    /// endpoint that began to close, if a Close has been sent.
    #[must_use]
    pub fn new(received: Option<Option<&'c CloseFrame>>, sent: Option<Endpoint>) -> Self {
        let (code, reason) = match received {
            Some(Some(frame)) => (frame.code(), frame.reason()),
            Some(None) => (CloseCode::NO_STATUS, ""),
            None => (CloseCode::ABNORMAL, ""),
        };
        let peer_closed = received.is_some();
        let began = sent.or(peer_closed.then_some(Endpoint::Peer));
        Self { code, reason, began, is_clean: peer_closed && sent.is_some() }
    }
}

/// Decides who closes the transport, and when (RFC 6455, section 7.1.1).
///
/// `eof` tells whether the transport has ended, and `failed` whether the connection has failed.
#[must_use]
pub fn transport_action(
    is_client: bool,
    state: State,
    owes_close: bool,
    failed: bool,
    eof: bool,
) -> TransportAction {
    if owes_close || state != State::Closed {
        // A Close is still to be sent, or messages may still arrive.
        TransportAction::Keep
    } else if eof {
        TransportAction::Drop
    } else if !is_client || failed {
        // RFC 6455, section 7.1.1: the server closes the transport first.
        // RFC 6455, section 7.1.7: the endpoint that fails a connection closes the transport.
        TransportAction::ShutdownWrite
    } else {
        // RFC 6455, section 7.1.1: the client waits for the server to close the transport.
        TransportAction::Keep
    }
}
