//! A whole conversation over transports that are never quite ready, or fail at any step: nothing is
//! lost, doubled or put out of order, and a failure is told.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::rc::Rc;
use std::time::Duration;

use crate::pipe::{Mood, Transport, is_transient, resume};
use bytes::Bytes;
use websocket_proto::blocking::{Acceptor, Connector, WebSocketStream};
use websocket_proto::connection::{Client, Server};
use websocket_proto::frame::Kind;
use websocket_proto::io::{AcceptError, ConnectError, ConnectOptions, Error, Reply};
use websocket_proto::websocket::{Config, Prepared};
use websocket_proto::{CloseCode, Message};

/// What a client says, in its own words and order.
#[derive(Clone, Debug)]
enum Word {
    Send(Message),
    Feed(Message),
    Prepared(Bytes),
    Fragment(bool, Bytes),
    Flush,
    Close,
}

fn script() -> Vec<Word> {
    vec![
        Word::Send(Message::text("first")),
        Word::Send(Message::Ping(Bytes::from_static(b"?"))),
        Word::Feed(Message::text("fed")),
        Word::Feed(Message::binary(vec![7; 5000])),
        Word::Flush,
        Word::Prepared(Bytes::from_static(b"prepared")),
        Word::Fragment(false, Bytes::from_static(b"in two ")),
        Word::Fragment(true, Bytes::from_static(b"fragments")),
        Word::Feed(Message::text("fed and not flushed")),
        Word::Close,
    ]
}

fn expected() -> Vec<Message> {
    vec![
        Message::text("first"),
        Message::text("fed"),
        Message::binary(vec![7; 5000]),
        Message::binary(&b"prepared"[..]),
        Message::binary(&b"in two fragments"[..]),
        Message::text("fed and not flushed"),
    ]
}

/// How one side came through.
#[derive(Debug, Default)]
struct Outcome {
    opened: bool,
    data: Vec<Message>,
    pings: usize,
    pongs: usize,
    closes: usize,
    /// `Some(None)`: it ended as it should.
    ended: Option<Option<String>>,
}

impl Outcome {
    fn hear(&mut self, message: &Message) {
        match message {
            Message::Text(_) | Message::Binary(_) => self.data.push(message.clone()),
            Message::Ping(_) => self.pings += 1,
            Message::Pong(_) => self.pongs += 1,
            Message::Close(_) => self.closes += 1,
            Message::Oversized { .. } => panic!("nothing is skipped"),
        }
    }

    /// Notes the text of the cause.
    fn end(&mut self, error: Option<impl std::error::Error>) {
        assert!(self.ended.is_none());
        self.ended = Some(error.map(|error| {
            let causes = std::iter::successors(error.source(), |error| error.source());
            causes.last().map_or_else(|| error.to_string(), ToString::to_string)
        }));
    }
}

/// A side of the conversation: its opening handshake, then the WebSocket, then nothing.
enum Side<H, R> {
    Opening(H),
    Open(Box<WebSocketStream<Transport, R>>),
    Over,
}

fn server_step(side: &mut Side<Acceptor<Transport>, Server>, outcome: &mut Outcome) {
    match side {
        Side::Opening(acceptor) => match acceptor.accept_with(|request| {
            assert_eq!(request.path(), "/chat");
            Reply::accept().header("X-Long", "x".repeat(50))
        }) {
            Ok(socket) => {
                outcome.opened = true;
                *side = Side::Open(Box::new(socket));
            }
            Err(AcceptError::Io(error)) if is_transient(&error) => {}
            Err(error) => {
                outcome.end(Some(error));
                *side = Side::Over;
            }
        },
        Side::Open(socket) => match resume(socket.read()) {
            Some(Ok(Some(message))) => {
                outcome.hear(&message);
                if message.is_data() {
                    // It is taken, whatever the transport says: the queue has room.
                    socket.feed(message).unwrap();
                }
            }
            Some(Ok(None)) => {
                outcome.end(None::<Error>);
                *side = Side::Over;
            }
            Some(Err(error)) => {
                outcome.end(Some(error));
                *side = Side::Over;
            }
            None => {}
        },
        Side::Over => {}
    }
}

/// Says the next word, once it has been taken whole; reads when there is none.
fn client_step(
    side: &mut Side<Connector<Transport>, Client>,
    words: &mut VecDeque<Word>,
    outcome: &mut Outcome,
) {
    match side {
        Side::Opening(connector) => match connector.connect() {
            Ok(socket) => {
                outcome.opened = true;
                *side = Side::Open(Box::new(socket));
            }
            Err(ConnectError::Io { error, .. }) if is_transient(&error) => {}
            Err(error) => {
                outcome.end(Some(error));
                *side = Side::Over;
            }
        },
        Side::Open(socket) => {
            let done = match words.pop_front() {
                None => match resume(socket.read()) {
                    Some(Ok(Some(message))) => {
                        outcome.hear(&message);
                        None
                    }
                    Some(Ok(None)) => Some(None),
                    Some(Err(error)) => Some(Some(error)),
                    None => None,
                },
                Some(word) => {
                    let taken = match word {
                        Word::Send(message) => socket.send(message),
                        Word::Feed(message) => socket.feed(message),
                        Word::Prepared(bytes) => socket.send_prepared(&Prepared::binary(bytes)),
                        Word::Fragment(fin, bytes) => {
                            socket.send_fragment(Kind::Binary, fin, bytes)
                        }
                        Word::Close => socket.close(CloseCode::NORMAL, "done"),
                        Word::Flush => match socket.flush() {
                            Err(error) if error.is_would_block() => {
                                words.push_front(Word::Flush);
                                Ok(())
                            }
                            flushed => flushed,
                        },
                    };
                    match resume(taken) {
                        Some(Err(error)) => Some(Some(error)),
                        // What was taken is written by the calls that follow.
                        Some(Ok(())) | None => None,
                    }
                }
            };
            if let Some(error) = done {
                outcome.end(error);
                *side = Side::Over;
            }
        }
        Side::Over => {}
    }
}

/// Plays the whole script; the outcomes of client and server, and how many calls the client's and
/// the server's transport had.
fn play(client: Mood, server: Mood) -> (Outcome, Outcome, usize, usize) {
    let (client_end, server_end) = Transport::pair(client, server);
    let steps = (Rc::clone(&client_end.steps), Rc::clone(&server_end.steps));
    let options = ConnectOptions::new("ws://a.example/chat").unwrap();
    // An emulated machine may need more time than the default close time-out.
    let config = Config::new().close_timeout(Duration::MAX);
    let options = options.header("X", "y".repeat(50)).unwrap().config(config.clone());
    let mut words = VecDeque::from(script());
    let (mut at_client, mut at_server) = (Outcome::default(), Outcome::default());
    let mut connecting = Side::Opening(Connector::new(client_end, options).unwrap());
    let mut accepting = Side::Opening(Acceptor::new(server_end).config(config));
    for _ in 0..200_000 {
        client_step(&mut connecting, &mut words, &mut at_client);
        server_step(&mut accepting, &mut at_server);
        if at_client.ended.is_some() && at_server.ended.is_some() {
            return (at_client, at_server, steps.0.get(), steps.1.get());
        }
    }
    panic!("{client:?} and {server:?} wait for each other: {at_client:?}, {at_server:?}");
}

#[test]
fn nothing_is_lost_doubled_or_reordered_however_the_transport_dawdles() {
    let moods = [Mood::Ready, Mood::Bytewise, Mood::Pending];
    for client in moods {
        for server in moods {
            let (at_client, at_server, ..) = play(client, server);
            for outcome in [&at_client, &at_server] {
                assert!(outcome.opened);
                assert_eq!(outcome.data, expected(), "{client:?}, {server:?}");
                assert_eq!((outcome.closes, &outcome.ended), (1, &Some(None)));
            }
            assert_eq!((at_client.pongs, at_server.pings), (1, 1));
        }
    }
}

#[test]
fn a_transport_that_fails_at_any_step_of_the_client_is_told_of() {
    let (_, _, steps, _) = play(Mood::Broken(usize::MAX), Mood::Ready);
    for at in 0..steps {
        let (at_client, ..) = play(Mood::Broken(at), Mood::Ready);
        if at_client.closes == 0 {
            let reset = io::Error::from(ErrorKind::ConnectionReset).to_string();
            assert_eq!(at_client.ended, Some(Some(reset)), "step {at}");
        } else {
            // The closing handshake is complete: how the transport ends has no meaning.
            assert_eq!(at_client.ended, Some(None), "step {at}");
        }
        assert!(expected().starts_with(&at_client.data), "step {at}");
    }
}

#[test]
fn a_transport_that_fails_at_any_step_of_the_server_is_told_of() {
    let (.., steps) = play(Mood::Ready, Mood::Broken(usize::MAX));
    for at in 0..steps {
        let (at_client, at_server, ..) = play(Mood::Ready, Mood::Broken(at));
        let reset = io::Error::from(ErrorKind::ConnectionReset).to_string();
        if at_server.closes == 0 {
            assert_eq!(at_server.ended, Some(Some(reset)), "step {at}");
        } else {
            // The closing handshake is complete: how the transport ends has no meaning.
            assert_eq!(at_server.ended, Some(None), "step {at}");
        }
        // And the client is told that its peer has gone.
        assert!(matches!(at_client.ended, Some(Some(_))), "step {at}: {at_client:?}");
        assert!(expected().starts_with(&at_server.data), "step {at}");
    }
}
