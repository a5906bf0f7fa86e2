//! An echo server on mio: one thread, one event loop, and `WebSocket` with `io::Driver`.
//!
//! `mio_server [ADDR]`

use std::collections::HashMap;
use std::error::Error;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::Shutdown;
use std::time::{Duration, Instant};

use bytes::{Buf, BufMut as _};
use examples::explain;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use websocket_proto::WebSocket;
use websocket_proto::connection::Server;
use websocket_proto::http1::HeadLimits;
use websocket_proto::io::{Accepting, Driver, ReadTo, Reply, Step};
use websocket_proto::websocket::Config;

const LISTENER: Token = Token(0);

/// How many times a connection reads before the other connections get a turn.
const READS: usize = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let mut listener = TcpListener::bind(address.parse()?)?;
    println!("listening on ws://{}", listener.local_addr()?);
    let mut poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;

    let clock = Instant::now();
    let mut events = Events::with_capacity(1024);
    let mut connections = HashMap::new();
    let mut next = LISTENER.0 + 1;
    let mut is_busy = false;
    loop {
        // The loop waits for the transports, and until the earliest deadline. It does not wait while
        // a connection has more to do, because mio reports only what has changed.
        let now = clock.elapsed();
        let deadlines = connections.values_mut().filter_map(|c: &mut Connection| c.deadline(now));
        let pause = deadlines.min().map(|deadline| deadline.saturating_sub(now));
        let pause = if is_busy { Some(Duration::ZERO) } else { pause };
        match poll.poll(&mut events, pause) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => result?,
        }
        let now = clock.elapsed();
        if events.iter().any(|event| event.token() == LISTENER) {
            while let Ok((mut stream, _)) = listener.accept() {
                let token = Token(next);
                next += 1;
                let both = Interest::READABLE | Interest::WRITABLE;
                poll.registry().register(&mut stream, token, both)?;
                connections.insert(token, Connection::new(stream));
            }
        }
        // Each connection goes on until its transport is not ready or its turn is over. A server with
        // very many connections would run only those with an event, a deadline or more to do.
        is_busy = false;
        connections.retain(|_, connection| match connection.run(now) {
            Ok(state) => {
                is_busy |= matches!(state, Turn::Busy);
                !matches!(state, Turn::Over)
            }
            Err(error) => {
                eprintln!("{}", explain(&*error));
                false
            }
        });
    }
}

/// How a connection goes on after its turn.
enum Turn {
    /// The transport is not ready.
    Idle,
    /// There may be more to do.
    Busy,
    /// The connection has ended.
    Over,
}

struct Connection {
    stream: TcpStream,
    phase: Phase,
}

enum Phase {
    Opening(Accepting),
    Open(Box<WebSocket<Server>>, Driver),
}

impl Connection {
    fn new(stream: TcpStream) -> Self {
        Self { stream, phase: Phase::Opening(Accepting::new(HeadLimits::DEFAULT, None)) }
    }

    fn deadline(&mut self, now: Duration) -> Option<Duration> {
        match &mut self.phase {
            Phase::Opening(accepting) => accepting.deadline(now),
            Phase::Open(websocket, driver) => {
                let (receiver, sender) = websocket.halves();
                driver.deadline(now, sender, Some(receiver))
            }
        }
    }

    /// Does what is possible without waiting, for at most one turn.
    fn run(&mut self, now: Duration) -> Result<Turn, Box<dyn Error>> {
        if let Phase::Opening(accepting) = &mut self.phase {
            accepting.handle_deadline(now);
            if !accept(&mut self.stream, accepting)? {
                return Ok(Turn::Idle);
            }
            let accepting = std::mem::replace(accepting, Accepting::new(HeadLimits::DEFAULT, None));
            let websocket = accepting.into_websocket(Config::new()).ok_or("it is not open")?;
            self.phase = Phase::Open(Box::new(websocket), Driver::new());
        }
        match &mut self.phase {
            Phase::Open(websocket, driver) => drive(&mut self.stream, websocket, driver, now),
            Phase::Opening(_) => Ok(Turn::Idle),
        }
    }
}

/// Goes on with the opening handshake. Returns whether the WebSocket is open.
fn accept(stream: &mut TcpStream, accepting: &mut Accepting) -> Result<bool, Box<dyn Error>> {
    loop {
        let result = match accepting.step(|_| Reply::accept()) {
            Step::Read => {
                let mut bytes = [0; 4096];
                stream.read(&mut bytes).map(|len| match len {
                    0 => accepting.receive_eof(),
                    len => accepting.input().put_slice(&bytes[..len]),
                })
            }
            Step::Write => write_all(stream, accepting.output()).map(|()| accepting.flushed()),
            Step::Done(outcome) => return Ok(outcome.map(|_| true)?),
        };
        match result {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            result => result?,
        }
    }
}

/// Echoes until the transport is not ready or the turn is over.
fn drive(
    stream: &mut TcpStream,
    websocket: &mut WebSocket<Server>,
    driver: &mut Driver,
    now: Duration,
) -> Result<Turn, Box<dyn Error>> {
    let (receiver, sender) = websocket.halves();
    driver.handle_deadline(now, sender, Some(receiver));
    for _ in 0..READS {
        let is_ready = websocket.is_ready();
        let (receiver, sender) = websocket.halves();
        let wants = driver.wants(sender);
        if wants.done {
            return driver.take_error(sender).map_or(Ok(Turn::Over), |error| Err(error.into()));
        }
        let mut is_idle = true;
        if wants.write {
            let written = write_all(stream, sender.output());
            is_idle &= is_not_ready(&written);
            driver.handle_written(&written, sender);
        }
        // Without this, the server would wait for room in a queue that nobody empties any more.
        if let Some(error) = driver.write_error() {
            return Err(error.into());
        }
        if wants.shutdown_write {
            driver.handle_shutdown(&stream.shutdown(Shutdown::Write));
            is_idle = false;
        }
        match wants.read {
            // The server does not read from a client that does not read its echoes.
            Some(ReadTo::Input) if is_ready => {
                let read = receiver.input().read_from(stream);
                is_idle &= is_not_ready(&read);
                driver.handle_read(read, receiver, sender);
            }
            Some(ReadTo::Nowhere | ReadTo::NowhereIfReady) => {
                let read = stream.read(&mut [0; 4096]);
                is_idle &= is_not_ready(&read);
                driver.handle_discarded(&read);
            }
            _ => {}
        }
        while websocket.is_ready()
            && let Ok(Some(message)) = websocket.receive()
        {
            if message.is_data() && websocket.send(message).is_err() {
                break;
            }
        }
        if is_idle {
            return Ok(Turn::Idle);
        }
    }
    Ok(Turn::Busy)
}

fn write_all(stream: &mut TcpStream, output: &mut impl Buf) -> io::Result<()> {
    while output.has_remaining() {
        match stream.write(output.chunk())? {
            0 => return Err(ErrorKind::WriteZero.into()),
            written => output.advance(written),
        }
    }
    Ok(())
}

fn is_not_ready<T>(result: &io::Result<T>) -> bool {
    result.as_ref().is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}
