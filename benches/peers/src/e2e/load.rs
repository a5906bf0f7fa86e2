//! The load generator: it sends frames that were encoded before, and counts the bytes that return.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsRawFd as _;
use std::time::{Duration, Instant};

use crate::frame;
use crate::payload::Content;

/// How long a server may be silent.
const SILENCE: Duration = Duration::from_secs(5);

/// How many bytes are read at once.
const READ: usize = 256 * 1024;

/// About how many bytes are ready to be written at once.
const WRITE: usize = 64 * 1024;

/// Messages that go back and forth.
pub struct Traffic {
    /// The name of the workload.
    pub name: String,
    connections: usize,
    /// How many messages of a connection are on their way at once.
    depth: usize,
    request_len: usize,
    /// Several requests, one after another.
    requests: Vec<u8>,
    reply: Vec<u8>,
}

impl Traffic {
    /// Creates messages of `len` bytes.
    #[must_use]
    pub fn new(name: String, connections: usize, depth: usize, len: usize) -> Self {
        let payload = Content::Binary.payload(0, len);
        let (mut request, mut reply) = (Vec::new(), Vec::new());
        frame::write(&mut request, frame::BINARY, true, Some(frame::mask_key(len)), &payload);
        frame::write(&mut reply, frame::BINARY, true, None, &payload);
        let requests = request.repeat((WRITE / request.len()).clamp(1, depth));
        Self { name, connections, depth, request_len: request.len(), requests, reply }
    }
}

/// The connections to one server.
pub struct Load<'t> {
    traffic: &'t Traffic,
    reply: &'t [u8],
    connections: Vec<Connection>,
    polled: Vec<libc::pollfd>,
    buffer: Vec<u8>,
}

struct Connection {
    stream: TcpStream,
    /// How many bytes may be sent now.
    to_send: usize,
    /// Where in `requests` the next byte is.
    position: usize,
    received: usize,
}

impl<'t> Load<'t> {
    /// Connects to a server. A raw one echoes the masked frames as they are.
    pub fn connect(address: SocketAddr, traffic: &'t Traffic, raw: bool) -> io::Result<Self> {
        let mut connections = Vec::new();
        for _ in 0..traffic.connections {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            connections.push(Connection {
                stream,
                to_send: traffic.depth * traffic.request_len,
                position: 0,
                received: 0,
            });
        }
        let polled = connections.iter().map(|connection| libc::pollfd {
            fd: connection.stream.as_raw_fd(),
            events: 0,
            revents: 0,
        });
        let polled = polled.collect();
        let reply = if raw { &traffic.requests[..traffic.request_len] } else { &traffic.reply };
        Ok(Self { traffic, reply, connections, polled, buffer: vec![0; READ] })
    }

    /// Exchanges some messages on every connection, and compares every byte.
    pub fn check(&mut self) -> io::Result<()> {
        let least = self.reply.len() * 2;
        while self.connections.iter().any(|connection| connection.received < least) {
            self.turn(true)?;
        }
        Ok(())
    }

    /// Exchanges messages for some time. Returns how many there were, and the time.
    pub fn run(&mut self, time: Duration) -> io::Result<(usize, Duration)> {
        let (start, before) = (Instant::now(), self.messages());
        loop {
            // At least one message comes back even if it takes longer.
            let messages = self.messages() - before;
            let elapsed = start.elapsed();
            if elapsed >= time && messages != 0 {
                return Ok((messages, elapsed));
            }
            self.turn(false)?;
        }
    }

    fn messages(&self) -> usize {
        let received = self.connections.iter().map(|connection| connection.received);
        received.map(|received| received / self.reply.len()).sum()
    }

    /// Sends as much as possible, waits, and receives the bytes that have arrived.
    fn turn(&mut self, compares: bool) -> io::Result<()> {
        for (connection, polled) in self.connections.iter_mut().zip(&mut self.polled) {
            connection.send(&self.traffic.requests)?;
            let output = if connection.to_send == 0 { 0 } else { libc::POLLOUT };
            polled.events = libc::POLLIN | output;
        }
        wait(&mut self.polled)?;
        for (connection, polled) in self.connections.iter_mut().zip(&self.polled) {
            if polled.revents & !libc::POLLOUT != 0 {
                let len = connection.receive(&mut self.buffer, self.reply, compares)?;
                // The next message goes out for each that has come back.
                connection.to_send += len * self.traffic.request_len;
            }
        }
        Ok(())
    }
}

impl Connection {
    fn send(&mut self, requests: &[u8]) -> io::Result<()> {
        while self.to_send != 0 {
            let rest = &requests[self.position..];
            match self.stream.write(&rest[..rest.len().min(self.to_send)]) {
                Ok(len) => {
                    self.to_send -= len;
                    self.position = (self.position + len) % requests.len();
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Receives once, and returns how many messages have become whole.
    fn receive(&mut self, buffer: &mut [u8], reply: &[u8], compares: bool) -> io::Result<usize> {
        let len = match self.stream.read(buffer) {
            Ok(0) => return Err(io::Error::other("the server closed a connection")),
            Ok(len) => len,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(0),
            Err(error) => return Err(error),
        };
        if compares && !is_reply(&buffer[..len], reply, self.received) {
            return Err(io::Error::other("the echo differs"));
        }
        let before = self.received / reply.len();
        self.received += len;
        Ok(self.received / reply.len() - before)
    }
}

/// Returns whether `bytes` are those of repeated replies from `position` on.
fn is_reply(mut bytes: &[u8], reply: &[u8], mut position: usize) -> bool {
    while !bytes.is_empty() {
        let expected = &reply[position % reply.len()..];
        let (piece, rest) = bytes.split_at(expected.len().min(bytes.len()));
        if piece != &expected[..piece.len()] {
            return false;
        }
        position += piece.len();
        bytes = rest;
    }
    true
}

fn wait(polled: &mut [libc::pollfd]) -> io::Result<()> {
    let timeout = SILENCE.as_millis() as libc::c_int;
    // SAFETY: the pointer and the length are those of one slice.
    let ready = unsafe { libc::poll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, timeout) };
    match ready {
        0 => Err(io::Error::new(ErrorKind::TimedOut, "the server is silent")),
        1.. => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
