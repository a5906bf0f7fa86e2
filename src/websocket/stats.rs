//! The counters of a connection, for metrics.

use core::time::Duration;

/// What a connection has received and sent since it was opened.
///
/// All numbers except the [`round_trip`](Self::round_trip) only grow. Read them at intervals, and
/// pass them to the library that collects metrics.
///
/// ```
/// use bytes::Buf;
/// use websocket_proto::connection::{Client, Server};
/// use websocket_proto::{WebSocket, handshake::Opened, websocket::Config};
///
/// let mut client = WebSocket::new(Client::new([7; 32]), Config::new(), Opened::new());
/// let mut server = WebSocket::new(Server, Config::new(), Opened::new());
/// client.send("Hello".into())?;
/// let output = client.output();
/// server.input().extend_from_slice(&output.copy_to_bytes(output.remaining()));
/// server.receive()?;
///
/// let stats = server.stats();
/// assert_eq!((stats.received.messages, stats.received.bytes), (1, 5));
/// assert_eq!(client.stats().sent, stats.received);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// What has arrived from the peer and was processed.
    ///
    /// A message counts when the connection finds its end, which may be before the application
    /// takes it. A [skipped](crate::connection::Oversized::Skip) message counts too. If the
    /// application takes only some parts of a message, the other parts count too. After an error of
    /// the peer nothing more is counted. The message with the error does not count in
    /// [`messages`](Traffic::messages), but its processed bytes count in [`bytes`](Traffic::bytes).
    pub received: Traffic,
    /// What was queued for the peer. Frames in the queue count as sent, as in
    /// [`state`](super::WebSocket::state). A message that was rejected does not count.
    pub sent: Traffic,
    /// The time from the last answered Ping of the [`Keepalive`](super::Keepalive) to its Pong.
    ///
    /// The value is `None` until a Ping was answered. The time begins when the Ping has been
    /// written, and ends when the Pong is processed. Without an adapter, both moments are those of
    /// the next call of [`deadline`](super::WebSocket::deadline), because that call passes the
    /// time. The Pings of the keepalive are empty, and every empty Pong counts as their answer. So
    /// give other Pings a payload.
    pub round_trip: Option<Duration>,
}

/// What one direction of a connection has carried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traffic {
    /// The number of text and binary messages. A message in several frames counts once, at its last
    /// frame.
    pub messages: u64,
    /// The length of the payloads of messages in bytes, without compression, as the application
    /// sees them. The bytes of a message in progress count when they are processed. The bytes of a
    /// skipped message count at its end.
    pub bytes: u64,
    /// The length of the same payloads in bytes, as the frames carry them. It equals `bytes` if no
    /// message was compressed. Frame headers and control frames do not count.
    pub compressed_bytes: u64,
    /// The number of Pings, including those of the [`Keepalive`](super::Keepalive).
    pub pings: u64,
}
