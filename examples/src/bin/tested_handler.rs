//! A handler that is generic over its transport, so that its tests need no network and no waiting.
//!
//! `cargo test -p examples --features tokio --bin tested_handler`

use std::error::Error;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::time::timeout;
use websocket_proto::tokio::{self as ws, CloseCode, Message, ServerStream, WebSocketStream};

const IDLE: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            // The process may have no file descriptor left until a connection ends.
            Err(error) => {
                eprintln!("{error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        tokio::spawn(async move {
            if let Ok(socket) = WebSocketStream::accept(stream).await
                && let Err(error) = add_up(socket).await
            {
                eprintln!("{error}");
            }
        });
    }
}

/// Adds up the numbers of a client. It is not an error if the client disappears, in a read or in a
/// write.
async fn add_up<S>(socket: ServerStream<S>) -> Result<(), ws::Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match answer(socket).await {
        Err(error) if error.is_disconnected() => Ok(()),
        ended => ended,
    }
}

/// Answers each number with the sum so far, and closes a connection that is idle for a minute.
async fn answer<S>(mut socket: ServerStream<S>) -> Result<(), ws::Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut sum = 0_u64;
    loop {
        match timeout(IDLE, socket.next()).await {
            Err(_) => {
                socket.close(CloseCode::POLICY_VIOLATION, "idle").await?;
                return socket.finish().await;
            }
            Ok(None) => return Ok(()),
            Ok(Some(received)) => match received? {
                Message::Text(text) => match text.parse::<u64>() {
                    Ok(number) => {
                        sum = sum.saturating_add(number);
                        socket.send(sum.to_string()).await?;
                    }
                    Err(_) => socket.close(CloseCode::UNSUPPORTED_DATA, "not a number").await?,
                },
                Message::Binary(_) => {
                    socket.close(CloseCode::UNSUPPORTED_DATA, "not a number").await?;
                }
                _ => {}
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use tokio::io::{DuplexStream, duplex};
    use tokio::task::JoinHandle;
    use websocket_proto::tokio::{Client, ClientStream, Config, Opened, Server};

    use super::*;

    type Handler = JoinHandle<Result<(), ws::Error>>;

    /// Runs the handler, and returns the client's end of its connection.
    fn start() -> (ClientStream<DuplexStream>, Handler) {
        // A tiny buffer, so that writes have to wait.
        let (near, far) = duplex(8);
        let (config, opened) = (Config::new(), Opened::new());
        let server = WebSocketStream::from_parts(
            far,
            Server,
            config.clone(),
            opened.clone(),
            BytesMut::new(),
        );
        let role = Client::new([7; 32]);
        let client = WebSocketStream::from_parts(near, role, config, opened, BytesMut::new());
        (client, tokio::spawn(add_up(server)))
    }

    async fn next(client: &mut ClientStream<DuplexStream>) -> Message {
        client.next().await.expect("a message").expect("no error")
    }

    #[tokio::test]
    async fn numbers_are_added_up() {
        let (mut client, handler) = start();
        for (number, sum) in [("1", "1"), ("20", "21"), ("0", "21")] {
            client.send(number).await.expect("it is open");
            assert_eq!(next(&mut client).await, Message::text(sum));
        }
        client.close(CloseCode::NORMAL, "").await.expect("it is open");
        client.finish().await.expect("a clean end");
        handler.await.expect("no panic").expect("a clean end");
    }

    #[tokio::test]
    async fn what_is_not_a_number_is_refused() {
        for message in [Message::text("one"), Message::text("-1"), Message::binary(vec![1])] {
            let (mut client, _handler) = start();
            client.send(message).await.expect("it is open");
            let close = Message::close(CloseCode::UNSUPPORTED_DATA, "not a number");
            assert_eq!(next(&mut client).await, close.expect("it can be sent"));
        }
    }

    /// The clock of tokio is paused: it jumps to the next deadline, so a minute takes no time.
    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_is_closed_after_a_minute() {
        let (mut client, _handler) = start();
        let begin = tokio::time::Instant::now();
        let close = Message::close(CloseCode::POLICY_VIOLATION, "idle").expect("it can be sent");
        assert_eq!(next(&mut client).await, close);
        assert_eq!(begin.elapsed(), IDLE);
    }

    #[tokio::test]
    async fn a_client_that_disappears_is_no_error() {
        let (mut client, handler) = start();
        client.send("1").await.expect("it is open");
        drop(client);
        handler.await.expect("no panic").expect("no error");
    }
}
