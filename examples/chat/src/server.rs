//! The loop that accepts connections, and the graceful shutdown.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use websocket_proto::tokio::Config;
use websocket_proto::tokio::tokio_rustls::TlsAcceptor;

use crate::login::Login;
use crate::rooms::Rooms;
use crate::{Failure, explain, member, opening};

/// How many connections may be open at the same time. Further connections wait in the queue of the
/// operating system.
const MAX_CONNECTIONS: usize = 10_000;

const TLS_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the members have for the closing handshake when the server shuts down.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// The pause after a failed `accept`. Without it, the loop would keep a processor busy while the
/// process has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The values that every connection needs.
pub(crate) struct Server {
    pub(crate) rooms: Rooms,
    pub(crate) login: Login,
    pub(crate) config: Config,
    /// How many messages a member may send in a second.
    pub(crate) rate: u32,
    tls: Option<TlsAcceptor>,
}

impl Server {
    pub(crate) fn new(
        rooms: Rooms,
        login: Login,
        tls: Option<TlsAcceptor>,
        config: Config,
        rate: u32,
    ) -> Arc<Self> {
        Arc::new(Self { rooms, login, config, rate, tls })
    }

    /// Accepts connections until `interrupted` is ready. Then it tells every member that the server
    /// goes away (1001), and waits for the members, within a time limit.
    pub(crate) async fn run(
        self: Arc<Self>,
        listener: TcpListener,
        interrupted: impl Future<Output = ()>,
    ) {
        let (shutdown, going_away) = watch::channel(());
        let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let mut connections = JoinSet::new();
        let mut interrupted = pin!(interrupted);
        loop {
            tokio::select! {
                () = &mut interrupted => break,
                Some(_) = connections.join_next() => {}
                (stream, permit) = accept(&listener, &permits) => {
                    let (server, going_away) = (Arc::clone(&self), going_away.clone());
                    connections.spawn(async move {
                        if let Err(error) = server.serve(stream, going_away).await {
                            eprintln!("{}", explain(&*error));
                        }
                        drop(permit);
                    });
                }
            }
        }
        drop((listener, shutdown));
        let all_gone = async {
            while connections.join_next().await.is_some() {}
            // The other servers learn that the members of this server have left.
            self.rooms.closed().await;
        };
        if timeout(SHUTDOWN_TIMEOUT, all_gone).await.is_err() {
            eprintln!("some members did not leave within {SHUTDOWN_TIMEOUT:?}");
        }
    }

    async fn serve(
        self: Arc<Self>,
        stream: TcpStream,
        mut going_away: watch::Receiver<()>,
    ) -> Result<(), Failure> {
        let Some(tls) = self.tls.clone() else {
            return self.serve_stream(stream, going_away).await;
        };
        let accepted = tokio::select! {
            accepted = timeout(TLS_TIMEOUT, tls.accept(stream)) => accepted,
            _ = going_away.changed() => return Ok(()),
        };
        match accepted {
            Ok(Ok(stream)) => self.serve_stream(stream, going_away).await,
            Ok(Err(error)) => Err(format!("TLS handshake: {error}").into()),
            Err(_) => Err(format!("TLS handshake: not complete after {TLS_TIMEOUT:?}").into()),
        }
    }

    async fn serve_stream<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        mut going_away: watch::Receiver<()>,
    ) -> Result<(), Failure> {
        let opened = tokio::select! {
            opened = opening::open(stream, self) => opened?,
            // There is no WebSocket yet, so the connection can be dropped without a Close.
            _ = going_away.changed() => return Ok(()),
        };
        match opened {
            Some(socket) => member::run(socket, self, going_away).await,
            None => Ok(()),
        }
    }
}

/// Waits until one more connection is allowed, and then for a connection. If the future is dropped,
/// no connection is lost.
async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> (TcpStream, Option<tokio::sync::OwnedSemaphorePermit>) {
    let permit = Arc::clone(permits).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Small messages leave at once. If this call fails, the connection still works.
                let _ = stream.set_nodelay(true);
                return (stream, permit);
            }
            Err(error) => eprintln!("cannot accept a connection: {error}"),
        }
        sleep(ACCEPT_PAUSE).await;
    }
}
