//! A client whose opening handshake hyper sends: a program that has an HTTP client already, with its
//! cookies and its connections, opens a WebSocket with it.
//!
//! `hyper_client ADDR`

use std::error::Error;

use bytes::BytesMut;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use websocket_proto::handshake::ClientRequest;
use websocket_proto::tokio::{Client, CloseCode, Config, WebSocketStream};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let stream = TcpStream::connect(&address).await?;
    let (mut http, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // `with_upgrades` gives the connection away after status 101.
    tokio::spawn(connection.with_upgrades());

    // The nonce tells the server's answer from one that a cache repeats. It is 16 random bytes.
    let asked = ClientRequest::new(&address, "/", random_bytes()?).subprotocols(&["echo"]);
    let request = asked.upgrade_request()?.map(|()| String::new());
    let response = http.send_request(request).await?;
    let Some(opened) = asked.check_upgrade(&response)? else {
        return Err(format!("the server answered with status {}", response.status()).into());
    };
    let stream = TokioIo::new(hyper::upgrade::on(response).await?);

    // This stream also returns the bytes that arrived after the response, so `input` is empty.
    let mut socket = WebSocketStream::from_parts(
        stream,
        Client::random()?,
        Config::new(),
        opened,
        BytesMut::new(),
    );
    socket.send("over hyper").await?;
    if let Some(message) = socket.next().await {
        println!("{}", message?.as_text().unwrap_or("no text"));
    }
    socket.close(CloseCode::NORMAL, "").await?;
    socket.finish().await?;
    Ok(())
}

fn random_bytes() -> Result<[u8; 16], getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
