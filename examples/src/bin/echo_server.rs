//! An echo server: a thread for each connection.
//!
//! `echo_server [ADDR] [--max-message-size BYTES] [--compress]`

use std::error::Error;
use std::net::{TcpListener, TcpStream};
use std::thread;

use examples::arguments;
use examples::{explain, listen};
use websocket_proto::blocking::{Acceptor, Config};

fn main() -> Result<(), Box<dyn Error>> {
    let (address, config) = arguments::parse()?;
    let listener = TcpListener::bind(address)?;
    println!("listening on ws://{}", listener.local_addr()?);
    loop {
        let stream = listen::accept(&listener);
        let config = config.clone();
        let serve = move || {
            if let Err(error) = serve(stream, config) {
                eprintln!("{}", explain(&*error));
            }
        };
        // Without a thread the connection is dropped, and the server goes on.
        if let Err(error) = thread::Builder::new().spawn(serve) {
            eprintln!("{error}");
        }
    }
}

fn serve(stream: TcpStream, config: Config) -> Result<(), Box<dyn Error>> {
    let mut acceptor = Acceptor::new(stream).config(config);
    let mut socket = match acceptor.accept() {
        Ok(socket) => socket,
        Err(error) => {
            // Who asked for anything else has got a proper HTTP response.
            acceptor.finish()?;
            return Err(error.into());
        }
    };
    // Pings and the Close are answered inside `read`. Replies are queued, and leave together when
    // it would wait.
    while let Some(message) = socket.read()? {
        if message.is_data() {
            socket.feed(message)?;
        }
    }
    Ok(())
}
