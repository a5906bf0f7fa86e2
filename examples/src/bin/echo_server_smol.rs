//! An echo server on smol, with the adapter for `futures-io`.
//!
//! `echo_server_smol [ADDR] [--max-message-size BYTES] [--keepalive MILLISECONDS]
//! [--compress]`

use std::error::Error;
use std::time::Duration;

use examples::arguments;
use examples::explain;
use smol::Timer;
use smol::net::{TcpListener, TcpStream};
use websocket_proto::asynchronous::Transport as _;
use websocket_proto::futures_io::{Acceptor, Config, FuturesTransport};

const REFUSAL_TIMEOUT: Duration = Duration::from_secs(10);

fn main() -> Result<(), Box<dyn Error>> {
    let (address, config) = arguments::parse()?;
    smol::block_on(async {
        let listener = TcpListener::bind(address).await?;
        println!("listening on ws://{}", listener.local_addr()?);
        loop {
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                // The client has already left, or there are too many connections now.
                Err(error) => {
                    eprintln!("cannot accept a connection: {error}");
                    Timer::after(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let config = config.clone();
            smol::spawn(async move {
                if let Err(error) = echo(stream, config).await {
                    eprintln!("{}", explain(&*error));
                }
            })
            .detach();
        }
    })
}

async fn echo(stream: TcpStream, config: Config) -> Result<(), Box<dyn Error + Send + Sync>> {
    stream.set_nodelay(true)?;
    // The adapter has no timer of its own.
    let transport = FuturesTransport::new(stream).timer(Timer::after);
    let mut acceptor = Acceptor::from_transport(transport).config(config);
    let mut socket = match acceptor.accept().await {
        Ok(socket) => socket,
        Err(error) => {
            // The client gets an HTTP response. The transport ends so that the response arrives.
            acceptor.finish(REFUSAL_TIMEOUT).await?;
            return Err(error.into());
        }
    };
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_data() {
            socket.feed(message).await?;
        }
    }
    Ok(())
}
