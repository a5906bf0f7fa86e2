//! The two halves of a WebSocket, for two threads.

mod read_half;
mod write_half;

use alloc::sync::Arc;
use std::io;

use super::WebSocketStream;
use super::transport::WriteTimeout;
use super::write_side::WriteSide;
use crate::connection::Role;
use crate::sync::TcpStream;
use crate::websocket::{ReuniteError, WebSocket};

use read_half::Look;
pub use read_half::ReadHalf;
pub use write_half::WriteHalf;

impl<R: Role> WebSocketStream<TcpStream, R> {
    /// Splits the WebSocket into two halves, for a thread that reads and a thread that writes.
    ///
    /// Pings and a Close are still answered without the help of the application. The half that
    /// reads sends the answer, unless the other half is writing: then the other half sends it after
    /// its own write. The half that reads goes on reading even if the peer reads nothing.
    ///
    /// After the answer to a Close nothing can be sent. If the program must still send replies
    /// then, set [`Config::answer_close`](crate::websocket::Config::answer_close) to `false`.
    ///
    /// # Errors
    /// Returns the error of the operating system if the time-outs of the socket cannot be read.
    pub fn into_split(self) -> io::Result<(ReadHalf<R>, WriteHalf<R>)> {
        let opened = self.opened().clone();
        let Self { stream, websocket, driver, write_timeout, start } = self;
        write_timeout.restore(&stream);
        let own_timeout = stream.read_timeout()?;
        let (receiver, sender) = websocket.into_split();
        let write_side = Arc::new(WriteSide::new(stream, sender, driver, start)?);
        let reader = ReadHalf {
            receiver,
            heard: false,
            look: Look::default(),
            timeout: own_timeout,
            own_timeout,
            opened: opened.clone(),
            write_side: Arc::clone(&write_side),
        };
        Ok((reader, WriteHalf { write_side, opened }))
    }
}

impl<R: Role> ReadHalf<R> {
    /// Joins both halves of a WebSocket.
    ///
    /// # Errors
    /// Returns both halves if they belong to different WebSockets.
    pub fn reunite(
        self,
        writer: WriteHalf<R>,
    ) -> Result<WebSocketStream<TcpStream, R>, ReuniteError<Self, WriteHalf<R>>> {
        if !Arc::ptr_eq(&self.write_side, &writer.write_side) {
            return Err(ReuniteError::new(self, writer));
        }
        let Self { receiver, own_timeout, heard, look, timeout, opened, write_side } = self;
        drop(writer);
        let write_side = match Arc::try_unwrap(write_side) {
            Ok(write_side) => write_side,
            // This does not happen: there are only two halves, and the other one was dropped above.
            Err(write_side) => {
                let ours = Arc::clone(&write_side);
                let writer = WriteHalf { write_side, opened: opened.clone() };
                let reader =
                    Self { receiver, own_timeout, heard, look, timeout, opened, write_side: ours };
                return Err(ReuniteError::new(reader, writer));
            }
        };
        let (stream, mut sender, driver, start) = write_side.into_parts();
        if heard {
            sender.handle_received();
        }
        // An error is found again by the next read.
        let _ = stream.set_read_timeout(own_timeout);
        match WebSocket::reunite(receiver, sender) {
            Ok(websocket) => {
                let write_timeout = WriteTimeout::new();
                Ok(WebSocketStream { stream, websocket, driver, write_timeout, start })
            }
            // This does not happen: the halves of one stream hold the halves of one connection.
            Err(halves) => {
                let (receiver, sender) = halves.into_halves();
                let write_side = Arc::new(WriteSide::rejoin(stream, sender, driver, start));
                let ours = Arc::clone(&write_side);
                let writer = WriteHalf { write_side, opened: opened.clone() };
                let reader =
                    Self { receiver, own_timeout, heard, look, timeout, opened, write_side: ours };
                Err(ReuniteError::new(reader, writer))
            }
        }
    }
}
