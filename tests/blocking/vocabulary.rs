//! What an application on threads needs can be imported from the adapter alone.

use std::net::TcpStream;

use crate::loopback::{bounded, raw, serve};
use websocket_proto::blocking::{
    AcceptError, Acceptor, ClientStream, CloseCode, CloseInfo, Config, ConnectError,
    ConnectOptions, Connector, Endpoint, HeadLimits, Headers, HttpRequest, Incoming, Message,
    Reply, Request, ServerStream, State, Utf8Bytes,
};

/// The other names, each of which must exist.
mod others {
    #![allow(unused_imports)]
    #[cfg(feature = "deflate")]
    use websocket_proto::blocking::DeflateConfig;
    use websocket_proto::blocking::{
        AnyRole, Client, CloseFrame, Compression, Error, FromUtf8Error, HttpAnswer, Keepalive,
        Kind, MessageRef, Opened, Part, Parts, Preferences, Prepared, ProtocolError, ProxyError,
        ReadHalf, Rejected, RequestError, Response, ResponseError, ReuniteError, Role, Scheme,
        SendError, Server, Stats, Terms, Traffic, UrlError, WebSocketStream, WriteError, WriteHalf,
        connect, connect_tcp,
    };
}

/// A program that names a type of each kind.
fn answer(stream: TcpStream) -> Result<Option<(CloseCode, Option<Endpoint>)>, AcceptError> {
    let limits = HeadLimits::DEFAULT;
    let config = Config::new().max_message_size(1024);
    let mut acceptor = Acceptor::new(stream).head_limits(limits).config(config);
    let reply = match acceptor.incoming()? {
        Incoming::WebSocket(request) => welcome(&request),
        Incoming::Http(request) => page(&request),
    };
    let mut socket: ServerStream<TcpStream> = acceptor.reply(reply)?;
    while let Ok(Some(message)) = socket.read() {
        if message.is_data() && socket.send(message).is_err() {
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

fn ask(stream: TcpStream) -> Result<Message, ConnectError> {
    let options = ConnectOptions::new("ws://example.com/")?.subprotocol("chat")?;
    let mut connector = Connector::new(stream, options)?;
    let mut socket: ClientStream<TcpStream> = connector.connect()?;
    socket.send(Utf8Bytes::from("Hello")).expect("it is open");
    let echo = socket.read().expect("a good server").expect("it is open");
    socket.close(CloseCode::NORMAL, "").expect("it is open");
    while let Ok(Some(_)) = socket.read() {}
    socket.finish().expect("a good server");
    Ok(echo)
}

#[test]
fn a_program_needs_no_other_module() {
    bounded(|| {
        let (address, server) = serve(answer);
        let asked = ask(raw(address));
        assert_eq!(asked.expect("accepted"), Message::text("Hello"));
        let answered = server.join().unwrap().expect("a good request");
        assert_eq!(answered, Some((CloseCode::NORMAL, Some(Endpoint::Peer))));
    });
}
