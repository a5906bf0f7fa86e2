//! Tests over loopback of the example of WebSockets over HTTP/2, also with several WebSockets on
//! one connection.

use std::net::SocketAddr;

use bytes::{Buf, Bytes};
use h2::ext::Protocol;
use h2::{RecvStream, SendStream};
use http::{HeaderValue, Response, StatusCode};
use tokio::net::TcpStream;
use websocket_proto::connection::Client;
use websocket_proto::handshake::{ClientRequest, Opened, Scheme};
use websocket_proto::http::PROTOCOL;
use websocket_proto::websocket::Config;
use websocket_proto::{CloseCode, Message, WebSocket};

use crate::server::with_server;

const HTTP2_SERVER: &str = env!("CARGO_BIN_EXE_http2_server");
#[cfg(feature = "axum")]
const AXUM_SERVER: &str = env!("CARGO_BIN_EXE_axum_server");

/// Opens a connection of HTTP/2 to a server that supports extended CONNECT.
async fn http2(address: SocketAddr) -> h2::client::SendRequest<Bytes> {
    let stream = TcpStream::connect(address).await.expect("a connection");
    // The streams share the window of the connection. It is large enough for the windows of all
    // streams, so no stream waits until the test reads another stream.
    let mut builder = h2::client::Builder::new();
    builder.initial_connection_window_size(1 << 20);
    let (send_request, mut connection) = builder.handshake(stream).await.expect("HTTP/2");
    // RFC 8441, section 3: a client waits for the settings of the server before its first request.
    let mut ping_pong = connection.ping_pong().expect("it is taken once");
    tokio::spawn(connection);
    ping_pong.ping(h2::Ping::opaque()).await.expect("a pong after the settings");
    assert!(send_request.is_extended_connect_protocol_enabled());
    send_request
}

/// The request of the client. Over HTTP/2 there is no key, so the 16 bytes have no meaning.
const REQUEST: ClientRequest<'_> = ClientRequest::new("127.0.0.1", "/", [0; 16]);

/// Sends an extended CONNECT. Returns the response of the server, and the sending side of the
/// stream.
async fn connect(
    http2: &h2::client::SendRequest<Bytes>,
    request: &ClientRequest<'_>,
    protocol: &'static str,
    version: &'static str,
) -> (Response<RecvStream>, SendStream<Bytes>) {
    let mut request = request.connect_request(Scheme::Ws).expect("a request");
    request.extensions_mut().insert(Protocol::from_static(protocol));
    request.headers_mut().insert("sec-websocket-version", HeaderValue::from_static(version));
    let mut http2 = http2.clone().ready().await.expect("room for a stream");
    let (response, sending) = http2.send_request(request, false).expect("it is sent");
    (response.await.expect("a response"), sending)
}

/// A WebSocket on a stream of HTTP/2, without an adapter: a `WebSocket`, and DATA frames.
struct Stream {
    websocket: WebSocket<Client>,
    receiving: RecvStream,
    sending: SendStream<Bytes>,
}

impl Stream {
    async fn open(http2: &h2::client::SendRequest<Bytes>, seed: u8) -> Self {
        let (response, sending) = connect(http2, &REQUEST, PROTOCOL, "13").await;
        let agreement = REQUEST.check_connect(&response).expect("a good answer");
        assert_eq!(agreement.expect("the websocket is open").subprotocol(), None);
        for absent in ["sec-websocket-accept", "upgrade", "connection"] {
            assert!(!response.headers().contains_key(absent), "{absent}");
        }
        let websocket = WebSocket::new(Client::new([seed; 32]), Config::new(), Opened::new());
        Self { websocket, receiving: response.into_body(), sending }
    }

    fn send(&mut self, message: Message) {
        self.websocket.send(message).expect("it is taken");
        let output = self.websocket.output();
        let bytes = output.copy_to_bytes(output.remaining());
        // RFC 8441, section 5: a client masks its frames over HTTP/2 too.
        assert_eq!(bytes[1] & 0x80, 0x80);
        self.sending.send_data(bytes, false).expect("the stream is open");
    }

    async fn receive(&mut self) -> Message {
        loop {
            if let Some(message) = self.websocket.receive().expect("no fault") {
                return message;
            }
            let data = self.receiving.data().await.expect("more data").expect("no reset");
            self.receiving.flow_control().release_capacity(data.len()).expect("it was held");
            self.websocket.input().extend_from_slice(&data);
        }
    }

    /// Waits for END_STREAM. It comes on an empty DATA frame, and there is no RST_STREAM.
    async fn receive_end(&mut self) {
        while let Some(data) = self.receiving.data().await {
            assert!(data.expect("no reset").is_empty());
        }
        assert!(self.receiving.is_end_stream());
    }

    /// Closes the WebSocket. Then each side ends its half of the stream (RFC 8441, section 5).
    async fn close(mut self) {
        self.send(Message::close(CloseCode::NORMAL, "done").expect("a reason"));
        match self.receive().await {
            Message::Close(Some(frame)) => assert_eq!(frame.code(), CloseCode::NORMAL),
            other => panic!("{other:?}"),
        }
        // The server ends its half first, as it does with TCP.
        self.receive_end().await;
        self.sending.send_data(Bytes::new(), true).expect("the half is open");
    }
}

#[tokio::test]
async fn two_streams_of_one_http2_connection_echo_side_by_side() {
    with_server(HTTP2_SERVER, &[], async |address| {
        let http2 = http2(address).await;
        let mut one = Stream::open(&http2, 1).await;
        let mut two = Stream::open(&http2, 2).await;
        for round in 0..10 {
            // Both streams carry more than the window of a stream (64 KiB) at the same time.
            let large = Message::binary(vec![round; 100_000]);
            one.send(large.clone());
            two.send(Message::text(format!("two, {round}")));
            two.send(large.clone());
            one.send(Message::text(format!("one, {round}")));
            assert_eq!(two.receive().await, Message::text(format!("two, {round}")));
            assert_eq!(one.receive().await, large);
            assert_eq!(two.receive().await, large);
            assert_eq!(one.receive().await, Message::text(format!("one, {round}")));
        }
        // The end of one stream does not affect the other.
        one.close().await;
        two.send(Message::text("still here"));
        assert_eq!(two.receive().await, Message::text("still here"));
        two.close().await;
    })
    .await;
}

#[tokio::test]
async fn bounds_of_data_frames_have_no_meaning() {
    with_server(HTTP2_SERVER, &[], async |address| {
        let mut stream = Stream::open(&http2(address).await, 3).await;
        stream.websocket.send(Message::text("Hello")).expect("it is taken");
        stream.websocket.send(Message::text("again")).expect("it is taken");
        let output = stream.websocket.output();
        let mut bytes = output.copy_to_bytes(output.remaining());
        while bytes.has_remaining() {
            let data = bytes.split_to(1);
            stream.sending.send_data(data, false).expect("the stream is open");
        }
        assert_eq!(stream.receive().await, Message::text("Hello"));
        assert_eq!(stream.receive().await, Message::text("again"));
        stream.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_no_good_extended_connect_is_refused_and_the_connection_lives() {
    with_server(HTTP2_SERVER, &[], async |address| {
        let http2 = http2(address).await;
        let (response, _) = connect(&http2, &REQUEST, "foo", "13").await;
        assert_eq!(response.status(), StatusCode::NOT_IMPLEMENTED);
        let (response, _) = connect(&http2, &REQUEST, PROTOCOL, "8").await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert_eq!(response.headers()["sec-websocket-version"], "13");

        let mut stream = Stream::open(&http2, 4).await;
        stream.send(Message::text("Hello"));
        assert_eq!(stream.receive().await, Message::text("Hello"));
        stream.close().await;
    })
    .await;
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn the_server_on_axum_speaks_http2_too() {
    with_server(AXUM_SERVER, &[], async |address| {
        let http2 = http2(address).await;
        let mut stream = Stream::open(&http2, 7).await;
        stream.send(Message::text("Hello"));
        assert_eq!(stream.receive().await, Message::text("Hello"));
        stream.close().await;
    })
    .await;
}

/// A plain CONNECT asks for a tunnel. The server has only pages and WebSockets.
#[tokio::test]
async fn a_plain_connect_is_not_implemented() {
    with_server(HTTP2_SERVER, &[], async |address| {
        let request = http::Request::connect("a.example:443").body(()).expect("a request");
        let mut http2 = http2(address).await.ready().await.expect("room for a stream");
        let (response, _) = http2.send_request(request, true).expect("it is sent");
        let status = response.await.expect("a response").status();
        assert_eq!(status, StatusCode::NOT_IMPLEMENTED);
    })
    .await;
}

#[tokio::test]
async fn a_fault_on_one_stream_is_reported_and_ends_that_stream_alone() {
    with_server(HTTP2_SERVER, &[], async |address| {
        let http2 = http2(address).await;
        let mut bad = Stream::open(&http2, 5).await;
        let mut good = Stream::open(&http2, 6).await;
        // This frame is not masked (RFC 6455, section 5.1).
        bad.sending.send_data(b"\x81\x01a"[..].into(), false).expect("the stream is open");
        match bad.receive().await {
            Message::Close(Some(frame)) => assert_eq!(frame.code(), CloseCode::PROTOCOL_ERROR),
            other => panic!("{other:?}"),
        }
        bad.receive_end().await;

        good.send(Message::text("Hello"));
        assert_eq!(good.receive().await, Message::text("Hello"));
        good.close().await;
    })
    .await;
}

/// The tests with `--compress`.
#[cfg(feature = "deflate")]
mod compressed {
    use super::*;
    use websocket_proto::deflate::Preferences;

    impl Stream {
        async fn open_compressed(
            http2: &h2::client::SendRequest<Bytes>,
            seed: u8,
            preferences: Preferences,
        ) -> Self {
            let request = REQUEST.deflate(preferences);
            let (response, sending) = connect(http2, &request, PROTOCOL, "13").await;
            let opened = request.check_connect(&response).expect("a good answer").expect("open");
            assert!(opened.deflate_terms().is_some());
            let websocket = WebSocket::new(Client::new([seed; 32]), Config::new(), opened);
            Self { websocket, receiving: response.into_body(), sending }
        }

        /// Returns the next message, and the number of bytes of DATA that have arrived for it.
        async fn receive_counting(&mut self) -> (Message, usize) {
            let mut count = 0;
            loop {
                if let Some(message) = self.websocket.receive().expect("no fault") {
                    return (message, count);
                }
                let data = self.receiving.data().await.expect("more data").expect("no reset");
                self.receiving.flow_control().release_capacity(data.len()).expect("it was held");
                count += data.len();
                self.websocket.input().extend_from_slice(&data);
            }
        }
    }

    #[tokio::test]
    async fn two_streams_of_one_http2_connection_are_compressed_each_on_its_terms() {
        with_server(HTTP2_SERVER, &["--compress"], async |address| {
            let http2 = http2(address).await;
            let small = Preferences::new().server_max_window_bits(9);
            let mut one = Stream::open_compressed(&http2, 1, Preferences::new()).await;
            let mut two = Stream::open_compressed(&http2, 2, small).await;
            let mut plain = Stream::open(&http2, 3).await;
            for round in 0..5 {
                let large = Message::binary(vec![round; 100_000]);
                one.send(large.clone());
                two.send(Message::text("two, ".repeat(1000)));
                two.send(large.clone());
                plain.send(Message::text("plain"));
                assert_eq!(two.receive().await, Message::text("two, ".repeat(1000)));
                let (echoed, count) = one.receive_counting().await;
                assert_eq!(echoed, large);
                assert!(count < 1000, "{count} bytes");
                assert_eq!(two.receive().await, large);
                assert_eq!(plain.receive().await, Message::text("plain"));
            }
            one.close().await;
            two.send(Message::text("still here, ".repeat(100)));
            assert_eq!(two.receive().await, Message::text("still here, ".repeat(100)));
            two.close().await;
            plain.close().await;
        })
        .await;
    }
}
