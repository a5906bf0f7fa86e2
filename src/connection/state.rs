//! The state of a connection, and the matching action for its transport
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)).

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
