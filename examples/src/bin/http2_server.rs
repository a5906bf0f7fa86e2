//! An echo server over HTTP/2 (RFC 8441), on hyper. Each WebSocket is a stream of its own, and one
//! connection has many streams. This server has no TLS, so its clients must know that it speaks
//! HTTP/2. Over TLS the same code serves browsers.
//!
//! `http2_server [ADDR] [--max-message-size BYTES] [--keepalive MILLISECONDS]
//! [--compress]`

use std::convert::Infallible;
use std::error::Error;
use std::future::ready;

use bytes::BytesMut;
use examples::arguments;
use examples::{explain, listen};
use hyper::body::Incoming;
use hyper::ext::Protocol;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use websocket_proto::http::Offer;
use websocket_proto::tokio::{Config, Opened, Server, WebSocketStream};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (address, config) = arguments::parse()?;
    let listener = TcpListener::bind(address).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    serve(listener, config).await;
    Ok(())
}

async fn serve(listener: TcpListener, config: Config) {
    loop {
        let stream = listen::accept_async(&listener).await;
        let config = config.clone();
        tokio::spawn(async move {
            if let Err(error) = speak_http(stream, config).await {
                eprintln!("{}", explain(&*error));
            }
        });
    }
}

async fn speak_http(stream: TcpStream, config: Config) -> Result<(), Box<dyn Error + Send + Sync>> {
    let service =
        service_fn(move |request| ready(Ok::<_, Infallible>(answer(request, config.clone()))));
    http2::Builder::new(TokioExecutor::new())
        // RFC 8441, section 3: without this setting no client may ask for a WebSocket.
        .enable_connect_protocol()
        .serve_connection(TokioIo::new(stream), service)
        .await?;
    Ok(())
}

fn answer(request: Request<Incoming>, config: Config) -> Response<String> {
    let protocol = request.extensions().get::<Protocol>().map(Protocol::as_str);
    let offer = match Offer::from_request(&request, protocol) {
        Ok(Some(offer)) => offer,
        // A plain CONNECT asks for a tunnel, which this server does not have (RFC 9110, section
        // 9.3.6).
        Ok(None) if request.method() == Method::CONNECT => {
            let mut response = Response::new(String::new());
            *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
            return response;
        }
        Ok(None) => return Response::new("there are WebSockets here\n".into()),
        Err(error) => return error.response(),
    };
    let (response, opened) = offer.accept().deflate(config.deflate_preferences()).open();
    // hyper returns the stream as soon as the response below is written.
    tokio::spawn(async move {
        if let Err(error) = echo(request, config, opened).await {
            eprintln!("{}", explain(&*error));
        }
    });
    response.map(|()| String::new())
}

async fn echo(
    request: Request<Incoming>,
    config: Config,
    opened: Opened,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    // Reads and writes use the DATA frames of the stream, and a shutdown sends END_STREAM.
    let stream = TokioIo::new(hyper::upgrade::on(request).await?);
    let mut socket = WebSocketStream::from_parts(stream, Server, config, opened, BytesMut::new());
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_data() {
            socket.feed(message).await?;
        }
    }
    // RFC 8441, section 5: both sides end with END_STREAM. If the stream were dropped before the
    // client has sent it, the stream would be reset.
    Ok(socket.finish().await?)
}
