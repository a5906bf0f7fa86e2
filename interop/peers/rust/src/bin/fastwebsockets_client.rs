//! The client of the crate `fastwebsockets`.

use std::future::Future;
use std::io;

use fastwebsockets::{FragmentCollector, Frame, OpCode, Payload, handshake};
use http_body_util::Empty;
use hyper::Request;
use hyper::body::Bytes;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use interop_peers::{Client, Event, Failure, Kind, Open, Opened, serve};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

fn main() -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut client = Fastwebsockets { runtime, socket: None };
    serve("fastwebsockets", "fragments ping bare-close", &mut client)
}

struct Fastwebsockets {
    runtime: Runtime,
    socket: Option<FragmentCollector<TokioIo<Upgraded>>>,
}

impl Fastwebsockets {
    fn write(&mut self, frame: Frame<'_>) -> Result<(), Failure> {
        let socket = self.socket.as_mut().ok_or("there is no connection")?;
        Ok(self.runtime.block_on(socket.write_frame(frame))?)
    }
}

/// hyper starts a task for the connection.
struct Spawn;

impl<F: Future<Output: Send> + Send + 'static> hyper::rt::Executor<F> for Spawn {
    fn execute(&self, future: F) {
        tokio::spawn(future);
    }
}

impl Client for Fastwebsockets {
    fn open(&mut self, open: &Open) -> Result<Opened, Failure> {
        let address = open.url.trim_start_matches("ws://").trim_end_matches('/');
        let mut request = Request::get(format!("http://{address}/"))
            .header("Host", address)
            .header("Upgrade", "websocket")
            .header("Connection", "upgrade")
            .header("Sec-WebSocket-Key", handshake::generate_key())
            .header("Sec-WebSocket-Version", "13");
        if !open.subprotocols.is_empty() {
            request = request.header("Sec-WebSocket-Protocol", open.subprotocols.join(", "));
        }
        let request = request.body(Empty::<Bytes>::new())?;
        let (socket, response) = self.runtime.block_on(async {
            let stream = TcpStream::connect(address).await?;
            handshake::client(&Spawn, request, stream).await.map_err(Failure::from)
        })?;
        self.socket = Some(FragmentCollector::new(socket));
        let header = |name: &str| response.headers().get(name)?.to_str().ok().map(String::from);
        let [subprotocol, extensions] =
            ["Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"].map(header);
        Ok(Opened { subprotocol, extensions })
    }

    fn send(&mut self, kind: Kind, payload: Vec<u8>) -> Result<(), Failure> {
        self.send_fragment(Some(kind), true, payload)
    }

    fn send_fragment(
        &mut self,
        kind: Option<Kind>,
        fin: bool,
        payload: Vec<u8>,
    ) -> Result<(), Failure> {
        let opcode = match kind {
            Some(Kind::Text) => OpCode::Text,
            Some(Kind::Binary) => OpCode::Binary,
            None => OpCode::Continuation,
        };
        self.write(Frame::new(fin, opcode, None, Payload::Owned(payload)))
    }

    fn ping(&mut self, payload: Vec<u8>) -> Result<(), Failure> {
        self.write(Frame::new(true, OpCode::Ping, None, Payload::Owned(payload)))
    }

    fn close(&mut self, close: Option<(u16, String)>) -> Result<(), Failure> {
        self.write(match close {
            Some((code, reason)) => Frame::close(code, reason.as_bytes()),
            None => Frame::close_raw(Payload::Owned(Vec::new())),
        })
    }

    fn receive(&mut self) -> Event {
        let Some(socket) = &mut self.socket else { return Event::LOST };
        let frame = self.runtime.block_on(socket.read_frame());
        let Ok(Frame { opcode, payload, .. }) = frame else { return Event::LOST };
        match opcode {
            OpCode::Text => Event::Message(Kind::Text, payload.to_vec()),
            OpCode::Pong => Event::Pong(payload.to_vec()),
            OpCode::Close => payload.split_first_chunk().map_or(
                Event::Close(1005, String::new()),
                |(code, reason)| {
                    let reason = String::from_utf8_lossy(reason).into_owned();
                    Event::Close(u16::from_be_bytes(*code), reason)
                },
            ),
            _ => Event::Message(Kind::Binary, payload.to_vec()),
        }
    }
}
