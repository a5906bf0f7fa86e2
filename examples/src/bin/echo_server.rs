//! An echo server: a thread for each connection.
//!
//! `echo_server [ADDR] [--max-message-size BYTES] [--keepalive MILLISECONDS]
//! [--compress] [--verbose]`

use std::error::Error;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use examples::arguments;
use examples::{explain, listen};
use websocket_proto::blocking::{Acceptor, Config, Message, Reply};

fn main() -> Result<(), Box<dyn Error>> {
    let (address, config, is_verbose) = arguments::parse_with_verbose()?;
    let listener = TcpListener::bind(address)?;
    let address = listener.local_addr()?;
    println!("listening on ws://{address}");
    suggest(address);
    for number in 1_u64.. {
        let stream = listen::accept(&listener);
        let config = config.clone();
        let log = Log { number, is_verbose };
        let serve = move || {
            if let Err(error) = serve(stream, config, log) {
                eprintln!("connection {number}: {}", explain(&*error));
            }
        };
        // If there is no thread for the connection, it is dropped, and the server goes on.
        if let Err(error) = thread::Builder::new().spawn(serve) {
            eprintln!("{error}");
        }
    }
    Ok(())
}

fn serve(stream: TcpStream, config: Config, log: Log) -> Result<(), Box<dyn Error>> {
    log.line(&format!("from {}", stream.peer_addr()?));
    let mut acceptor = Acceptor::new(stream).config(config);
    let accepted = acceptor.accept_with(|request| {
        log.line(&format!("asks for {}", request.path()));
        Reply::accept().subprotocol(request.choose_subprotocol(&["echo"]))
    });
    let mut socket = match accepted {
        Ok(socket) => socket,
        Err(error) => {
            // The client gets an HTTP response. The transport ends so that the response arrives.
            acceptor.finish()?;
            return Err(error.into());
        }
    };
    let compression = if socket.deflate_terms().is_some() { "compressed" } else { "uncompressed" };
    log.line(&format!("open, {compression}"));
    // `read` answers Pings and the Close. Replies are queued, and `read` writes all of them before
    // it waits.
    while let Some(message) = socket.read()? {
        log.line(&format!("received {}", describe(&message)));
        if message.is_data() {
            socket.feed(message)?;
        }
    }
    log.line("closed");
    Ok(())
}

/// Returns what a message is, without its content.
fn describe(message: &Message) -> String {
    let kind = match message {
        Message::Text(_) => "text",
        Message::Binary(_) => "a binary message",
        Message::Ping(_) => "a Ping",
        Message::Pong(_) => "a Pong",
        Message::Close(Some(close)) => return format!("a Close with code {}", close.code()),
        Message::Close(None) => return "a Close without a code".into(),
        Message::Oversized { .. } => "a message that is too large",
    };
    format!("{kind} of {} bytes", message.len())
}

/// Prints what happens on one connection, if the option `--verbose` asks for it.
#[derive(Clone, Copy, Debug)]
struct Log {
    number: u64,
    is_verbose: bool,
}

impl Log {
    fn line(self, text: &str) {
        if self.is_verbose {
            eprintln!("connection {}: {text}", self.number);
        }
    }
}

fn suggest(address: SocketAddr) {
    eprintln!(
        "try: cargo run -p examples --features wsc --bin wsc -- ws://{address}\n\
         or, in the console of a browser:\n  \
         s = new WebSocket('ws://{address}'); s.onopen = () => s.send('Hello'); \
         s.onmessage = e => console.log(e.data)\n\
         --verbose prints what happens, --compress compresses."
    );
}
