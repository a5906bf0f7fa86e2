//! How far a connection is, and what that means for its transport.

/// Where a connection is in its closing handshake (RFC 6455 7).
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
/// A protocol error leads from anywhere to `Closed`, and so does the end of the transport, but for
/// an answer that is still to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Messages go both ways.
    Open,
    /// We have sent a Close, and the peer has not. Messages still come.
    LocalClosing,
    /// The peer has sent a Close, and our answer has not been written yet.
    RemoteClosing,
    /// Both have sent a Close, or the connection has failed, or the transport has ended.
    Closed,
}

/// What to do with the transport, once what has been written to an output has been flushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportAction {
    /// Read and write on.
    Keep,
    /// Shut the sending side down, then read until the end, which may be given a time limit, and
    /// drop what comes. To drop the transport at once might destroy the Close on its way
    /// (RFC 6455 7.1.1).
    ShutdownWrite,
    /// Drop it: nothing more will come or go.
    Drop,
}
