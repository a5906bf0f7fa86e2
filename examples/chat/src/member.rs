//! An open WebSocket: the member joins a room, receives the messages in its queue, and its own
//! messages are passed on to the room.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use websocket_proto::tokio::{
    self as adapter, CloseCode, CloseFrame, Error, Prepared, ServerStream,
};
use websocket_proto::{Message, Utf8Bytes};

use crate::pace::Pace;
use crate::protocol::{FromMember, ToMember, check_stroke};
use crate::room::{Membership, Outgoing, Seat};
use crate::server::Server;
use crate::{Failure, explain};

/// How long a new connection may take to say which room it joins.
const JOIN_TIMEOUT: Duration = Duration::from_secs(10);

/// How often the latency is measured.
const PING_PERIOD: Duration = Duration::from_secs(5);

type Reader<S> = adapter::ReadHalf<S, adapter::Server>;
type Writer<S> = adapter::WriteHalf<S, adapter::Server>;

/// The reason why the server closes a connection. `None` means that the member has left.
type Goodbye = Option<CloseFrame>;

/// Runs the connection to its end.
pub(crate) async fn run<S: AsyncRead + AsyncWrite + Unpin>(
    socket: ServerStream<S>,
    server: &Server,
    going_away: watch::Receiver<()>,
) -> Result<(), Failure> {
    // A half for each direction, so that a member that reads slowly can still send.
    let (mut reader, mut writer) = socket.into_split();
    if let Some(frame) = converse(&mut reader, &mut writer, server, going_away).await? {
        // Reading goes on while the Close is written, because the member may not read the Close
        // before its own message is written.
        tokio::join! {
            biased;
            async { _ = writer.close(frame.code(), frame.reason()).await },
            async { _ = reader.finish().await },
        };
    }
    Ok(())
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    reader: &mut Reader<S>,
    writer: &mut Writer<S>,
    server: &Server,
    mut going_away: watch::Receiver<()>,
) -> Result<Goodbye, Failure> {
    let request = tokio::select! {
        request = timeout(JOIN_TIMEOUT, receive_join(reader)) => request,
        _ = going_away.changed() => return Ok(shutdown()),
    };
    let (room, name) = match request {
        Ok(Ok(Some(Ok(join)))) => join,
        Ok(Ok(Some(Err(why)))) => return Ok(goodbye(CloseCode::POLICY_VIOLATION, &why)),
        Ok(Ok(None)) => return Ok(None),
        Ok(Err(error)) => return ended(error),
        Err(_) => {
            return Ok(goodbye(CloseCode::POLICY_VIOLATION, "no join came within 10 seconds"));
        }
    };
    let Membership { person, kept, mut queue, dropped, seat } =
        match server.rooms.join(&room, &name).await {
            Ok(membership) => membership,
            Err(error) => {
                eprintln!("cannot open a room: {}", explain(&*error));
                let why = "the room cannot be reached at the moment";
                return Ok(goodbye(CloseCode::TRY_AGAIN_LATER, why));
            }
        };

    let start = Instant::now();
    let welcome = ToMember::Welcome { id: &person.id, room: &room }.to_json();
    let sending = send(writer, welcome, kept, &mut queue, start);
    let mut receiving = pin!(receive(reader, &seat, server.rate, start));
    // `sending` may be dropped at any await. Only the message that waits for room in the queue is
    // lost, and no part of it has been sent.
    tokio::select! {
        received = &mut receiving => received,
        // The connection is about to end, for a reason that the receiving half returns. This half
        // first completes the closing handshake, within the close time-out. If the connection were
        // dropped here, the member might not receive the Close.
        _failed = sending => receiving.await,
        () = dropped.notified() => Ok(too_slow()),
        _ = going_away.changed() => Ok(shutdown()),
    }
}

/// Waits for the first message. Returns the room and the name, or the reason why the message is not
/// a join, or `None` if the member has left.
async fn receive_join<S: AsyncRead + AsyncWrite + Unpin>(
    reader: &mut Reader<S>,
) -> Result<Option<Result<(String, String), String>>, Error> {
    while let Some(message) = reader.next().await {
        let joined = match message? {
            Message::Text(text) => match FromMember::parse(&text) {
                Ok(FromMember::Join { room, name }) => Ok((room.trim().to_owned(), name)),
                Ok(_) => Err("the first message must be a join".to_owned()),
                Err(why) => Err(why.into_owned()),
            },
            Message::Binary(_) => Err("the first message must be a join".to_owned()),
            _ => continue,
        };
        return Ok(Some(joined));
    }
    Ok(None)
}

/// Sends the welcome and the kept messages. Then it sends the messages in the queue, and a Ping
/// every few seconds. It ends only with an error.
async fn send<S: AsyncRead + AsyncWrite + Unpin>(
    writer: &mut Writer<S>,
    welcome: String,
    kept: Vec<Arc<Prepared>>,
    queue: &mut mpsc::Receiver<Outgoing>,
    start: Instant,
) -> Result<(), Error> {
    writer.feed(welcome).await?;
    for message in kept {
        writer.feed_prepared(&message).await?;
    }
    let mut pings = interval(PING_PERIOD);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        writer.flush().await?;
        tokio::select! {
            Some(message) = queue.recv() => feed(writer, message).await?,
            _ = pings.tick() => writer.feed(ping(start)).await?,
        }
        // All messages that wait are flushed together.
        while let Ok(message) = queue.try_recv() {
            feed(writer, message).await?;
        }
    }
}

/// Passes on the messages of the member until it leaves.
async fn receive<S: AsyncRead + AsyncWrite + Unpin>(
    reader: &mut Reader<S>,
    seat: &Seat,
    rate: u32,
    start: Instant,
) -> Result<Goodbye, Failure> {
    let mut pace = Pace::new(rate);
    while let Some(message) = reader.next().await {
        pace.wait().await;
        let passed = match message {
            Ok(Message::Text(text)) => pass_text(&text, seat).await,
            Ok(Message::Binary(stroke)) => match check_stroke(&stroke) {
                Ok(()) => seat.draw(stroke).await,
                Err(why) => Err(why.into()),
            },
            Ok(Message::Pong(payload)) => {
                if let Some(latency) = latency(&payload, start) {
                    let milliseconds = latency.as_secs_f64() * 1000.0;
                    seat.tell(&ToMember::Latency { milliseconds });
                }
                Ok(())
            }
            Ok(Message::Ping(_) | Message::Close(_) | Message::Oversized { .. }) => Ok(()),
            Err(error) => return ended(error),
        };
        if let Err(error) = passed {
            seat.tell(&ToMember::Failed { why: &explain(&*error) });
        }
    }
    Ok(None)
}

async fn pass_text(text: &Utf8Bytes, seat: &Seat) -> Result<(), Failure> {
    match FromMember::parse(text)? {
        FromMember::Join { .. } => Err("you are in a room already".into()),
        FromMember::Say { text } => seat.say(text.trim()).await,
        FromMember::Clear => seat.clear().await,
    }
}

async fn feed<S: AsyncRead + AsyncWrite + Unpin>(
    writer: &mut Writer<S>,
    message: Outgoing,
) -> Result<(), Error> {
    match message {
        Outgoing::Shared(message) => writer.feed_prepared(&message).await,
        Outgoing::Own(text) => writer.feed(text).await,
    }
}

/// Returns a Ping that carries the present time. Browsers answer it without the help of the page.
fn ping(start: Instant) -> Message {
    let now = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
    Message::ping(now.to_be_bytes().to_vec())
}

/// Returns the time since the Ping that a Pong answers, or `None` if the payload cannot be one of
/// ours.
fn latency(payload: &[u8], start: Instant) -> Option<Duration> {
    let sent = Duration::from_micros(u64::from_be_bytes(payload.try_into().ok()?));
    start.elapsed().checked_sub(sent)
}

/// A member that disappears without a Close is not an error to report.
fn ended(error: Error) -> Result<Goodbye, Failure> {
    if error.is_disconnected() { Ok(None) } else { Err(error.into()) }
}

fn shutdown() -> Goodbye {
    goodbye(CloseCode::GOING_AWAY, "the server shuts down")
}

/// RFC 6455 has no code for a slow reader. Code 1013 asks the member to connect again later.
fn too_slow() -> Goodbye {
    let why = "too many messages waited: the connection is too slow";
    goodbye(CloseCode::TRY_AGAIN_LATER, why)
}

fn goodbye(code: CloseCode, why: &str) -> Goodbye {
    CloseFrame::truncated(code, why).ok()
}
