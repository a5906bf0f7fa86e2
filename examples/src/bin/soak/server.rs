//! The server: it echoes, and its peers may vanish but may not be faulty.

use std::sync::Arc;
use std::time::Duration;

use examples::listen;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use websocket_proto::ProtocolError;
use websocket_proto::deflate::DeflateConfig;
use websocket_proto::tokio::{AcceptError, Acceptor, Config, Error};
use websocket_proto::websocket::Keepalive;

use crate::PATIENCE;
use crate::places::Places;
use crate::tally::Tally;

/// Serves until the clients have gone.
pub(crate) async fn run(
    listener: TcpListener,
    mut end: watch::Receiver<()>,
    places: Arc<Places>,
    tally: Arc<Tally>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            stream = listen::accept_async(&listener) => {
                connections.spawn(serve(stream, Arc::clone(&places), Arc::clone(&tally)));
            }
            Some(_) = connections.join_next() => {}
            _ = end.changed() => break,
        }
    }
    connections.join_all().await;
}

async fn serve(stream: TcpStream, places: Arc<Places>, tally: Arc<Tally>) {
    match echo(stream).await {
        Ok(()) | Err(Ended::Gone) => {}
        Err(Ended::Faulty(why)) => tally.add_wrong(&why),
    }
    places.give_back();
}

enum Ended {
    /// The transport ended without a Close.
    Gone,
    Faulty(String),
}

async fn echo(stream: TcpStream) -> Result<(), Ended> {
    let keepalive = Keepalive { interval: Duration::from_secs(20), timeout: PATIENCE };
    let config =
        Config::new().deflate(DeflateConfig::new()).close_timeout(PATIENCE).keepalive(keepalive);
    let mut acceptor = Acceptor::new(stream).config(config).handshake_timeout(PATIENCE);
    let mut socket = acceptor.accept().await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_data() {
            socket.feed(message).await?;
        }
    }
    Ok(())
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        match error {
            Error::Io(_) | Error::Protocol(ProtocolError::UnexpectedEof) => Self::Gone,
            error => Self::Faulty(format!("the server met {error}")),
        }
    }
}

impl From<AcceptError> for Ended {
    fn from(error: AcceptError) -> Self {
        match error {
            AcceptError::Io(_) => Self::Gone,
            error => Self::Faulty(format!("the server met {error}")),
        }
    }
}
