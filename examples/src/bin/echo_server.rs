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
        // If there is no thread for the connection, it is dropped, and the server goes on.
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
            // The client gets an HTTP response. The transport ends so that the response arrives.
            acceptor.finish()?;
            return Err(error.into());
        }
    };
    // `read` answers Pings and the Close. Replies are queued, and `read` writes all of them before
    // it waits.
    while let Some(message) = socket.read()? {
        if message.is_data() {
            socket.feed(message)?;
        }
    }
    Ok(())
}
