//! An echo over TLS with the tokio adapter.

use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;

use support::transport::Transport;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout};
use tokio_rustls::rustls::pki_types::ServerName;
use websocket_proto::connection::Role;
use websocket_proto::io::ConnectOptions;
use websocket_proto::tokio::{Acceptor, Connector, WebSocketStream, tokio_rustls};

use super::far_end::FarEnd;
use super::{Ended, Problem, config};
use crate::identity::Identity;

pub(super) fn client(
    identity: &Identity,
    far: FarEnd,
    near: Transport,
    limit: Duration,
) -> (Ended, FarEnd) {
    let connector = tokio_rustls::TlsConnector::from(identity.client());
    run(far, async move {
        let name = ServerName::try_from("localhost").expect("a name");
        let tls = match timeout(limit, connector.connect(name, near)).await {
            Ok(Ok(tls)) => tls,
            Ok(Err(error)) => return Ended::with(Problem::of(&error)),
            Err(_) => return Ended::with(Problem::Time),
        };
        let options = ConnectOptions::new("wss://localhost/").expect("a good URL");
        let options = options.connect_timeout(limit).config(config(limit));
        let mut connector = Connector::new(tls, options).expect("a good request");
        match connector.connect().await {
            Ok(socket) => echo(socket).await,
            Err(error) => Ended::with(Problem::of_connect(&error)),
        }
    })
}

pub(super) fn server(
    identity: &Identity,
    far: FarEnd,
    near: Transport,
    limit: Duration,
) -> (Ended, FarEnd) {
    let acceptor = identity.server();
    run(far, async move {
        let tls = match timeout(limit, acceptor.accept(near)).await {
            Ok(Ok(tls)) => tls,
            Ok(Err(error)) => return Ended::with(Problem::of(&error)),
            Err(_) => return Ended::with(Problem::Time),
        };
        let acceptor = Acceptor::new(tls).config(config(limit));
        let mut acceptor = acceptor.handshake_timeout(limit);
        match acceptor.accept().await {
            Ok(socket) => echo(socket).await,
            Err(error) => Ended::with(Problem::of_accept(&error)),
        }
    })
}

async fn echo<S: AsyncRead + AsyncWrite + Unpin, R: Role>(
    mut socket: WebSocketStream<S, R>,
) -> Ended {
    let mut ended = Ended::default();
    while let Some(next) = socket.next().await {
        match next {
            Ok(message) => {
                ended.received.push(message.clone());
                if message.is_data()
                    && let Err(error) = socket.send(message).await
                {
                    ended.errors.push(Problem::of_error(&error));
                    break;
                }
            }
            Err(error) => ended.errors.push(Problem::of_error(&error)),
        }
    }
    if ended.errors.is_empty()
        && let Err(error) = socket.finish().await
    {
        ended.errors.push(Problem::of_error(&error));
    }
    ended
}

/// Runs both ends. The clock moves on only if neither of them can.
fn run(mut far: FarEnd, near: impl Future<Output = Ended>) -> (Ended, FarEnd) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime");
    let ended = runtime.block_on(async {
        let begin = Instant::now();
        let mut near = pin!(near);
        let mut ended = poll_fn(|context| {
            let polled = near.as_mut().poll(context);
            if polled.is_pending() && far.pump() {
                context.waker().wake_by_ref();
            }
            polled
        })
        .await;
        ended.waited = begin.elapsed();
        ended
    });
    (ended, far)
}
