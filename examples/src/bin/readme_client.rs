//! A client on tokio.

use websocket_proto::tokio::{CloseCode, connect};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).unwrap_or("ws://127.0.0.1:9001".into());
    let mut socket = connect(url).await?;
    socket.send("Hello").await?;
    if let Some(message) = socket.next().await {
        println!("{}", message?.as_text().unwrap_or("no text"));
    }
    socket.close(CloseCode::NORMAL, "").await?;
    socket.finish().await?; // waits for the Close of the server
    Ok(())
}
