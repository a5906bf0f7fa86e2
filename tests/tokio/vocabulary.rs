//! What an application on tokio needs can be imported from the adapter alone.

use support::transport::within;
use tokio::io::{DuplexStream, duplex};
use websocket_proto::tokio::{
    AcceptError, Acceptor, ClientStream, CloseCode, CloseInfo, Config, ConnectError,
    ConnectOptions, Connector, Endpoint, HeadLimits, Headers, HttpRequest, Incoming, Message,
    Reply, Request, ServerStream, State, Utf8Bytes,
};

/// The other names, each of which must exist.
mod others {
    #![allow(unused_imports)]
    #[cfg(feature = "deflate")]
    use websocket_proto::tokio::DeflateConfig;
    use websocket_proto::tokio::{
        AnyRole, Client, CloseFrame, Compression, Error, FromUtf8Error, HttpAnswer, Keepalive,
        Kind, MaybeTlsStream, MessageRef, Opened, Part, Parts, Preferences, Prepared,
        ProtocolError, ProxyError, ReadHalf, Rejected, RequestError, Response, ResponseError,
        ReuniteError, Role, Scheme, SendError, Server, Stats, Terms, Traffic, UrlError,
        WebSocketStream, WriteError, WriteHalf, connect, connect_tcp,
    };
}

/// A program that names a type of each kind.
async fn serve(stream: DuplexStream) -> Result<Option<(CloseCode, Option<Endpoint>)>, AcceptError> {
    let limits = HeadLimits::DEFAULT;
    let config = Config::new().max_message_size(1024);
    let mut acceptor = Acceptor::new(stream).head_limits(limits).config(config);
    let reply = match acceptor.incoming().await? {
        Incoming::WebSocket(request) => welcome(&request),
        Incoming::Http(request) => page(&request),
    };
    let mut socket: ServerStream<DuplexStream> = acceptor.reply(reply).await?;
    while let Some(Ok(message)) = socket.next().await {
        if message.is_data() && socket.send(message).await.is_err() {
            break;
        }
    }
    assert_eq!(socket.state(), State::Closed);
    Ok(socket.close_info().map(|info: CloseInfo<'_>| (info.code, info.began)))
}

fn welcome(request: &Request<'_>) -> Reply {
    let headers: Headers<'_> = request.headers();
    match headers.first("Origin") {
        None => Reply::accept().subprotocol(request.choose_subprotocol(&["chat"])),
        Some(_) => Reply::refuse(403),
    }
}

fn page(_: &HttpRequest<'_>) -> Reply {
    Reply::refuse(404)
}

async fn ask(stream: DuplexStream) -> Result<Message, ConnectError> {
    let options = ConnectOptions::new("ws://example.com/")?.subprotocol("chat")?;
    let mut connector = Connector::new(stream, options)?;
    let mut socket: ClientStream<DuplexStream> = connector.connect().await?;
    socket.send(Utf8Bytes::from("Hello")).await.expect("it is open");
    let echo = socket.next().await.expect("it is open").expect("a good server");
    socket.close(CloseCode::NORMAL, "").await.expect("it is open");
    socket.finish().await.expect("a good server");
    Ok(echo)
}

#[tokio::test]
async fn a_program_needs_no_other_module() {
    let (near, far) = duplex(1024);
    let (served, asked) = within(async { tokio::join!(serve(near), ask(far)) }).await;
    assert_eq!(served.expect("a good request"), Some((CloseCode::NORMAL, Some(Endpoint::Peer))));
    assert_eq!(asked.expect("accepted"), Message::text("Hello"));
}
