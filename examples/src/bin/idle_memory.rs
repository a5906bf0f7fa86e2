//! How much memory an idle connection of a server holds, on the heap of the process: the WebSocket,
//! the task of tokio that waits for the next message, and all buffers. The memory of the system, such
//! as the buffers of sockets, is not in it.
//!
//! `idle_memory [--connections N] [--compress]`
//!
//! With `--compress` the connections have agreed on permessage-deflate without context takeover.
//! Each connection has echoed a few messages before. The last line is the number of bytes.

#[path = "../resources.rs"]
mod resources;

use std::error::Error;
use std::thread;
use std::time::Duration;

use examples::listen;
use lexopt::prelude::*;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use websocket_proto::Message;
use websocket_proto::blocking;
use websocket_proto::deflate::{DeflateConfig, Preferences};
use websocket_proto::io::ConnectOptions;
use websocket_proto::tokio::{Acceptor, Config};

use self::resources::{Resources, descriptor_limit};

/// The descriptors that are not of connections.
const OTHER_DESCRIPTORS: usize = 64;

fn main() -> Result<(), Box<dyn Error>> {
    let (mut connections, config) = parse()?;
    let possible = descriptor_limit().saturating_sub(OTHER_DESCRIPTORS) / 2;
    if connections > possible {
        println!("the limit of {} descriptors allows {possible} connections", descriptor_limit());
        connections = possible;
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let url = format!("ws://{}/", listener.local_addr()?);
    runtime.spawn(serve(listener, config.clone()));

    let options = ConnectOptions::new(&url)?.config(config);
    // What is allocated once, and not for each connection, is there before the first measurement.
    let mut clients = vec![use_and_leave(&options)?, use_and_leave(&options)?];
    clients.reserve_exact(connections);
    let before = settled();
    for _ in 0..connections {
        clients.push(use_and_leave(&options)?);
    }
    let after = settled();
    println!("before: {before}");
    println!("with {connections} more connections: {after}");
    println!("{} bytes per idle connection", (after.heap - before.heap) / connections as isize);
    Ok(())
}

/// Opens a connection and uses it. The result is only its socket, so the client holds no memory.
fn use_and_leave(options: &ConnectOptions) -> Result<std::net::TcpStream, Box<dyn Error>> {
    let mut socket = blocking::connect(options.clone())?;
    for len in [5, 500, 50_000] {
        let message = Message::text("quick brown fox, "[..5].repeat(len / 5));
        socket.send(message.clone())?;
        assert_eq!(socket.read()?, Some(message));
    }
    Ok(socket.into_parts().stream)
}

async fn serve(listener: TcpListener, config: Config) {
    let mut connections = JoinSet::new();
    loop {
        let stream = listen::accept_async(&listener).await;
        connections.spawn(echo(stream, config.clone()));
    }
}

async fn echo(stream: TcpStream, config: Config) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut socket = Acceptor::new(stream).config(config).accept().await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_data() {
            socket.feed(message).await?;
        }
    }
    Ok(())
}

/// Waits until all tasks of the server are idle.
fn settled() -> Resources {
    thread::sleep(Duration::from_millis(200));
    Resources::now()
}

fn parse() -> Result<(usize, Config), lexopt::Error> {
    let (mut connections, mut config) = (1000, Config::new());
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("connections") => connections = parser.value()?.parse()?,
            Long("compress") => {
                let without_takeover = Preferences::new()
                    .server_no_context_takeover(true)
                    .client_no_context_takeover(true);
                config = config.deflate(DeflateConfig::new().preferences(without_takeover));
            }
            _ => return Err(argument.unexpected()),
        }
    }
    Ok((connections.max(1), config))
}
