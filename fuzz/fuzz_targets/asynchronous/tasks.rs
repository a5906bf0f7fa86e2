//! The tasks that use a WebSocket. Each does a list of operations, then closes, and waits for the
//! end.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;

use futures_core::{FusedStream as _, Stream as _};
use futures_sink::Sink as _;
use websocket_proto::asynchronous::{ReadHalf, Transport, WebSocketStream, WriteHalf};
use websocket_proto::connection::Role;
use websocket_proto::deflate::Compression;
use websocket_proto::io::Error;
use websocket_proto::websocket::{MessageRef, Prepared};
use websocket_proto::{CloseCode, Message};

use crate::conditions::Conditions;
use crate::talk::{Ear, Said, Talk, message};
use crate::{Op, Patience};

/// Polls a future until it is ready, but drops it if it is pending after `patience` polls, or if
/// everything shall stop.
pub async fn patiently<F: Future>(future: F, patience: Patience, talk: &Talk) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut polls = 0;
    let mut is_over = false;
    let result = poll_fn(|context| {
        if is_over || (talk.stop.get() && polls > 0) {
            return Poll::Ready(None);
        }
        polls += 1;
        if let Poll::Ready(result) = future.as_mut().poll(context) {
            return Poll::Ready(Some(result));
        }
        if talk.stop.get() {
            return Poll::Ready(None);
        }
        if patience.is_some_and(|most| polls > u32::from(most)) {
            is_over = true;
            context.waker().wake_by_ref();
        }
        Poll::Pending
    })
    .await;
    if result.is_some() {
        talk.done.set(talk.done.get() + 1);
    }
    result
}

/// The methods that receive, for the whole and for the half that receives.
macro_rules! receive {
    ($socket:expr, $op:expr, $patience:expr, $ear:expr) => {{
        let (socket, patience, ear) = ($socket, $patience, &mut *$ear);
        let own = Rc::clone(&ear.own);
        match $op {
            Op::Next => {
                if let Some(received) = patiently(socket.next(), patience, &own).await {
                    ear.received(received);
                }
            }
            Op::NextRef => {
                let received = patiently(socket.next_ref(), patience, &own).await;
                let received = received.map(|received| {
                    received.map(|received| received.map(|message: MessageRef<'_>| message.into()))
                });
                if let Some(received) = received {
                    ear.received(received);
                }
            }
            Op::NextPart => match patiently(socket.next_part(), patience, &own).await {
                None => {}
                Some(Some(Ok(part))) => {
                    assert!(!own.is_over.get(), "a part after the end");
                    ear.part(part);
                }
                Some(Some(Err(error))) => ear.error_of_next(&error),
                Some(None) => own.is_over.set(true),
            },
            Op::Finish => {
                own.finished_early.set(true);
                ear.peer.finished_early.set(true);
                if let Some(Err(error)) = patiently(socket.finish(), patience, &own).await {
                    ear.error(&error);
                }
            }
            Op::ReleaseMemory => socket.release_memory(),
            _ => {}
        }
    }};
}

/// The methods that send, for the whole and for the half that sends.
macro_rules! send {
    ($socket:expr, $op:expr, $patience:expr, $ear:expr, $conditions:expr) => {{
        let (socket, patience, ear, conditions) = ($socket, $patience, &mut *$ear, $conditions);
        let own = Rc::clone(&ear.own);
        match $op {
            Op::Feed(size) => {
                let (number, kind, payload) = own.message(size, conditions.longest());
                let sent = patiently(socket.feed(message(kind, payload)), patience, &own).await;
                if sent.is_none() {
                    // It waited for room.
                    own.is_said(number, Said::Refused);
                }
                ear.sent(number, sent);
            }
            Op::Send(size) => {
                let (number, kind, payload) = own.message(size, conditions.longest());
                let sent = patiently(socket.send(message(kind, payload)), patience, &own).await;
                ear.sent(number, sent);
            }
            Op::TrySend(size) => {
                let (number, kind, payload) = own.message(size, conditions.longest());
                ear.sent(number, Some(socket.try_send(message(kind, payload))));
            }
            Op::FeedPrepared(size) | Op::SendPrepared { size, .. } => {
                let (number, kind, payload) = own.message(size, conditions.longest());
                let mut prepared = match message(kind, payload) {
                    Message::Text(text) => Prepared::text(text),
                    message => Prepared::binary(message.into_payload().expect("bytes")),
                };
                let sent = match $op {
                    Op::SendPrepared { compressed, .. } => {
                        if compressed {
                            prepared = prepared.compressed(&conditions.deflate());
                        }
                        patiently(socket.send_prepared(&prepared), patience, &own).await
                    }
                    _ => patiently(socket.feed_prepared(&prepared), patience, &own).await,
                };
                ear.sent(number, sent);
            }
            Op::Fragments(size) if !own.is_vague.get() => {
                let (number, kind, mut payload) = own.message(size, conditions.longest());
                let first = payload.split_to(payload.len() / 2);
                let sent =
                    patiently(socket.send_fragment(kind, false, first), patience, &own).await;
                let is_begun = matches!(sent, Some(Ok(())));
                match sent {
                    Some(Ok(())) => {
                        let rest = socket.send_fragment(kind, true, payload);
                        let sent = patiently(rest, patience, &own).await;
                        if !matches!(sent, Some(Ok(()))) {
                            own.is_vague.set(true);
                        }
                        ear.sent(number, sent);
                    }
                    sent => ear.sent(number, sent),
                }
                own.is_vague.set(own.is_vague.get() || !is_begun);
            }
            Op::Ping => {
                let ping = patiently(socket.feed(Message::ping("i")), patience, &own).await;
                if let Some(Err(error @ Error::Unsent { .. })) = ping {
                    ear.error(&error);
                }
            }
            Op::Pong => {
                let pong = patiently(socket.send(Message::pong("o")), patience, &own).await;
                if let Some(Err(error @ (Error::Io(_) | Error::Protocol(_)))) = pong {
                    ear.error(&error);
                }
            }
            Op::Ready => ear.flushed(patiently(socket.ready(), patience, &own).await),
            Op::Flush => ear.flushed(patiently(socket.flush(), patience, &own).await),
            Op::Close { code } => {
                let close = socket.close(CloseCode(code), "");
                ear.flushed(patiently(close, patience, &own).await);
            }
            Op::SetCompression(choice) => socket.set_compression(match choice % 3 {
                0 => Compression::Auto,
                1 => Compression::Yes,
                _ => Compression::No,
            }),
            Op::ReleaseMemory => socket.release_memory(),
            _ => {}
        }
    }};
}

/// One task with the whole.
pub async fn whole<T: Transport + Unpin, R: Role + Unpin>(
    mut socket: WebSocketStream<T, R>,
    ops: Vec<(Op, Patience)>,
    mut ear: Ear,
    conditions: Conditions,
) {
    let own = Rc::clone(&ear.own);
    for (op, patience) in ops {
        receive!(&mut socket, op, patience, &mut ear);
        match op {
            Op::Both => both(&mut socket, patience, &mut ear).await,
            Op::SplitAndReunite { send } => {
                let (mut reader, mut writer) = socket.into_split();
                send!(&mut writer, Op::Send(send), patience, &mut ear, &conditions);
                receive!(&mut reader, Op::Next, patience, &mut ear);
                socket = reader.reunite(writer).expect("they belong together");
            }
            Op::ReleaseMemory => {}
            op => send!(&mut socket, op, patience, &mut ear, &conditions),
        }
        if own.stop.get() {
            break;
        }
    }
    own.stop.set(true);
    ear.flushed(Some(socket.close(CloseCode::NORMAL, "bye").await));
    while !own.is_over.get() {
        ear.received(socket.next().await);
    }
    assert!(socket.is_terminated());
    assert!(socket.next().await.is_none());
    if let Err(error) = socket.finish().await {
        ear.error(&error);
    }
}

/// Waits for a message and for the flush, whichever comes first.
pub async fn both<T: Transport + Unpin, R: Role + Unpin>(
    socket: &mut WebSocketStream<T, R>,
    patience: Patience,
    ear: &mut Ear,
) {
    let own = Rc::clone(&ear.own);
    let waiting = poll_fn(|context| {
        if let Poll::Ready(received) = Pin::new(&mut *socket).poll_next(context) {
            return Poll::Ready(Ok(received));
        }
        Pin::new(&mut *socket).poll_flush(context).map(Err)
    });
    match patiently(waiting, patience, &own).await {
        None => {}
        Some(Ok(received)) => ear.received(received),
        Some(Err(flushed)) => ear.flushed(Some(flushed)),
    }
}

/// The halves that have ended.
pub type Ends<T, R> = Rc<RefCell<(Option<ReadHalf<T, R>>, Option<WriteHalf<T, R>>)>>;

/// The task with the half that receives.
pub async fn reading<T: Transport + Unpin, R: Role>(
    mut reader: ReadHalf<T, R>,
    ops: Vec<(Op, Patience)>,
    mut ear: Ear,
    ends: Ends<T, R>,
) {
    let own = Rc::clone(&ear.own);
    for (op, patience) in ops {
        receive!(&mut reader, op, patience, &mut ear);
        if own.stop.get() {
            break;
        }
    }
    while !own.is_over.get() {
        ear.received(reader.next().await);
    }
    assert!(reader.is_terminated());
    if let Err(error) = reader.finish().await {
        ear.error(&error);
    }
    ends.borrow_mut().0 = Some(reader);
    join(&ends);
}

/// The task with the half that sends.
pub async fn writing<T: Transport, R: Role>(
    mut writer: WriteHalf<T, R>,
    ops: Vec<(Op, Patience)>,
    mut ear: Ear,
    conditions: Conditions,
    ends: Ends<T, R>,
) {
    for (op, patience) in ops {
        send!(&mut writer, op, patience, &mut ear, &conditions);
        if ear.own.stop.get() {
            break;
        }
    }
    ear.flushed(Some(writer.close(CloseCode::NORMAL, "bye").await));
    ends.borrow_mut().1 = Some(writer);
    join(&ends);
}

pub fn join<T: Transport, R: Role>(ends: &Ends<T, R>) {
    let mut ends = ends.borrow_mut();
    if ends.0.is_some()
        && let Some(writer) = ends.1.take()
        && let Some(reader) = ends.0.take()
    {
        drop(reader.reunite(writer).expect("they belong together"));
    }
}

/// The task that receives from a whole that it shares.
pub async fn streaming<T: Transport + Unpin, R: Role + Unpin>(
    socket: Rc<RefCell<WebSocketStream<T, R>>>,
    ops: Vec<(Op, Patience)>,
    mut ear: Ear,
) {
    let own = Rc::clone(&ear.own);
    let next = || poll_fn(|context| Pin::new(&mut *socket.borrow_mut()).poll_next(context));
    for (_, patience) in ops {
        if let Some(received) = patiently(next(), patience, &own).await {
            ear.received(received);
        }
        if own.stop.get() {
            break;
        }
    }
    while !own.is_over.get() {
        ear.received(next().await);
    }
    assert!(socket.borrow().is_terminated());
}

/// The task that sends to a whole that it shares.
pub async fn sinking<T: Transport + Unpin, R: Role + Unpin>(
    socket: Rc<RefCell<WebSocketStream<T, R>>>,
    ops: Vec<(Op, Patience)>,
    mut ear: Ear,
    conditions: Conditions,
) {
    let own = Rc::clone(&ear.own);
    let ready = || poll_fn(|context| Pin::new(&mut *socket.borrow_mut()).poll_ready(context));
    let flush = || poll_fn(|context| Pin::new(&mut *socket.borrow_mut()).poll_flush(context));
    let close = || poll_fn(|context| Pin::new(&mut *socket.borrow_mut()).poll_close(context));
    for (op, patience) in ops {
        match op {
            Op::Feed(size) | Op::Send(size) | Op::TrySend(size) | Op::FeedPrepared(size) => {
                match patiently(ready(), patience, &own).await {
                    None => continue,
                    Some(Err(error)) => {
                        ear.error(&error);
                        continue;
                    }
                    Some(Ok(())) => {}
                }
                let (number, kind, payload) = own.message(size, conditions.longest());
                let message = message(kind, payload);
                let sent = Pin::new(&mut *socket.borrow_mut()).start_send(message);
                ear.sent(number, Some(sent));
                if matches!(op, Op::Send(_)) {
                    ear.flushed(patiently(flush(), patience, &own).await);
                }
            }
            Op::Flush => ear.flushed(patiently(flush(), patience, &own).await),
            Op::Close { .. } => ear.flushed(patiently(close(), patience, &own).await),
            _ => {}
        }
        if own.stop.get() {
            break;
        }
    }
    ear.flushed(Some(close().await));
}
