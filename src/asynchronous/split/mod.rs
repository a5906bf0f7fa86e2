//! The two halves of a WebSocket, for two tasks.

mod read_half;
mod write_half;

use alloc::sync::Arc;
use std::sync::PoisonError;

use super::wire::{Access, Wire, wake};
use super::{Transport, WebSocketStream};
use crate::connection::Role;
use crate::handshake::Opened;
use crate::sync::Mutex;
use crate::websocket::{MessageSender, ReuniteError, WebSocket};

pub use read_half::ReadHalf;
pub use write_half::WriteHalf;

impl<T: Transport, R: Role> WebSocketStream<T, R> {
    /// Splits the WebSocket into two halves, for a task that receives and a task that sends. The
    /// half that receives still answers Pings and a Close.
    ///
    /// The halves share the transport and the queue under a lock. The lock is never held across an
    /// await, and it is not held while received messages are processed.
    ///
    /// ```no_run
    /// # async fn chat(
    /// #     socket: websocket_proto::tokio::ServerStream<tokio::net::TcpStream>,
    /// #     mut news: tokio::sync::mpsc::Receiver<String>,
    /// # ) {
    /// let (mut reader, mut writer) = socket.into_split();
    /// tokio::spawn(async move {
    ///     while let Some(text) = news.recv().await {
    ///         if writer.send(text).await.is_err() {
    ///             break;
    ///         }
    ///     }
    /// });
    /// while let Some(Ok(message)) = reader.next().await {
    ///     println!("{message:?}");
    /// }
    /// # }
    /// ```
    ///
    /// By default the half that receives answers the Close of the peer at once, and nothing can be
    /// sent after this answer. If the program must still send replies then, set
    /// [`Config::answer_close`](crate::websocket::Config::answer_close) to `false`.
    pub fn into_split(self) -> (ReadHalf<T, R>, WriteHalf<T, R>) {
        let opened = self.opened().clone();
        let Self { websocket, mut wire, turn } = self;
        let (receiver, sender) = websocket.into_split();
        wire.share();
        let shared = Arc::new(Mutex::new((sender, wire)));
        let reader = ReadHalf {
            receiver,
            turn,
            shared: SharedWire { shared: Arc::clone(&shared), opened: opened.clone() },
        };
        (reader, WriteHalf(SharedWire { shared, opened }))
    }
}

impl<T: Transport, R: Role> ReadHalf<T, R> {
    /// Joins both halves of a WebSocket.
    ///
    /// # Errors
    /// Returns both halves if they belong to different WebSockets.
    pub fn reunite(
        self,
        writer: WriteHalf<T, R>,
    ) -> Result<WebSocketStream<T, R>, ReuniteError<Self, WriteHalf<T, R>>> {
        if !Arc::ptr_eq(&self.shared.shared, &writer.0.shared) {
            return Err(ReuniteError::new(self, writer));
        }
        let Self { receiver, turn, shared: SharedWire { shared: ours, .. } } = self;
        let SharedWire { shared, opened } = writer.0;
        let halves = |receiver, turn, shared: Arc<_>| {
            let ours = SharedWire { shared: Arc::clone(&shared), opened: opened.clone() };
            let writer = WriteHalf(SharedWire { shared, opened: opened.clone() });
            Err(ReuniteError::new(Self { receiver, turn, shared: ours }, writer))
        };
        drop(ours);
        let (sender, mut wire) = match Arc::try_unwrap(shared) {
            Ok(mutex) => mutex.into_inner().unwrap_or_else(PoisonError::into_inner),
            // This does not happen: there are only two halves, and the other reference was dropped
            // above.
            Err(shared) => return halves(receiver, turn, shared),
        };
        match WebSocket::reunite(receiver, sender) {
            Ok(websocket) => {
                wire.unshare();
                Ok(WebSocketStream { websocket, wire, turn })
            }
            // This does not happen: the halves of one stream hold the halves of one connection.
            Err(error) => {
                let (receiver, sender) = error.into_halves();
                halves(receiver, turn, Arc::new(Mutex::new((sender, wire))))
            }
        }
    }
}

/// The sending half and the transport, which both halves share.
#[derive(Debug)]
pub(super) struct SharedWire<T, R> {
    shared: Arc<Mutex<(MessageSender<R>, Wire<T>)>>,
    /// A copy that can be read without the lock.
    opened: Opened,
}

impl<T, R: Role> SharedWire<T, R> {
    /// Calls `act` with both, under the lock.
    pub(super) fn with<O>(&self, act: impl FnOnce(&mut MessageSender<R>, &mut Wire<T>) -> O) -> O {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let (sender, wire) = &mut *shared;
        let (result, woken) = wire.act(sender, act);
        drop(shared);
        wake(woken);
        result
    }
}

impl<T, R: Role> Access<T, R> for SharedWire<T, R> {
    fn with<O>(&mut self, act: impl FnOnce(&mut MessageSender<R>, &mut Wire<T>) -> O) -> O {
        Self::with(self, act)
    }
}
