//! The process of one server.

use std::error::Error;
use std::net::{TcpListener, TcpStream};
use std::thread;

use tokio::task::{LocalSet, spawn_local};

use super::process::{end_with_parent, pin};
use super::servers::{self, Serve};

/// Serves until the process is ended. Prints the address first.
pub fn run(name: &str, core: usize) -> Result<(), Box<dyn Error>> {
    end_with_parent();
    pin(core);
    let serve = servers::find(name).ok_or_else(|| format!("{name} is not a server"))?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    match serve {
        Serve::Blocking(echo) => {
            for stream in listener.incoming() {
                let stream = stream?;
                stream.set_nodelay(true)?;
                thread::spawn(move || echo(stream));
            }
            Ok(())
        }
        Serve::Tokio(echo) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            LocalSet::new().block_on(&runtime, accept(listener, echo))
        }
    }
}

/// The connection of a client on tokio.
pub type Stream = tokio::net::TcpStream;

async fn accept(
    listener: TcpListener,
    echo: fn(Stream) -> servers::Future,
) -> Result<(), Box<dyn Error>> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        spawn_local(echo(stream));
    }
}

/// The function of a server with a thread for each connection.
pub type BlockingEcho = fn(TcpStream);
