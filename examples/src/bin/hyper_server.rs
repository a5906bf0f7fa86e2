//! An echo server on hyper: a page and its WebSocket on one port, over HTTP/1.1.
//!
//! `hyper_server [ADDR] [--max-message-size BYTES] [--keepalive MILLISECONDS]
//! [--compress]`

use std::convert::Infallible;
use std::error::Error;
use std::future::ready;

use bytes::BytesMut;
use examples::arguments;
use examples::{explain, listen};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
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
    http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades().await?;
    Ok(())
}

fn answer(request: Request<Incoming>, config: Config) -> Response<String> {
    let offer = match Offer::from_request(&request, None) {
        Ok(Some(offer)) => offer,
        Ok(None) => return Response::new("<script>new WebSocket('/')</script>".into()),
        Err(error) => return error.response(),
    };
    let (response, opened) = offer.accept().deflate(config.deflate_preferences()).open();
    // hyper returns the connection as soon as the response below is written.
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
    // This stream also returns the bytes that arrived after the request, so `input` is empty.
    let stream = TokioIo::new(hyper::upgrade::on(request).await?);
    let mut socket = WebSocketStream::from_parts(stream, Server, config, opened, BytesMut::new());
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_data() {
            socket.feed(message).await?;
        }
    }
    Ok(())
}
