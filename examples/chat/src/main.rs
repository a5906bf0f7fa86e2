//! A chat with rooms, presence and a shared drawing board. The server uses the tokio adapter, and
//! serves the page and its WebSocket on one port.
//!
//! `cargo run -p chat`, then open the printed URL in two tabs. `--help` lists the options.
//!
//! In this order, the modules handle a connection: `server` accepts it, `opening` answers its HTTP
//! request, and `member` runs the open WebSocket. `bus` passes each message on to all servers, and
//! `room` passes it on to the members on this server.

mod arguments;
mod bus;
mod login;
mod member;
mod opening;
mod pace;
mod page;
mod presence;
mod protocol;
mod room;
mod rooms;
mod server;
mod tls;

use std::error::Error;
use std::io;
use std::iter;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;
use tokio::net::TcpListener;
use websocket_proto::tokio::DeflateConfig;

use arguments::Arguments;
use bus::Bus;
use login::Login;
use rooms::Rooms;
use server::Server;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("chat: {}", explain(&*error));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let tls = arguments.tls.then(|| tls::generated(arguments.save_certificate.as_deref()));
    let tls = tls.transpose()?;
    let bus = match &arguments.bus {
        Some(url) => Bus::redis(url).await?,
        None => Bus::memory(),
    };
    let login = Login::new(&bus, arguments.url.clone()).await?;
    let listener = TcpListener::bind(&arguments.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", arguments.listen))?;

    let url = match &arguments.url {
        Some(url) => url.clone(),
        None => {
            format!("{}://{}", if tls.is_some() { "https" } else { "http" }, listener.local_addr()?)
        }
    };
    println!("open {url}/#invite={}", login.invite());

    let deflate = DeflateConfig::new();
    let rooms = Rooms::new(Arc::new(bus), deflate.clone(), arguments.queue);
    let server = Server::new(rooms, login, tls, arguments.config(deflate), arguments.rate);
    server.run(listener, interrupted()?).await;
    Ok(())
}

/// Returns a future that is ready when the process is asked to end.
fn interrupted() -> io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let mut terminate = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate())?
    };
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    })
}

/// Returns the text of an error and of everything that caused it.
fn explain(error: &(dyn Error + 'static)) -> String {
    let chain = iter::successors(Some(error), |error: &&dyn Error| (*error).source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
