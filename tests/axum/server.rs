//! Servers, and clients over HTTP/1.1.

use std::net::SocketAddr;

use axum::Router;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use websocket_proto::axum::WebSocket;
use websocket_proto::tokio::{ClientStream, MaybeTlsStream, connect};

/// The headers of a request for a WebSocket, except `Host`. The key is that of RFC 6455, section 1.3.
pub(crate) const UPGRADE: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

/// The same, and the server closes the connection after a response that opens no WebSocket.
pub(crate) const UPGRADE_OR_CLOSE: &str = "Upgrade: websocket\r\nConnection: Upgrade, close\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

/// Serves HTTP/1.1 and HTTP/2 on a port of the system's choice, until the test ends.
pub(crate) async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}

/// Returns each message to the client until the connection is over.
pub(crate) async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if message.is_data() && socket.send(message).await.is_err() {
            break;
        }
    }
    let _ = socket.finish().await;
}

pub(crate) async fn open(address: SocketAddr, path: &str) -> ClientStream<MaybeTlsStream> {
    connect(format!("ws://{address}{path}")).await.expect("a WebSocket")
}

/// Sends a request, and returns the answer until the server closes the connection.
pub(crate) async fn exchange(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("it is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("text");
    answer
}
