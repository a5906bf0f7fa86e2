//! An echo server with a thread for each connection.

use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use websocket_proto::blocking::WebSocketStream;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:9001".into());
    let listener = TcpListener::bind(address)?;
    println!("listening on ws://{}", listener.local_addr()?);
    for stream in listener.incoming() {
        let stream = match stream {
            Ok(stream) => stream,
            // The process may have no file descriptor left until a connection ends.
            Err(error) => {
                eprintln!("{error}");
                thread::sleep(Duration::from_millis(100));
                continue;
            }
        };
        thread::spawn(move || {
            if let Err(error) = serve(stream) {
                eprintln!("{error}");
            }
        });
    }
    Ok(())
}

fn serve(stream: TcpStream) -> Result<(), Failure> {
    let mut socket = WebSocketStream::accept(stream)?;
    while let Some(message) = socket.read()? {
        if message.is_data() {
            socket.send(message)?;
        }
    }
    Ok(())
}
