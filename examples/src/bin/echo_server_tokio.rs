//! An echo server on tokio, which shuts down gracefully: on Ctrl-C it stops accepting, tells every
//! client that it goes away (1001), and gives them 10 s.
//!
//! `echo_server_tokio [ADDR] [--max-message-size BYTES] [--keepalive MILLISECONDS]
//! [--compress]`

use std::error::Error;
use std::pin::pin;
use std::time::Duration;

use examples::arguments;
use examples::{explain, listen};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::ctrl_c;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use websocket_proto::tokio::{Acceptor, CloseCode, Config, Reply, Request};

const REFUSAL_TIMEOUT: Duration = Duration::from_secs(10);
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (address, config) = arguments::parse()?;
    let listener = TcpListener::bind(address).await?;
    println!("listening on ws://{}", listener.local_addr()?);

    let (shutdown, going_away) = watch::channel(());
    let mut connections = JoinSet::new();
    // One future for all rounds: a new future would miss an interrupt that came before it.
    let mut interrupted = pin!(ctrl_c());
    loop {
        tokio::select! {
            stream = listen::accept_async(&listener) => {
                connections.spawn(serve(stream, config.clone(), going_away.clone()));
            }
            Some(_) = connections.join_next() => {}
            _ = &mut interrupted => break,
        }
    }
    drop((listener, shutdown));
    let all_closed = async { while connections.join_next().await.is_some() {} };
    if timeout(SHUTDOWN_TIMEOUT, all_closed).await.is_err() {
        eprintln!("some clients would not go");
    }
    Ok(())
}

async fn serve(stream: TcpStream, config: Config, going_away: watch::Receiver<()>) {
    if let Err(error) = echo(stream, config, going_away).await {
        eprintln!("{}", explain(&*error));
    }
}

async fn echo(
    stream: TcpStream,
    config: Config,
    mut going_away: watch::Receiver<()>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut acceptor = Acceptor::new(stream).config(config);
    let reply =
        |request: &Request<'_>| Reply::accept().subprotocol(request.choose_subprotocol(&["echo"]));
    let mut socket = match acceptor.accept_with(reply).await {
        Ok(socket) => socket,
        Err(error) => {
            // The client gets an HTTP response. The transport ends so that the response arrives.
            acceptor.finish(REFUSAL_TIMEOUT).await?;
            return Err(error.into());
        }
    };
    loop {
        tokio::select! {
            // Both futures can be dropped and created again, and nothing is lost.
            received = socket.next() => match received {
                // `next` answers Pings and the Close. Replies are queued, and `next` writes all of
                // them before it waits.
                Some(Ok(message)) if message.is_data() => socket.feed(message).await?,
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => return Ok(()),
            },
            _ = going_away.changed() => {
                socket.close(CloseCode::GOING_AWAY, "the server shuts down").await?;
                return Ok(socket.finish().await?);
            }
        }
    }
}
