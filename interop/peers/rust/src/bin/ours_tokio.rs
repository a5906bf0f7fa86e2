//! Our client on `websocket_proto::tokio`.

use std::io;
use std::time::Duration;

use interop_peers::{Client, Event, Failure, Kind, Open, Opened, ours, serve};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use websocket_proto::Message;
use websocket_proto::tokio::{ClientStream, MaybeTlsStream, connect};

fn main() -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    serve("websocket-proto", ours::FEATURES, &mut Ours { runtime, socket: None, kind: None })
}

type Socket = ClientStream<MaybeTlsStream>;

struct Ours {
    runtime: Runtime,
    socket: Option<Socket>,
    /// The type of the message that is sent in fragments.
    kind: Option<Kind>,
}

impl Ours {
    fn parts(&mut self) -> Result<(&Runtime, &mut Socket), Failure> {
        let socket = self.socket.as_mut().ok_or("there is no connection")?;
        Ok((&self.runtime, socket))
    }
}

async fn next(socket: &mut Socket) -> Event {
    loop {
        match socket.next().await {
            Some(Ok(message)) => {
                if let Some(event) = ours::event(message) {
                    return event;
                }
            }
            None | Some(Err(_)) => return Event::LOST,
        }
    }
}

impl Client for Ours {
    fn open(&mut self, open: &Open) -> Result<Opened, Failure> {
        let socket = self.runtime.block_on(connect(ours::options(open)?))?;
        Ok(ours::opened(self.socket.insert(socket).opened()))
    }

    fn send(&mut self, kind: Kind, payload: Vec<u8>) -> Result<(), Failure> {
        let (runtime, socket) = self.parts()?;
        Ok(runtime.block_on(socket.send(ours::message(kind, payload)?))?)
    }

    fn send_fragment(
        &mut self,
        kind: Option<Kind>,
        fin: bool,
        payload: Vec<u8>,
    ) -> Result<(), Failure> {
        self.kind = kind.or(self.kind);
        let kind = self.kind.ok_or("the first fragment is missing")?;
        let (runtime, socket) = self.parts()?;
        Ok(runtime.block_on(socket.send_fragment(ours::kind(kind), fin, payload))?)
    }

    fn ping(&mut self, payload: Vec<u8>) -> Result<(), Failure> {
        let (runtime, socket) = self.parts()?;
        Ok(runtime.block_on(socket.send(Message::Ping(payload.into())))?)
    }

    fn close(&mut self, close: Option<(u16, String)>) -> Result<(), Failure> {
        let (runtime, socket) = self.parts()?;
        Ok(runtime.block_on(socket.send(ours::close(close)?))?)
    }

    fn receive(&mut self) -> Event {
        self.parts().map_or(Event::LOST, |(runtime, socket)| runtime.block_on(next(socket)))
    }

    fn wait(&mut self, time: Duration) -> Result<Option<Event>, Failure> {
        let (runtime, socket) = self.parts()?;
        let quiet = async {
            loop {
                match next(socket).await {
                    Event::Pong(_) => {}
                    event => return event,
                }
            }
        };
        Ok(runtime.block_on(async { timeout(time, quiet).await.ok() }))
    }
}
