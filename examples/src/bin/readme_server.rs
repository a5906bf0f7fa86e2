//! A server on tokio: a task for each connection.

use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use websocket_proto::tokio::{Message, WebSocketStream};

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:9001".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(report(serve(stream)))),
            // The process may have no file descriptor left until a connection ends.
            Err(error) => {
                eprintln!("{error}");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn report(served: impl Future<Output = Result<(), Failure>>) {
    if let Err(error) = served.await {
        eprintln!("{error}");
    }
}

async fn serve(stream: TcpStream) -> Result<(), Failure> {
    stream.set_nodelay(true)?; // small messages leave at once
    let mut socket = WebSocketStream::accept(stream).await?;
    // `next` also answers Pings and the Close of the client. After `None` the connection is over.
    while let Some(message) = socket.next().await {
        match message? {
            Message::Text(text) => socket.send(format!("You said: {text}")).await?,
            Message::Binary(bytes) => socket.send(bytes).await?,
            _ => {}
        }
    }
    Ok(())
}
