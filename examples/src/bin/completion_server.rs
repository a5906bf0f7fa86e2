//! An echo server for completion-based I/O, such as io_uring: an operation owns its buffer, and its
//! completion returns the buffer. A `Ring` of threads takes the place of the kernel.
//!
//! `completion_server [ADDR]`
//!
//! `lend` takes the free part of the read buffer out, and `give_back` returns it with new bytes. The
//! queue goes out as `Bytes`. So the kernel can own every buffer during its operation, and no byte is
//! copied.

use std::error::Error;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use bytes::{Buf as _, Bytes, BytesMut};
use examples::{explain, listen};
use websocket_proto::WebSocket;
use websocket_proto::blocking::WebSocketStream;
use websocket_proto::connection::Server;
use websocket_proto::io::{Driver, ReadTo};
use websocket_proto::websocket::Config;

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let listener = TcpListener::bind(address)?;
    println!("listening on ws://{}", listener.local_addr()?);
    loop {
        let stream = listen::accept(&listener);
        thread::spawn(move || {
            if let Err(error) = serve(stream) {
                eprintln!("{}", explain(&*error));
            }
        });
    }
}

fn serve(stream: TcpStream) -> Result<(), Box<dyn Error>> {
    // This example does not show the opening handshake. `mio_server` shows it as steps.
    let socket = WebSocketStream::accept(stream)?;
    let opened = socket.opened().clone();
    let parts = socket.into_parts();
    let mut websocket = WebSocket::new(Server, Config::new(), opened);
    websocket.input().append(parts.input);
    drive(Ring::new(parts.stream), websocket)
}

/// Echoes until the connection is over. There is at most one read and one write in progress.
fn drive(ring: Ring, mut websocket: WebSocket<Server>) -> Result<(), Box<dyn Error>> {
    let mut driver = Driver::new();
    let clock = Instant::now();
    let (mut reading, mut is_writing) = (None, false);
    loop {
        while websocket.is_ready()
            && let Ok(Some(message)) = websocket.receive()
        {
            if message.is_data() && websocket.send(message).is_err() {
                break;
            }
        }
        let is_ready = websocket.is_ready();
        let (receiver, sender) = websocket.halves();
        let wants = driver.wants(sender);
        // Without the second condition, the server would wait for room in a queue that nobody
        // empties any more.
        if wants.done || driver.write_error().is_some() {
            // This ends the operations that are in progress.
            let _ = ring.stream.shutdown(Shutdown::Both);
            let error = driver.take_error(sender).or(driver.write_error().map(Into::into));
            return error.map_or(Ok(()), |error| Err(error.into()));
        }

        // Submit what is wanted and not in progress.
        if wants.write && !is_writing {
            let output = sender.output();
            if output.is_empty() {
                driver.handle_written(&Ok(()), sender);
                continue;
            }
            let piece = output.chunk().len();
            ring.write(output.copy_to_bytes(piece));
            is_writing = true;
        }
        if wants.shutdown_write && !is_writing {
            driver.handle_shutdown(&ring.stream.shutdown(Shutdown::Write));
            continue;
        }
        match wants.read {
            Some(ReadTo::NowhereIfReady) if reading.is_none() => {
                // This ring cannot read without waiting.
                driver.handle_discarded(&Err(ErrorKind::WouldBlock.into()));
                continue;
            }
            // The server does not read from a client that does not read its echoes.
            Some(ReadTo::Input) if reading.is_none() && is_ready => {
                ring.read(receiver.input().lend());
                reading = Some(ReadTo::Input);
            }
            Some(ReadTo::Nowhere) if reading.is_none() => {
                ring.read(BytesMut::with_capacity(4096));
                reading = Some(ReadTo::Nowhere);
            }
            _ => {}
        }

        // Wait for a completion, or for the next deadline.
        let deadline = driver.deadline(clock.elapsed(), sender, Some(receiver));
        match ring.wait(deadline.map(|deadline| deadline.saturating_sub(clock.elapsed()))) {
            None => driver.handle_deadline(clock.elapsed(), sender, Some(receiver)),
            Some(Completion::Write(Ok(()))) => {
                is_writing = false;
                driver.handle_accepted();
            }
            Some(Completion::Write(Err(error))) => {
                is_writing = false;
                driver.handle_written(&Err(error), sender);
            }
            Some(Completion::Read(read)) => {
                match (reading.take(), read) {
                    (Some(ReadTo::Input), Ok(buffer)) if buffer.is_empty() => {
                        receiver.input().take_back(buffer);
                        driver.handle_read(Ok(0), receiver, sender);
                    }
                    (Some(ReadTo::Input), Ok(buffer)) => {
                        let len = buffer.len();
                        receiver.input().give_back(buffer);
                        driver.handle_read(Ok(len), receiver, sender);
                    }
                    (Some(ReadTo::Input), Err(error)) => {
                        driver.handle_read(Err(error), receiver, sender);
                    }
                    (_, read) => driver.handle_discarded(&read.map(|buffer| buffer.len())),
                }
                // If the peer never stops sending, `handle_deadline` is never called.
                driver.handle_busy(clock.elapsed(), sender, receiver);
            }
        }
    }
}

/// The completion of an operation.
enum Completion {
    /// The buffer has the new bytes. No bytes are the end of the transport.
    Read(io::Result<BytesMut>),
    Write(io::Result<()>),
}

/// Operations on one transport, each in a thread of its own.
struct Ring {
    stream: Arc<TcpStream>,
    completed: Sender<Completion>,
    completions: Receiver<Completion>,
}

impl Ring {
    fn new(stream: TcpStream) -> Self {
        let (completed, completions) = mpsc::channel();
        Self { stream: Arc::new(stream), completed, completions }
    }

    fn read(&self, mut buffer: BytesMut) {
        self.submit(move |mut stream| {
            buffer.resize(buffer.capacity(), 0);
            Completion::Read(stream.read(&mut buffer).map(|len| {
                buffer.truncate(len);
                buffer
            }))
        });
    }

    fn write(&self, bytes: Bytes) {
        self.submit(move |mut stream| Completion::Write(stream.write_all(&bytes)));
    }

    fn submit(&self, operate: impl FnOnce(&TcpStream) -> Completion + Send + 'static) {
        let (stream, completed) = (Arc::clone(&self.stream), self.completed.clone());
        thread::spawn(move || {
            // The connection may be over before its last operation is.
            let _ = completed.send(operate(&stream));
        });
    }

    /// Returns the next completion, or `None` at the end of the pause.
    fn wait(&self, pause: Option<Duration>) -> Option<Completion> {
        match pause {
            Some(pause) => self.completions.recv_timeout(pause).ok(),
            None => self.completions.recv().ok(),
        }
    }
}
