//! Transports that are never quite ready, or fail: nothing is lost, doubled or put out of order,
//! and what went wrong is told.
#![cfg(feature = "std")]

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::rc::Rc;

use bytes::Bytes;
use websocket_proto::adapter::{AcceptError, ConnectError, ConnectOptions, Error, Reply};
use websocket_proto::blocking::{Acceptor, Connector, WebSocketStream};
use websocket_proto::connection::{Client, Role, Server, State};
use websocket_proto::frame::Kind;
use websocket_proto::websocket::{Config, Prepared};
use websocket_proto::{CloseCode, Message, ProtocolError, SendError};

/// One direction: what was written and not flushed has not left.
#[derive(Default)]
struct Pipe {
    unflushed: Vec<u8>,
    flushed: VecDeque<u8>,
    ended: bool,
}

/// One end of two pipes, in memory.
struct Transport {
    from: Rc<RefCell<Pipe>>,
    to: Rc<RefCell<Pipe>>,
    /// How many calls there have been.
    steps: Rc<Cell<usize>>,
    mood: Mood,
}

#[derive(Clone, Copy, Debug)]
enum Mood {
    /// Takes and gives all there is.
    Ready,
    /// Takes and gives a byte at a time.
    Bytewise,
    /// As `Bytewise`, but says that it is not ready before each.
    Pending,
    /// Fails for good at this step.
    Broken(usize),
}

const NOT_READY: [ErrorKind; 4] =
    [ErrorKind::WouldBlock, ErrorKind::Interrupted, ErrorKind::TimedOut, ErrorKind::Interrupted];

impl Transport {
    fn pair(one: Mood, other: Mood) -> (Self, Self) {
        let (there, back) = <(Rc<RefCell<Pipe>>, Rc<RefCell<Pipe>>)>::default();
        let end = |from: &Rc<_>, to: &Rc<_>, mood| Self {
            from: Rc::clone(from),
            to: Rc::clone(to),
            steps: Rc::default(),
            mood,
        };
        (end(&back, &there, one), end(&there, &back, other))
    }

    /// How many bytes the next call may move.
    fn step(&self) -> io::Result<usize> {
        let step = self.steps.get();
        self.steps.set(step + 1);
        match self.mood {
            Mood::Ready => Ok(usize::MAX),
            Mood::Bytewise => Ok(1),
            Mood::Pending => match NOT_READY.get(step % (NOT_READY.len() + 1)) {
                Some(kind) => Err((*kind).into()),
                None => Ok(1),
            },
            Mood::Broken(at) if step >= at => Err(ErrorKind::ConnectionReset.into()),
            Mood::Broken(_) => Ok(usize::MAX),
        }
    }
}

impl Read for Transport {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = self.step()?;
        let mut from = self.from.borrow_mut();
        if from.flushed.is_empty() && !from.ended {
            return Err(ErrorKind::WouldBlock.into());
        }
        let len = buffer.len().min(most);
        from.flushed.read(&mut buffer[..len])
    }
}

impl Write for Transport {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = bytes.len().min(self.step()?);
        self.to.borrow_mut().unflushed.extend_from_slice(&bytes[..len]);
        Ok(len)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let most = self.step()?;
        let all: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
        let len = all.len().min(most);
        self.to.borrow_mut().unflushed.extend_from_slice(&all[..len]);
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.step()?;
        let mut to = self.to.borrow_mut();
        let bytes = std::mem::take(&mut to.unflushed);
        to.flushed.extend(bytes);
        Ok(())
    }
}

impl Drop for Transport {
    fn drop(&mut self) {
        self.to.borrow_mut().ended = true;
    }
}

fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// `None` when the call is to be made again.
fn resume<T>(result: Result<T, Error>) -> Option<Result<T, Error>> {
    match result {
        Err(Error::Io(error)) if is_transient(&error) => None,
        result => Some(result),
    }
}

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
        }
    }

    fn end(&mut self, error: Option<impl ToString>) {
        assert!(self.ended.is_none());
        self.ended = Some(error.map(|error| error.to_string()));
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
            Err(ConnectError::Io(error)) if is_transient(&error) => {}
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
                            Err(error) if is_transient(&error) => {
                                words.push_front(Word::Flush);
                                Ok(())
                            }
                            flushed => flushed.map_err(Error::Io),
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
    let options = ConnectOptions::new("ws://a.example/chat").unwrap().header("X", "y".repeat(50));
    let mut words = VecDeque::from(script());
    let (mut at_client, mut at_server) = (Outcome::default(), Outcome::default());
    let mut connecting = Side::Opening(Connector::new(client_end, options).unwrap());
    let mut accepting = Side::Opening(Acceptor::new(server_end));
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
        assert_eq!(at_server.ended, Some(Some(reset)), "step {at}");
        // And the client is told that its peer has gone.
        assert!(matches!(at_client.ended, Some(Some(_))), "step {at}: {at_client:?}");
        assert!(expected().starts_with(&at_server.data), "step {at}");
    }
}

/// An open WebSocket over the first of two ends.
fn open<R: Role>(
    role: R,
    config: Config,
    mood: Mood,
) -> (WebSocketStream<Transport, R>, Transport) {
    let (ours, theirs) = Transport::pair(mood, Mood::Ready);
    (WebSocketStream::from_parts(ours, role, config, Default::default()), theirs)
}

#[test]
fn a_message_that_finds_no_room_comes_back_and_is_taken_later() {
    let (mut socket, _theirs) = open(Server, Config::new().high_water_mark(10), Mood::Pending);
    let sent = socket.send(Message::binary(vec![1; 100]));
    assert!(matches!(&sent, Err(Error::Io(error)) if is_transient(error)), "{sent:?}");
    // The first is on its way; the second was not taken.
    let Err(Error::Rejected(rejected)) = socket.send("second") else { panic!() };
    assert!(matches!(rejected.error, SendError::QueueFull { .. }));
    assert_eq!(rejected.message, Message::text("second"));
    while let Err(error) = socket.flush() {
        assert!(is_transient(&error));
    }
    socket.feed(rejected.message).unwrap();
    while socket.flush().is_err() {}
    let sent = socket.stream().to.borrow().flushed.iter().copied().collect::<Vec<u8>>();
    assert_eq!(sent, [&[0x82, 100][..], &[1; 100], b"\x81\x06second"].concat());
}

#[test]
fn a_transport_that_takes_nothing_more_is_an_error() {
    #[derive(Debug)]
    struct Full;
    impl Read for Full {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(ErrorKind::WouldBlock.into())
        }
    }
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Ok(0)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut socket = WebSocketStream::from_parts(Full, Server, Config::new(), Default::default());
    let error = socket.send("x").unwrap_err();
    assert!(matches!(&error, Error::Io(error) if error.kind() == ErrorKind::WriteZero));
    let options = ConnectOptions::new("ws://a/").unwrap();
    let error = Connector::new(Full, options).unwrap().connect().unwrap_err();
    assert!(matches!(&error, ConnectError::Io(error) if error.kind() == ErrorKind::WriteZero));
}

#[test]
fn a_pong_leaves_by_itself_when_reading_would_wait() {
    for mood in [Mood::Ready, Mood::Pending] {
        let (mut socket, mut theirs) = open(Server, Config::new(), mood);
        theirs.write_all(&[0x89, 0x81, 0, 0, 0, 0, b'?']).unwrap();
        theirs.flush().unwrap();
        let ping = loop {
            if let Some(message) = resume(socket.read()) {
                break message.unwrap();
            }
        };
        assert_eq!(ping, Some(Message::Ping(Bytes::from_static(b"?"))));
        let mut pong = [0; 3];
        for _ in 0..100 {
            assert!(resume(socket.read()).is_none());
        }
        theirs.read_exact(&mut pong).unwrap();
        assert_eq!(pong, [0x8a, 1, b'?']);
    }
}

#[test]
fn a_pong_that_found_the_queue_full_leaves_with_the_flush_that_empties_it() {
    let (mut socket, mut theirs) = open(Server, Config::new().high_water_mark(10), Mood::Ready);
    theirs.write_all(&[0x82, 0x80, 0, 0, 0, 0, 0x89, 0x81, 0, 0, 0, 0, b'?']).unwrap();
    theirs.flush().unwrap();
    assert_eq!(socket.read().unwrap(), Some(Message::binary("")));
    socket.feed(Message::binary(vec![1; 100])).unwrap();
    assert!(matches!(socket.read(), Ok(Some(Message::Ping(_)))));
    socket.flush().unwrap();
    let sent = socket.stream().to.borrow().flushed.iter().copied().collect::<Vec<u8>>();
    assert_eq!(sent, [&[0x82, 100][..], &[1; 100], b"\x8a\x01?"].concat());
}

#[test]
fn a_protocol_error_is_told_again_and_its_close_is_sent() {
    for mood in [Mood::Ready, Mood::Bytewise, Mood::Pending] {
        let (mut socket, mut theirs) = open(Server, Config::new(), mood);
        theirs.write_all(&[0x81, 0x01]).unwrap();
        theirs.flush().unwrap();
        for _ in 0..200 {
            match resume(socket.read()) {
                Some(Err(Error::Protocol(ProtocolError::UnmaskedFrame))) => {}
                Some(other) => panic!("{other:?}"),
                None => {}
            }
        }
        assert_eq!(socket.state(), State::Closed);
        let mut close = [0; 4];
        theirs.read_exact(&mut close).unwrap();
        assert_eq!((close[0], &close[2..]), (0x88, &1002_u16.to_be_bytes()[..]));
    }
}

#[test]
fn the_end_of_the_transport_is_told_with_what_it_means() {
    let (mut socket, theirs) = open(Client::new([1; 32]), Config::new(), Mood::Ready);
    drop(theirs);
    for _ in 0..2 {
        let error = socket.read().unwrap_err();
        assert!(matches!(error, Error::Protocol(ProtocolError::UnexpectedEof)), "{error:?}");
    }
    let error = socket.send("x").unwrap_err();
    assert!(
        matches!(&error, Error::Rejected(rejected) if rejected.error == SendError::Closing),
        "{error:?}"
    );
    assert!(matches!(socket.close(CloseCode::NORMAL, ""), Err(Error::Send(SendError::Closing))));
}
