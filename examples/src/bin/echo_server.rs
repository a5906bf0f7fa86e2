//! An echo server: a thread for each connection.
//!
//! `echo_server [ADDR] [--max-message-size BYTES] [--compress]`

use std::error::Error;
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use examples::arguments;
use examples::explain;
use websocket_proto::blocking::{Acceptor, Config};

fn main() -> Result<(), Box<dyn Error>> {
    let (address, config) = arguments::parse()?;
    let listener = TcpListener::bind(address)?;
    println!("listening on ws://{}", listener.local_addr()?);
    loop {
        let stream = match listener.accept() {
            Ok((stream, _)) => stream,
            // The client has gone already, or there are too many connections now.
            Err(error) => {
                eprintln!("cannot accept a connection: {error}");
                thread::sleep(Duration::from_millis(50));
                continue;
            }
        };
        let config = config.clone();
        thread::spawn(move || {
            if let Err(error) = serve(stream, config) {
                eprintln!("{}", explain(&*error));
            }
        });
    }
}

fn serve(stream: TcpStream, config: Config) -> Result<(), Box<dyn Error>> {
    stream.set_nodelay(true)?;
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
