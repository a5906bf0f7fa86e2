//! A conversation of this crate with `tungstenite`.

use arbitrary::Arbitrary;
use bytes::Bytes;
use support::{SEED, Side};
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{Data, OpCode};
use websocket_proto::connection::{Client, Role, Server, TransportAction};
use websocket_proto::frame::Kind;
use websocket_proto::handshake::Opened;
use websocket_proto::websocket::Config;
use websocket_proto::{CloseCode, Message, WebSocket};

use crate::End;
use crate::ours::{self, drain};
use crate::plan::{Limits, Payload};
use crate::strict::Heard;
use crate::theirs::{self, Pipe};

#[derive(Arbitrary, Debug)]
pub struct Talk<'a> {
    we_are_client: bool,
    fragment_size: Option<u16>,
    acts: Vec<(bool, Act<'a>)>,
    /// Who closes in the end, and with which code.
    we_close: bool,
    code: Option<u16>,
}

#[derive(Arbitrary, Debug)]
enum Act<'a> {
    Text(&'a str),
    Binary(Payload<'a>),
    /// Text in fragments.
    Fragments(Vec<&'a str>),
    Ping(&'a [u8]),
    Pong(&'a [u8]),
}

impl Talk<'_> {
    pub fn run(&self) {
        let mut config = Config::new();
        if let Some(len) = self.fragment_size {
            config = config.fragment_size(u64::from(len).max(16));
        }
        if self.we_are_client {
            let ours = WebSocket::new(Client::new(SEED), config, Opened::new());
            self.run_with(ours, Side::Server);
        } else {
            self.run_with(WebSocket::new(Server, config, Opened::new()), Side::Client);
        }
    }

    fn run_with<R: Role>(&self, ours: WebSocket<R>, their_side: Side) {
        let theirs = theirs::endpoint(their_side, Limits::NONE);
        let mut pair = Pair { ours, theirs };
        for (we_act, act) in self.acts.iter().take(40) {
            if *we_act {
                pair.we_act(act);
            } else {
                pair.they_act(act);
            }
        }
        let code = CloseCode(self.code.unwrap_or(1000));
        // `tungstenite` takes 1014 for a reserved one.
        let code = if code.is_sendable() && code.0 != 1014 { code } else { CloseCode::NORMAL };
        pair.close(self.we_close, code);
    }
}

struct Pair<R> {
    ours: WebSocket<R>,
    theirs: tungstenite::WebSocket<Pipe>,
}

impl<R: Role> Pair<R> {
    fn we_act(&mut self, act: &Act<'_>) {
        let sent = match act {
            Act::Text(text) => self.we_send(Message::text(*text)),
            Act::Binary(payload) => self.we_send(Message::binary(payload.bytes())),
            Act::Ping(payload) => self.we_send(Message::ping(short(payload))),
            Act::Pong(payload) => self.we_send(Message::pong(short(payload))),
            Act::Fragments(parts) => {
                for part in parts {
                    let part = Bytes::copy_from_slice(part.as_bytes());
                    self.ours.send_fragment(Kind::Text, false, part).expect("it can be sent");
                }
                self.ours.send_fragment(Kind::Text, true, Bytes::new()).expect("it can be sent");
                Heard::Text(parts.concat())
            }
        };
        let they_heard = self.deliver_to_them();
        assert_eq!(they_heard, std::slice::from_ref(&sent));
        let answer = match sent {
            Heard::Ping(payload) => vec![Heard::Pong(payload)],
            _ => vec![],
        };
        assert_eq!(self.deliver_to_us(), answer);
    }

    fn we_send(&mut self, message: Message) -> Heard {
        self.ours.send(message.clone()).expect("it can be sent");
        ours::heard(message)
    }

    fn they_act(&mut self, act: &Act<'_>) {
        let sent = match act {
            Act::Text(text) => self.they_send(tungstenite::Message::text(*text)),
            Act::Binary(payload) => self.they_send(tungstenite::Message::binary(payload.bytes())),
            Act::Ping(payload) => self.they_send(tungstenite::Message::Ping(short(payload).into())),
            Act::Pong(payload) => self.they_send(tungstenite::Message::Pong(short(payload).into())),
            Act::Fragments(parts) => {
                let mut opcode = OpCode::Data(Data::Text);
                for part in parts.iter().copied().map(Some).chain([None]) {
                    let payload = part.unwrap_or_default().as_bytes().to_vec();
                    let frame = Frame::message(payload, opcode, part.is_none());
                    self.theirs.write(tungstenite::Message::Frame(frame)).expect("it can be sent");
                    opcode = OpCode::Data(Data::Continue);
                }
                Heard::Text(parts.concat())
            }
        };
        self.theirs.flush().expect("the pipe takes everything");
        assert_eq!(self.deliver_to_us(), std::slice::from_ref(&sent));
        let answer = match sent {
            Heard::Ping(payload) => vec![Heard::Pong(payload)],
            _ => vec![],
        };
        assert_eq!(self.deliver_to_them(), answer);
    }

    fn they_send(&mut self, message: tungstenite::Message) -> Heard {
        self.theirs.write(message.clone()).expect("it can be sent");
        theirs::heard(message)
    }

    fn close(mut self, we_close: bool, code: CloseCode) {
        let close = [Heard::Close(Some((code.0, "bye".into())))];
        if we_close {
            self.ours.close(code, "bye").expect("the code is a valid one");
            assert_eq!(self.deliver_to_them(), close);
            assert_eq!(self.deliver_to_us(), close);
        } else {
            let frame =
                tungstenite::protocol::CloseFrame { code: code.0.into(), reason: "bye".into() };
            self.theirs.close(Some(frame)).expect("it can be sent");
            assert_eq!(self.deliver_to_us(), close);
            assert_eq!(self.deliver_to_them(), close);
        }
        assert!(self.ours.close_info().is_some_and(|info| info.is_clean));
        // RFC 6455, section 7.1.1: the server ends the transport first.
        self.ours.receive_eof().expect("the Close came first");
        assert_eq!(self.ours.transport_action(), TransportAction::Drop);
        assert!(!self.theirs.can_read());
    }

    /// Lets everything arrive that we have sent, and returns what they have heard.
    fn deliver_to_them(&mut self) -> Vec<Heard> {
        let bytes = drain(&mut self.ours);
        self.theirs.get_mut().pieces.extend(bytes.chunks(1000).map(<[u8]>::to_vec));
        let outcome = theirs::receive_all(&mut self.theirs);
        assert!(matches!(outcome.end, End::Starved | End::Closed), "{:?}", outcome.end);
        outcome.heard
    }

    /// Lets everything arrive that they have sent, and returns what we have heard.
    fn deliver_to_us(&mut self) -> Vec<Heard> {
        let bytes = std::mem::take(&mut self.theirs.get_mut().written);
        let mut heard = Vec::new();
        for piece in bytes.chunks(1000) {
            self.ours.input().extend_from_slice(piece);
            while let Some(message) = self.ours.receive().expect("it keeps to the protocol") {
                heard.push(ours::heard(message));
            }
        }
        heard
    }
}

fn short(payload: &[u8]) -> Vec<u8> {
    payload[..payload.len().min(125)].to_vec()
}
