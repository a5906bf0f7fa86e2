//! The server for the checks of the browser's own interface. The path of a WebSocket says what the
//! server does.

use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use websocket_proto::Message;
use websocket_proto::tokio::{
    Acceptor, CloseCode, Config, DeflateConfig, Incoming, Reply, ServerStream,
};

type Socket = ServerStream<TcpStream>;

/// Starts the server, and returns its address. The page at `/` is empty.
pub(crate) async fn start(deflate: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let config = Config::new();
    let config = if deflate { config.deflate(DeflateConfig::new()) } else { config };
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, config.clone()));
        }
    });
    address
}

async fn serve(stream: TcpStream, config: Config) {
    let mut acceptor = Acceptor::new(stream).config(config);
    let Ok(incoming) = acceptor.incoming().await else {
        return;
    };
    let (reply, path) = match incoming {
        Incoming::Http(_) => (page(), String::new()),
        Incoming::WebSocket(request) if request.path() == "/refused" => {
            (Reply::refuse(401), String::new())
        }
        Incoming::WebSocket(request) => {
            let subprotocol = request.choose_subprotocol(&["second", "third"]);
            (Reply::accept().subprotocol(subprotocol), request.path().to_owned())
        }
    };
    match acceptor.reply(reply).await {
        Ok(socket) => converse(socket, &path).await,
        Err(_) => _ = acceptor.finish(Duration::from_secs(5)).await,
    }
}

fn page() -> Reply {
    Reply::refuse(200)
        .header("Content-Type", "text/html")
        .body("<!doctype html><title>Page</title>")
}

async fn converse(mut socket: Socket, path: &str) {
    let mut parts = path.trim_start_matches('/').split('/');
    match (parts.next(), parts.next()) {
        // The TCP connection ends without a Close.
        (Some("cut"), _) => {}
        (Some("close"), Some(code)) => {
            let code = CloseCode::from(code.parse::<u16>().unwrap());
            let _ = socket.close(code, "reason: größer").await;
            let _ = socket.finish().await;
        }
        (Some("ping"), _) => {
            socket.send(Message::ping("payload")).await.unwrap();
            while let Some(Ok(message)) = socket.next().await {
                if let Message::Pong(payload) = message {
                    let text = String::from_utf8_lossy(&payload).into_owned();
                    socket.send(format!("Pong with {text}")).await.unwrap();
                }
            }
        }
        _ => echo(socket).await,
    }
}

async fn echo(mut socket: Socket) {
    while let Some(Ok(message)) = socket.next().await {
        if message.is_data() && socket.feed(message).await.is_err() {
            return;
        }
    }
}
