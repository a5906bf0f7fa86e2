//! A WebSocket over HTTP/2 (RFC 8441). A browser uses it if it has loaded a page of the same origin
//! over HTTP/2, and the server has announced extended CONNECT.

use std::convert::Infallible;
use std::error::Error;
use std::future::ready;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::ext::Protocol;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use websocket_proto::http::Offer;
use websocket_proto::tokio::tokio_rustls::TlsAcceptor;
use websocket_proto::tokio::tokio_rustls::rustls::ServerConfig;
use websocket_proto::tokio::tokio_rustls::rustls::crypto::ring;
use websocket_proto::tokio::{Config, DeflateConfig, Opened, Server, WebSocketStream};

use super::browser::Browser;

type Failure = Box<dyn Error + Send + Sync>;

pub(crate) async fn a_websocket_is_a_stream_of_an_http2_connection<B: Browser>() {
    let address = start().await;
    let mut browser = B::start().await;
    let page = browser.open(&format!("https://{address}/")).await;
    let conversation = "
        const socket = new WebSocket(`wss://${location.host}/`, ['first', 'second']);
        const closed = new Promise((resolve) => { socket.onclose = resolve; });
        const next = () => new Promise((resolve, reject) => {
            socket.onmessage = ({ data }) => resolve(data);
            closed.then(({ code }) => reject(new Error(`closed with ${code}`)));
        });
        const version = await next();
        const long = 'much text, '.repeat(100_000);
        socket.send(long);
        const isEchoed = await next() === long;
        socket.close(3000, 'done');
        const { code, reason, wasClean } = await closed;
        const extension = socket.extensions.split(';')[0];
        return [version, socket.protocol, extension, isEchoed, code, reason, wasClean];";
    let seen = browser.evaluate(&page, conversation).await;
    let expected = json!(["HTTP/2.0", "second", "permessage-deflate", true, 3000, "done", true]);
    assert_eq!(seen, expected);
    browser.end().await;
}

/// Starts a server that speaks only HTTP/2, and returns its address.
async fn start() -> String {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let mut config = ServerConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.into()], made.signing_key.into())
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let tls = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, tls.clone()));
        }
    });
    address
}

async fn serve(stream: TcpStream, tls: TlsAcceptor) -> Result<(), Failure> {
    let stream = TokioIo::new(tls.accept(stream).await?);
    let service = service_fn(|request| ready(Ok::<_, Infallible>(answer(request))));
    http2::Builder::new(TokioExecutor::new())
        .enable_connect_protocol()
        .serve_connection(stream, service)
        .await?;
    Ok(())
}

fn answer(request: Request<Incoming>) -> Response<String> {
    let protocol = request.extensions().get::<Protocol>().map(Protocol::as_str);
    let offer = match Offer::from_request(&request, protocol) {
        Ok(Some(offer)) => offer,
        Ok(None) => {
            let page = Response::new("<!doctype html><title>Page</title>".to_owned());
            let (mut head, body) = page.into_parts();
            head.headers.insert("Content-Type", "text/html".parse().unwrap());
            return Response::from_parts(head, body);
        }
        Err(error) => return error.response(),
    };
    let config = Config::new().deflate(DeflateConfig::new());
    let accept = offer.accept().choose_subprotocol(&["second"]);
    let (response, opened) = accept.deflate(config.deflate_preferences()).open();
    tokio::spawn(echo(request, config, opened));
    response.map(|()| String::new())
}

/// Sends the version of HTTP, and then each message that it receives.
async fn echo(request: Request<Incoming>, config: Config, opened: Opened) -> Result<(), Failure> {
    let version = format!("{:?}", request.version());
    let stream = TokioIo::new(hyper::upgrade::on(request).await?);
    let mut socket =
        WebSocketStream::from_parts(stream, Server, config, opened, Default::default());
    socket.send(version).await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_data() {
            socket.feed(message).await?;
        }
    }
    Ok(socket.finish().await?)
}
