//! A client that compresses.

use websocket_proto::tokio::{
    CloseCode, Config, ConnectOptions, DeflateConfig, Preferences, connect,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).unwrap_or("ws://127.0.0.1:9001".into());
    // Asks the server to keep nothing between two messages. This takes less memory there, but its
    // messages are larger.
    let preferences = Preferences::new().server_no_context_takeover(true);
    let deflate = DeflateConfig::new().preferences(preferences);
    let options = ConnectOptions::new(&url)?.config(Config::new().deflate(deflate));
    let mut socket = connect(options).await?;
    println!("compressed: {}", socket.deflate_terms().is_some());
    socket.send("to be or not to be ".repeat(1000)).await?;
    if let Some(message) = socket.next().await {
        println!("{} bytes", message?.len());
    }
    socket.close(CloseCode::NORMAL, "").await?;
    socket.finish().await?;
    Ok(())
}
