//! The counters of a connection, for metrics.

use core::time::Duration;

/// What a connection has received and sent since it was opened.
///
/// All numbers only grow. Read them now and then, and pass them on to the library that collects
/// metrics.
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
    /// takes it. A [skipped](crate::connection::Oversized::Skip) message counts too, and so does
    /// the rest of a message that the application took in parts and then left. After an error of
    /// the peer nothing more is counted. The message with the error does not count, but those of
    /// its bytes that were processed do.
    pub received: Traffic,
    /// What was queued for the peer. Frames in the queue count as sent, as in
    /// [`state`](super::WebSocket::state). A message that was rejected does not count.
    pub sent: Traffic,
    /// The time from the last answered Ping of the [`Keepalive`](super::Keepalive) to its Pong.
    ///
    /// It is `None` until a Ping was answered. It begins when the Ping has been written, and ends
    /// when the Pong is processed. The program passes the time to
    /// [`deadline`](super::WebSocket::deadline), so without an adapter the times are those of the
    /// calls of `deadline`. The Pings of the keepalive are empty, and so is a Pong that counts as
    /// their answer: give other Pings a payload.
    pub round_trip: Option<Duration>,
}

/// What one direction of a connection has carried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traffic {
    /// The number of text and binary messages. A message in several frames counts once, at its last
    /// frame.
    pub messages: u64,
    /// The length of the payloads of messages in bytes, without compression: as the application
    /// sees them. The bytes of a message in progress count as they are processed, except those of a
    /// message that is skipped, which count at its end.
    pub bytes: u64,
    /// The length of the same payloads in bytes, as the frames carry them. It equals `bytes` if no
    /// message was compressed. Frame headers and control frames do not count.
    pub compressed_bytes: u64,
    /// The number of Pings, with those of the [`Keepalive`](super::Keepalive).
    pub pings: u64,
}
