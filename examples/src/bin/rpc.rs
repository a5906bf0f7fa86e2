//! Framing for remote calls over `Connection`: a request and its answer are binary messages that
//! begin with an 8-byte number. A client and a server talk in one program, without I/O.
//!
//! A protocol that knows how long its messages are needs no message layer: it writes the header of
//! the frame and its own header itself, and the payload goes out of the buffer where it is.

use std::collections::HashMap;
use std::error::Error;

use websocket_proto::connection::{
    Client, Connection, ConnectionConfig, Event, Input, Role, Server,
};
use websocket_proto::frame::Kind;

const HEADER: usize = 8;

/// One side of the remote calls.
#[derive(Debug)]
struct Endpoint<R> {
    connection: Connection<R>,
    /// The pieces of the message in progress.
    message: Vec<u8>,
    /// Bytes for the transport.
    output: Vec<u8>,
}

impl<R: Role> Endpoint<R> {
    fn new(role: R) -> Self {
        let config = ConnectionConfig::new().max_message_size(64 * 1024);
        let connection = Connection::new(role, config);
        Self { connection, message: Vec::new(), output: Vec::new() }
    }

    fn send(&mut self, number: u64, body: &[u8]) -> Result<(), Box<dyn Error>> {
        let mut message = number.to_be_bytes().to_vec();
        message.extend_from_slice(body);
        Ok(self.connection.send_fragment(Kind::Binary, true, &message, &mut self.output)?)
    }

    /// Processes bytes of the transport, and calls `act` with the number and the body of each
    /// message.
    fn receive(
        &mut self,
        bytes: &mut [u8],
        mut act: impl FnMut(u64, &[u8]),
    ) -> Result<(), Box<dyn Error>> {
        let mut input = Input::new(bytes);
        while let Some(event) = self.connection.receive(&mut input)? {
            if let Event::Data(data) = event {
                self.message.extend_from_slice(data.bytes);
                if data.last {
                    let (number, body) =
                        self.message.split_first_chunk::<HEADER>().ok_or("a short message")?;
                    act(u64::from_be_bytes(*number), body);
                    self.message.clear();
                }
            }
            // Pongs, and the answer to a Close.
            self.connection.poll_transmit(&mut self.output)?;
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut client = Endpoint::new(Client::random()?);
    let mut server = Endpoint::new(Server);

    let mut calls = HashMap::new();
    for (number, word) in [(1, "drawer"), (2, "stressed"), (3, "desserts")] {
        client.send(number, word.as_bytes())?;
        calls.insert(number, word);
    }

    // A real transport may cut the bytes anywhere. Here a read has 5 bytes.
    let mut answers = Vec::new();
    for read in std::mem::take(&mut client.output).chunks_mut(5) {
        server.receive(read, |number, body| {
            answers.push((number, body.iter().rev().copied().collect::<Vec<u8>>()));
        })?;
    }
    // Answers may come in any order.
    for (number, body) in answers.iter().rev() {
        server.send(*number, body)?;
    }
    for read in std::mem::take(&mut server.output).chunks_mut(5) {
        client.receive(read, |number, body| {
            let word = calls.remove(&number).unwrap_or("?");
            println!("{word} -> {}", body.escape_ascii());
        })?;
    }
    Ok(())
}
