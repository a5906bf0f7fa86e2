//! The server of the crate `tungstenite`, with a thread for each connection.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::thread;

use tungstenite::handshake::server::{Request, Response};
use tungstenite::http::HeaderValue;
use tungstenite::protocol::CloseFrame;
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::{Message, accept_hdr};

fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on ws://{}", listener.local_addr()?);
    for stream in listener.incoming() {
        let stream = stream?;
        thread::spawn(move || echo(stream));
    }
    Ok(())
}

#[allow(clippy::result_large_err, reason = "a type of tungstenite")]
fn echo(stream: TcpStream) -> tungstenite::Result<()> {
    let choose = |request: &Request, mut response: Response| {
        let offered = request.headers().get("Sec-WebSocket-Protocol");
        if offered.is_some_and(|value| value.as_bytes().ends_with(b"echo")) {
            response
                .headers_mut()
                .insert("Sec-WebSocket-Protocol", HeaderValue::from_static("echo"));
        }
        Ok(response)
    };
    let Ok(mut socket) = accept_hdr(stream, choose) else { return Ok(()) };
    loop {
        match socket.read()? {
            Message::Text(text) => match text.as_str() {
                "fragments" => {
                    for (opcode, fin, payload) in [
                        (Data::Text, false, "one "),
                        (Data::Continue, false, "two "),
                        (Data::Continue, true, "three"),
                    ] {
                        let frame = Frame::message(payload, OpCode::Data(opcode), fin);
                        socket.send(Message::Frame(frame))?;
                    }
                }
                "ping" => socket.send(Message::Ping("interop".into()))?,
                "close" => {
                    socket.close(Some(CloseFrame { code: 4000.into(), reason: "bye".into() }))?;
                }
                _ => socket.send(Message::Text(text))?,
            },
            Message::Pong(payload) => {
                socket.send(String::from_utf8_lossy(&payload).into_owned().into())?;
            }
            message @ Message::Binary(_) => socket.send(message)?,
            Message::Ping(_) | Message::Close(_) | Message::Frame(_) => {}
        }
    }
}
