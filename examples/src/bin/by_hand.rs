//! An echo server by hand: slices, the opening handshake and a `Connection`, over anything that
//! reads and writes. This is all that an adapter has to do.
//!
//! `by_hand [ADDR]`

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpListener;

use examples::listen;
use websocket_proto::connection::{
    Connection, ConnectionConfig, Event, Input, Server, SliceOutput, TransportAction,
};
use websocket_proto::handshake::{Incoming, ServerHandshake};

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let listener = TcpListener::bind(address)?;
    println!("listening on ws://{}", listener.local_addr()?);
    loop {
        if let Err(error) = echo(listen::accept(&listener)) {
            eprintln!("{error}");
        }
    }
}

fn echo(mut stream: impl Read + Write) -> Result<(), Box<dyn Error>> {
    let mut buffer = [0; 16 * 1024];
    let mut reply = [0; 1024];

    // The opening handshake: pass all received bytes to it until the request is complete.
    let mut handshake = ServerHandshake::new();
    let mut filled = 0;
    let head_len = loop {
        let read = stream.read(&mut buffer[filled..])?;
        if read == 0 {
            return Err("the client went away".into());
        }
        filled += read;
        match handshake.receive(&buffer[..filled]) {
            Ok(None) => {}
            Ok(Some(Incoming::WebSocket(request))) => {
                let len = request.accept().write(&mut reply)?;
                stream.write_all(&reply[..len])?;
                break request.head_len();
            }
            Ok(Some(Incoming::Http(_))) => return Err("this is no page".into()),
            Err(error) => {
                let len = error.refusal().write(&mut reply)?;
                stream.write_all(&reply[..len])?;
                return Err(error.into());
            }
        }
    };

    // The bytes after the head belong to the WebSocket.
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    buffer.copy_within(head_len..filled, 0);
    filled -= head_len;
    loop {
        let mut input = Input::new(&mut buffer[..filled]);
        let ended = loop {
            let received = connection.receive(&mut input);
            if let Ok(Some(Event::Data(data))) = received {
                // Pieces are sent as they arrive. No piece is copied, and no message is too long.
                let header = connection.send_in_place(data.kind, data.last, data.bytes)?;
                stream.write_all(&header)?;
                stream.write_all(data.bytes)?;
                continue;
            }
            // Writes the answers of the connection itself: a Pong or a Close.
            let mut out = SliceOutput::new(&mut reply);
            connection.poll_transmit(&mut out)?;
            stream.write_all(out.written())?;
            match received {
                Ok(Some(_)) => {}
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        ended?;
        if connection.transport_action() != TransportAction::Keep {
            return Ok(());
        }
        filled = stream.read(&mut buffer)?;
        if filled == 0 {
            return Ok(connection.receive_eof()?);
        }
    }
}
