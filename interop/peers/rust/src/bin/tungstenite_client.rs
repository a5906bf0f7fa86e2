//! The client of the crate `tungstenite`.

use std::io;
use std::net::TcpStream;

use interop_peers::{Client, Event, Failure, Kind, Open, Opened, serve};
use tungstenite::client::{ClientRequestBuilder, connect_with_config};
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

fn main() -> io::Result<()> {
    serve("tungstenite", "fragments ping bare-close", &mut Tungstenite::default())
}

#[derive(Default)]
struct Tungstenite {
    socket: Option<WebSocket<MaybeTlsStream<TcpStream>>>,
}

impl Tungstenite {
    fn write(&mut self, message: Message) -> Result<(), Failure> {
        Ok(self.socket.as_mut().ok_or("there is no connection")?.send(message)?)
    }
}

impl Client for Tungstenite {
    fn open(&mut self, open: &Open) -> Result<Opened, Failure> {
        let mut request = ClientRequestBuilder::new(open.url.parse()?);
        for subprotocol in &open.subprotocols {
            request = request.with_sub_protocol(subprotocol);
        }
        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let (socket, response) = connect_with_config(request, Some(config), 0)?;
        self.socket = Some(socket);
        let header = |name: &str| response.headers().get(name)?.to_str().ok().map(String::from);
        let [subprotocol, extensions] =
            ["Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"].map(header);
        Ok(Opened { subprotocol, extensions })
    }

    fn send(&mut self, kind: Kind, payload: Vec<u8>) -> Result<(), Failure> {
        let message = match kind {
            Kind::Text => String::from_utf8(payload)?.into(),
            Kind::Binary => payload.into(),
        };
        self.write(message)
    }

    fn send_fragment(
        &mut self,
        kind: Option<Kind>,
        fin: bool,
        payload: Vec<u8>,
    ) -> Result<(), Failure> {
        let opcode = match kind {
            Some(Kind::Text) => Data::Text,
            Some(Kind::Binary) => Data::Binary,
            None => Data::Continue,
        };
        self.write(Message::Frame(Frame::message(payload, OpCode::Data(opcode), fin)))
    }

    fn ping(&mut self, payload: Vec<u8>) -> Result<(), Failure> {
        self.write(Message::Ping(payload.into()))
    }

    fn close(&mut self, close: Option<(u16, String)>) -> Result<(), Failure> {
        let frame =
            close.map(|(code, reason)| CloseFrame { code: code.into(), reason: reason.into() });
        self.write(Message::Close(frame))
    }

    fn receive(&mut self) -> Event {
        let Some(socket) = &mut self.socket else { return Event::LOST };
        loop {
            return match socket.read() {
                Ok(Message::Text(text)) => Event::Message(Kind::Text, text.as_bytes().to_vec()),
                Ok(Message::Binary(bytes)) => Event::Message(Kind::Binary, bytes.to_vec()),
                Ok(Message::Pong(bytes)) => Event::Pong(bytes.to_vec()),
                Ok(Message::Close(Some(close))) => {
                    Event::Close(close.code.into(), close.reason.as_str().into())
                }
                Ok(Message::Close(None)) => Event::Close(1005, String::new()),
                Ok(Message::Ping(_) | Message::Frame(_)) => continue,
                Err(_) => Event::LOST,
            };
        }
    }
}
