//! Our client on `websocket_proto::blocking`.

use std::io;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use interop_peers::{Client, Event, Failure, Kind, Open, Opened, ours, serve};
use websocket_proto::blocking::{ClientStream, connect};

fn main() -> io::Result<()> {
    serve("websocket-proto", ours::FEATURES, &mut Ours::default())
}

#[derive(Default)]
struct Ours {
    socket: Option<ClientStream<TcpStream>>,
    /// The type of the message that is sent in fragments.
    kind: Option<Kind>,
}

impl Ours {
    fn socket(&mut self) -> Result<&mut ClientStream<TcpStream>, Failure> {
        self.socket.as_mut().ok_or_else(|| "there is no connection".into())
    }

    /// Returns the next event, or `None` if the read time-out of the socket ran out.
    fn next(&mut self) -> Option<Event> {
        let Ok(socket) = self.socket() else { return Some(Event::LOST) };
        loop {
            match socket.read() {
                Ok(Some(message)) => {
                    if let Some(event) = ours::event(message) {
                        return Some(event);
                    }
                }
                Err(error) if error.is_would_block() => return None,
                Ok(None) | Err(_) => return Some(Event::LOST),
            }
        }
    }
}

impl Client for Ours {
    fn open(&mut self, open: &Open) -> Result<Opened, Failure> {
        let socket = self.socket.insert(connect(ours::options(open)?)?);
        Ok(ours::opened(socket.opened()))
    }

    fn send(&mut self, kind: Kind, payload: Vec<u8>) -> Result<(), Failure> {
        let message = ours::message(kind, payload)?;
        Ok(self.socket()?.send(message)?)
    }

    fn send_fragment(
        &mut self,
        kind: Option<Kind>,
        fin: bool,
        payload: Vec<u8>,
    ) -> Result<(), Failure> {
        self.kind = kind.or(self.kind);
        let kind = self.kind.ok_or("the first fragment is missing")?;
        Ok(self.socket()?.send_fragment(ours::kind(kind), fin, payload)?)
    }

    fn ping(&mut self, payload: Vec<u8>) -> Result<(), Failure> {
        Ok(self.socket()?.send(websocket_proto::Message::Ping(payload.into()))?)
    }

    fn close(&mut self, close: Option<(u16, String)>) -> Result<(), Failure> {
        Ok(self.socket()?.send(ours::close(close)?)?)
    }

    fn receive(&mut self) -> Event {
        // There is no read time-out.
        self.next().unwrap_or(Event::LOST)
    }

    fn wait(&mut self, time: Duration) -> Result<Option<Event>, Failure> {
        let end = Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            self.socket()?.stream().set_read_timeout(Some(left))?;
            match self.next() {
                Some(Event::Pong(_)) => {}
                Some(event) => return Ok(Some(event)),
                None => break,
            }
        }
        self.socket()?.stream().set_read_timeout(None)?;
        Ok(None)
    }
}
