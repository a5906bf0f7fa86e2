//! The life of an open WebSocket: it joins a room, sends what waits in its queue, and passes on
//! what it receives.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use websocket_proto::tokio::{CloseCode, Error, ReadHalf, Server, ServerStream, WriteHalf};
use websocket_proto::{Message, Utf8Bytes};

use crate::protocol::{FromMember, ToMember, check_stroke};
use crate::room::{Membership, Outgoing, Seat};
use crate::rooms::Rooms;
use crate::{Failure, explain};

/// How long a new connection may take to say which room it joins.
const JOIN_TIMEOUT: Duration = Duration::from_secs(10);

/// How often the latency is measured.
const PING_PERIOD: Duration = Duration::from_secs(5);

type Reader<S> = ReadHalf<S, Server>;
type Writer<S> = WriteHalf<S, Server>;

/// Why the server closes a connection. `None` means that the member has closed it.
type Goodbye = Option<(CloseCode, &'static str)>;

const SHUTDOWN: Goodbye = Some((CloseCode::GOING_AWAY, "the server shuts down"));
/// RFC 6455 has no code of its own for a slow reader. 1013 asks the member to come back later.
const TOO_SLOW: Goodbye =
    Some((CloseCode::TRY_AGAIN_LATER, "too many messages waited: the connection is too slow"));
const NO_BUS: Goodbye =
    Some((CloseCode::TRY_AGAIN_LATER, "the room cannot be reached at the moment"));
const NOT_JOINED: Goodbye =
    Some((CloseCode::POLICY_VIOLATION, "the first message must be a join, within 10 seconds"));

/// Runs the connection to its end.
pub(crate) async fn run<S: AsyncRead + AsyncWrite + Unpin>(
    socket: ServerStream<S>,
    rooms: &Rooms,
    going_away: watch::Receiver<()>,
) -> Result<(), Failure> {
    // A half for each direction: a member that reads slowly can still speak.
    let (mut reader, mut writer) = socket.into_split();
    let goodbye = converse(&mut reader, &mut writer, rooms, going_away).await?;
    if let Some((code, reason)) = goodbye {
        // Reading goes on while the Close is written: the member may be stuck in a write itself.
        tokio::join! {
            biased;
            async { _ = writer.close(code, reason).await },
            async { _ = reader.finish().await },
        };
    }
    Ok(())
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    reader: &mut Reader<S>,
    writer: &mut Writer<S>,
    rooms: &Rooms,
    mut going_away: watch::Receiver<()>,
) -> Result<Goodbye, Failure> {
    let request = tokio::select! {
        request = timeout(JOIN_TIMEOUT, receive_join(reader)) => request,
        _ = going_away.changed() => return Ok(SHUTDOWN),
    };
    let (room, name) = match request {
        Ok(Ok(Some(join))) => join,
        Ok(Ok(None)) => return Ok(None),
        Ok(Err(error)) => return ended(error),
        Err(_) => return Ok(NOT_JOINED),
    };
    let Membership { person, kept, mut queue, dropped, seat } = match rooms.join(&room, &name).await
    {
        Ok(membership) => membership,
        Err(error) => {
            eprintln!("cannot open a room: {}", explain(&*error));
            return Ok(NO_BUS);
        }
    };

    let start = Instant::now();
    let sending = async {
        writer.feed(ToMember::Welcome { id: &person.id, room: &room }.to_json()).await?;
        for message in kept {
            writer.feed_prepared(&message).await?;
        }
        let mut pings = interval(PING_PERIOD);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            writer.flush().await?;
            tokio::select! {
                message = queue.recv() => match message {
                    Some(message) => feed(writer, message).await?,
                    None => return Ok(()),
                },
                _ = pings.tick() => writer.feed(ping(start)).await?,
            }
            // What waits leaves in one write.
            while let Ok(message) = queue.try_recv() {
                feed(writer, message).await?;
            }
        }
    };
    // `sending` may be dropped at any await: only the message that it waits to queue is lost, and
    // no part of it has been sent.
    tokio::select! {
        received = receive(reader, &seat, start) => received,
        sent = sending => match sent {
            Ok(()) => Ok(TOO_SLOW),
            Err(error) => ended(error),
        },
        () = dropped.notified() => Ok(TOO_SLOW),
        _ = going_away.changed() => Ok(SHUTDOWN),
    }
}

/// Waits for the first message. Returns the room and the name, or `None` if the member has left.
async fn receive_join<S: AsyncRead + AsyncWrite + Unpin>(
    reader: &mut Reader<S>,
) -> Result<Option<(String, String)>, Error> {
    while let Some(message) = reader.next().await {
        if let Message::Text(text) = message?
            && let Ok(FromMember::Join { room, name }) = FromMember::parse(&text)
        {
            return Ok(Some((room, name)));
        }
    }
    Ok(None)
}

/// Passes on what the member sends, until it leaves.
async fn receive<S: AsyncRead + AsyncWrite + Unpin>(
    reader: &mut Reader<S>,
    seat: &Seat,
    start: Instant,
) -> Result<Goodbye, Failure> {
    while let Some(message) = reader.next().await {
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

/// Returns the time since the Ping that a Pong answers. Pongs that answer no Ping of ours have
/// other payloads.
fn latency(payload: &[u8], start: Instant) -> Option<Duration> {
    let sent = Duration::from_micros(u64::from_be_bytes(payload.try_into().ok()?));
    start.elapsed().checked_sub(sent)
}

/// A member that is gone without a Close is nothing to report.
fn ended(error: Error) -> Result<Goodbye, Failure> {
    if error.is_disconnected() { Ok(None) } else { Err(error.into()) }
}
