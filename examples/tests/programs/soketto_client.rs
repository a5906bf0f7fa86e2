//! The client of soketto on this crate, over any `AsyncRead` and `AsyncWrite`, and its conversations
//! with a server of this crate.
//!
//! The client uses only documented items, as the code of an application does.

use tokio::io::{AsyncRead, AsyncWrite};
use websocket_proto::frame::Kind;
use websocket_proto::io::{self, ConnectError, ConnectOptions};
use websocket_proto::tokio::{Connector, ReadHalf, WebSocketStream, WriteHalf};
use websocket_proto::websocket::Part;
use websocket_proto::{CloseCode, connection};

/// A client before its opening handshake.
struct Client<'a, S> {
    /// The transport, until the handshake takes it.
    socket: Option<S>,
    host: &'a str,
    resource: &'a str,
    protocols: Vec<&'a str>,
    /// The WebSocket, after the handshake.
    websocket: Option<WebSocketStream<S, connection::Client>>,
}

/// The answer of a server to the opening handshake.
#[derive(Debug, PartialEq)]
enum ServerResponse {
    Accepted { protocol: Option<String> },
    Redirect { status_code: u16, location: String },
    Rejected { status_code: u16 },
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Client<'a, S> {
    /// Creates a client on a transport that leads to `host`, a name with an optional port.
    const fn new(socket: S, host: &'a str, resource: &'a str) -> Self {
        Self { socket: Some(socket), host, resource, protocols: Vec::new(), websocket: None }
    }

    fn add_protocol(&mut self, protocol: &'a str) -> &mut Self {
        self.protocols.push(protocol);
        self
    }

    /// Opens the WebSocket. If this future is dropped, the transport is dropped.
    async fn handshake(&mut self) -> Result<ServerResponse, ConnectError> {
        let options = ConnectOptions::new(&format!("ws://{}{}", self.host, self.resource))?;
        let options = options.subprotocols(&self.protocols)?;
        let socket = self.socket.take().ok_or(ConnectError::Finished)?;
        match Connector::new(socket, options)?.connect().await {
            Ok(websocket) => {
                let protocol = websocket.subprotocol().map(str::to_owned);
                self.websocket = Some(websocket);
                Ok(ServerResponse::Accepted { protocol })
            }
            Err(ConnectError::Refused { answer, .. }) => {
                let status_code = answer.status;
                let location = answer.header("Location").map(String::from_utf8_lossy);
                Ok(match location {
                    Some(location) if (300..400).contains(&status_code) => {
                        ServerResponse::Redirect { status_code, location: location.into_owned() }
                    }
                    _ => ServerResponse::Rejected { status_code },
                })
            }
            Err(error) => Err(error),
        }
    }

    /// Returns the builder of the two halves.
    ///
    /// # Panics
    /// The server has not accepted the handshake.
    fn into_builder(self) -> Builder<S> {
        Builder(self.websocket.expect("the server has accepted the handshake"))
    }
}

/// Builds the halves of an open WebSocket.
struct Builder<S>(WebSocketStream<S, connection::Client>);

impl<S: AsyncRead + AsyncWrite + Unpin> Builder<S> {
    fn finish(self) -> (Sender<S>, Receiver<S>) {
        let (reader, writer) = self.0.into_split();
        (Sender(writer), Receiver { reader, received: 0 })
    }
}

/// The half that sends. Messages leave with the next flush.
struct Sender<S>(WriteHalf<S, connection::Client>);

impl<S: AsyncRead + AsyncWrite + Unpin> Sender<S> {
    async fn send_text(&mut self, text: impl AsRef<str>) -> Result<(), io::Error> {
        self.0.feed(text.as_ref()).await
    }

    async fn send_binary(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), io::Error> {
        self.0.feed(bytes.as_ref()).await
    }

    async fn flush(&mut self) -> Result<(), io::Error> {
        self.0.flush().await
    }

    /// Begins the closing handshake. The receiver completes it.
    async fn close(&mut self) -> Result<(), io::Error> {
        self.0.close(CloseCode::NORMAL, "").await
    }
}

/// The half that receives. It also answers Pings and a Close.
struct Receiver<S> {
    reader: ReadHalf<S, connection::Client>,
    /// How many bytes of the message in progress the caller has.
    received: usize,
}

/// A message that was appended to the buffer of the caller, with its length in bytes.
#[derive(Debug, PartialEq)]
enum Data {
    Text(usize),
    Binary(usize),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Receiver<S> {
    /// Appends the next message to `message`. Each part is copied once, out of the read buffer.
    ///
    /// If this future is dropped, the parts so far are in `message`. The next call with the same
    /// buffer continues.
    async fn receive_data(&mut self, message: &mut Vec<u8>) -> Result<Data, Error> {
        while let Some(part) = self.reader.next_part().await {
            match part? {
                Part::Data { kind, bytes, last, .. } => {
                    message.extend_from_slice(bytes);
                    self.received += bytes.len();
                    if !last {
                        continue;
                    }
                    let len = std::mem::take(&mut self.received);
                    return Ok(match kind {
                        Kind::Text => Data::Text(len),
                        Kind::Binary => Data::Binary(len),
                    });
                }
                Part::Close(_) => self.reader.finish().await?,
                // The configuration does not skip messages.
                Part::Ping(_) | Part::Pong(_) | Part::Oversized { .. } => {}
            }
        }
        Err(Error::Closed)
    }
}

/// The reason why nothing more is received.
#[derive(Debug)]
enum Error {
    /// The closing handshake is complete.
    Closed,
    /// The transport failed, or the server broke the protocol.
    Failed(io::Error),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

mod conversations {
    use std::future::ready;

    use tokio::net::{TcpListener, TcpStream};
    use websocket_proto::connection::Server;
    use websocket_proto::handshake::Request;
    use websocket_proto::io::Reply;
    use websocket_proto::websocket::Config;
    use websocket_proto::{Message, ProtocolError};

    use super::*;
    use crate::server::within;

    type Served<S> = WebSocketStream<S, Server>;

    /// Accepts one connection over TCP, serves it, and returns the transport to it with its host.
    async fn serve<F: Future<Output = ()> + Send>(
        run: impl FnOnce(Served<TcpStream>) -> F + Send + 'static,
    ) -> (TcpStream, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("a connection");
            if let Ok(socket) = Served::accept_with(stream, Config::new(), answer).await {
                run(socket).await;
            }
        });
        let socket = TcpStream::connect(address).await.expect("it listens");
        (socket, address.to_string())
    }

    fn answer(request: &Request<'_>) -> Reply {
        match request.path() {
            "/chat" => Reply::accept().subprotocol(request.choose_subprotocol(&["chat.v2"])),
            "/old" => Reply::refuse(308).header("Location", "/chat"),
            "/secret" => Reply::refuse(401).header("WWW-Authenticate", "Basic"),
            _ => Reply::refuse(404),
        }
    }

    async fn echo<S: AsyncRead + AsyncWrite + Unpin>(mut socket: Served<S>) {
        while let Some(Ok(message)) = socket.next().await {
            if message.is_data() && socket.feed(message).await.is_err() {
                break;
            }
        }
    }

    async fn open<S: AsyncRead + AsyncWrite + Unpin>(
        socket: S,
        host: &str,
    ) -> (Sender<S>, Receiver<S>) {
        let mut client = Client::new(socket, host, "/chat");
        let response = client.handshake().await.expect("an answer");
        assert_eq!(response, ServerResponse::Accepted { protocol: None });
        client.into_builder().finish()
    }

    #[tokio::test]
    async fn messages_are_appended_to_the_buffer_of_the_caller() {
        within(async {
            let (socket, host) = serve(echo).await;
            let (mut sender, mut receiver) = open(socket, &host).await;
            sender.send_text("Hello, ").await.expect("there is room");
            sender.send_binary(vec![7; 100_000]).await.expect("there is room");
            sender.send_text(String::new()).await.expect("there is room");
            sender.flush().await.expect("it is sent");

            let mut message = Vec::new();
            assert_eq!(receiver.receive_data(&mut message).await.expect("text"), Data::Text(7));
            let binary = receiver.receive_data(&mut message).await.expect("bytes");
            assert_eq!(binary, Data::Binary(100_000));
            assert_eq!(receiver.receive_data(&mut message).await.expect("text"), Data::Text(0));
            assert_eq!(message, [&b"Hello, "[..], &vec![7; 100_000]].concat());
        })
        .await;
    }

    #[tokio::test]
    async fn the_chosen_protocol_is_in_the_response() {
        within(async {
            for (protocols, chosen) in
                [(&["chat.v1", "chat.v2"][..], Some("chat.v2")), (&["chat.v1"], None)]
            {
                let (socket, host) = serve(echo).await;
                let mut client = Client::new(socket, &host, "/chat");
                for protocol in protocols {
                    client.add_protocol(protocol);
                }
                let response = client.handshake().await.expect("an answer");
                let protocol = chosen.map(str::to_owned);
                assert_eq!(response, ServerResponse::Accepted { protocol });
            }
        })
        .await;
    }

    #[tokio::test]
    async fn a_redirect_and_a_rejection_are_answers_too() {
        let redirect = ServerResponse::Redirect { status_code: 308, location: "/chat".to_owned() };
        within(async {
            for (resource, expected) in [
                ("/old", redirect),
                ("/secret", ServerResponse::Rejected { status_code: 401 }),
                ("/nowhere", ServerResponse::Rejected { status_code: 404 }),
            ] {
                let (socket, host) = serve(echo).await;
                let response = Client::new(socket, &host, resource).handshake().await;
                assert_eq!(response.expect("an answer"), expected);
            }
        })
        .await;
    }

    #[tokio::test]
    async fn either_side_can_close() {
        within(async {
            let (socket, host) = serve(echo).await;
            let (mut sender, mut receiver) = open(socket, &host).await;
            sender.send_text("last words").await.expect("there is room");
            sender.close().await.expect("it is sent");
            let mut message = Vec::new();
            assert_eq!(receiver.receive_data(&mut message).await.expect("text"), Data::Text(10));
            let ended = receiver.receive_data(&mut message).await;
            assert!(matches!(ended, Err(Error::Closed)), "{ended:?}");

            let (socket, host) = serve(|mut socket: Served<TcpStream>| async move {
                socket.close(CloseCode::GOING_AWAY, "").await.expect("it is sent");
                socket.finish().await.expect("the client answers");
            })
            .await;
            let (_sender, mut receiver) = open(socket, &host).await;
            let ended = receiver.receive_data(&mut message).await;
            assert!(matches!(ended, Err(Error::Closed)), "{ended:?}");
        })
        .await;
    }

    #[tokio::test]
    async fn a_server_that_goes_away_without_a_close_is_an_error() {
        within(async {
            let (socket, host) = serve(async |socket| drop(socket)).await;
            let (_sender, mut receiver) = open(socket, &host).await;
            let ended = receiver.receive_data(&mut Vec::new()).await;
            let Err(Error::Failed(io::Error::Protocol(error))) = ended else { panic!("{ended:?}") };
            assert_eq!(error, ProtocolError::UnexpectedEof);
        })
        .await;
    }

    /// Over a transport in memory, since any `AsyncRead` and `AsyncWrite` will do.
    #[tokio::test]
    async fn a_receive_that_is_dropped_between_two_fragments_loses_nothing() {
        let (near, far) = tokio::io::duplex(1024);
        let (client, server) = within(async {
            tokio::join!(open(near, "example.com"), Served::accept_with(far, Config::new(), answer))
        })
        .await;
        let ((_sender, mut receiver), mut server) = (client, server.expect("a WebSocket"));

        let mut message = Vec::new();
        server.send_fragment(Kind::Text, false, "Hel").await.expect("it is sent");
        tokio::select! {
            biased;
            received = receiver.receive_data(&mut message) => panic!("{received:?}"),
            () = ready(()) => {}
        }
        server.send(Message::ping("between")).await.expect("it is sent");
        server.send_fragment(Kind::Text, true, "lo").await.expect("it is sent");
        let text = within(receiver.receive_data(&mut message)).await.expect("text");
        assert_eq!((text, &message[..]), (Data::Text(5), &b"Hello"[..]));
    }
}
