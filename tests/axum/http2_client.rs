//! A client over HTTP/2 (RFC 8441), on hyper and on the transport of the extractor.

use std::net::SocketAddr;

use axum::body::Body;
use axum::http::{Request, Response};
use bytes::BytesMut;
use hyper::body::Incoming;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::ext::Protocol;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use websocket_proto::asynchronous::WebSocketStream;
use websocket_proto::axum::UpgradedTransport;
use websocket_proto::connection::Client;
use websocket_proto::handshake::{ClientRequest, Scheme};
use websocket_proto::websocket::Config;

pub(crate) type Http2Stream = WebSocketStream<UpgradedTransport, Client>;

/// A connection. Its clones share it.
#[derive(Clone)]
pub(crate) struct Http2(SendRequest<Body>);

/// Returns a request for a WebSocket at `path`. There is no key, so the nonce has no meaning.
pub(crate) const fn request(path: &str) -> ClientRequest<'_> {
    ClientRequest::new("127.0.0.1", path, [0; 16])
}

impl Http2 {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TokioIo::new(TcpStream::connect(address).await.expect("a connection"));
        let (sender, connection) =
            handshake(TokioExecutor::new(), stream).await.expect("a connection of HTTP/2");
        tokio::spawn(connection);
        let mut http2 = Self(sender);
        // RFC 8441, section 3: the client waits for the settings of the server. They come before
        // any response.
        let page = Request::get("http://127.0.0.1/").body(Body::empty()).expect("a request");
        http2.send(page).await;
        http2
    }

    pub(crate) async fn send(&mut self, request: Request<Body>) -> Response<Incoming> {
        self.0.send_request(request).await.expect("a response")
    }

    /// Sends an extended CONNECT with this `:protocol`.
    pub(crate) async fn ask(
        &mut self,
        asked: &ClientRequest<'_>,
        protocol: &str,
    ) -> Response<Incoming> {
        let mut request = asked.connect_request(Scheme::Ws).expect("a request");
        request.extensions_mut().insert(Protocol::from(protocol));
        self.send(request.map(|()| Body::empty())).await
    }

    pub(crate) async fn open(&mut self, asked: &ClientRequest<'_>, config: Config) -> Http2Stream {
        let response = self.ask(asked, "websocket").await;
        let opened = asked.check_connect(&response).expect("a good answer").expect("a WebSocket");
        let stream = hyper::upgrade::on(response).await.expect("a stream");
        let client = Client::random().expect("a seed");
        WebSocketStream::from_parts(stream, client, config, opened, BytesMut::new())
    }
}
