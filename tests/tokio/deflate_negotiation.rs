//! What our own two roles agree on in the tokio adapter when either wants permessage-deflate, what
//! they then send, and answers that a client does not take.

use support::compressing::{compressing, preferring};
use support::deflated::json;
use support::transport::{self, within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use websocket_proto::Message;
use websocket_proto::connection::{Client, Role, Server};
use websocket_proto::deflate::{Compression, DeflateError, Preferences};
use websocket_proto::frame::Kind;
use websocket_proto::handshake::{Incoming, ResponseError, ServerHandshake};
use websocket_proto::io::{AcceptError, ConnectError, ConnectOptions, Reply};
use websocket_proto::tokio::{Acceptor, Connector, WebSocketStream};
use websocket_proto::websocket::Config;

fn options(config: Config) -> ConnectOptions {
    ConnectOptions::new("ws://server.example.com/").expect("a URL").config(config)
}

type Joined = (WebSocketStream<DuplexStream, Server>, WebSocketStream<DuplexStream, Client>);

/// Both ends of a connection whose opening handshake is over.
async fn connected(server: Config, client: Config) -> Joined {
    let (near, far) = duplex(100_000);
    let mut acceptor = Acceptor::new(near).config(server);
    let mut connector = Connector::new(far, options(client)).expect("a good request");
    let (server, client) =
        within(async { tokio::join!(acceptor.accept(), connector.connect()) }).await;
    (server.expect("a good request"), client.expect("a good response"))
}

async fn pass<F: Role, R: Role>(
    from: &mut WebSocketStream<DuplexStream, F>,
    to: &mut WebSocketStream<DuplexStream, R>,
    message: impl Into<Message>,
) {
    let message = message.into();
    let (sent, received) =
        within(async { tokio::join!(from.send(message.clone()), to.next()) }).await;
    sent.expect("it is open");
    assert_eq!(received.expect("it is open").expect("a good peer"), message);
}

#[tokio::test]
async fn what_both_want_is_agreed_on_and_messages_go_both_ways() {
    let new = Preferences::new;
    for (of_server, of_client) in [
        (new(), new()),
        (new().server_no_context_takeover(true), new()),
        (new(), new().client_no_context_takeover(true).server_max_window_bits(9)),
        (new().client_max_window_bits(8), new().server_no_context_takeover(true)),
    ] {
        let (mut server, mut client) =
            connected(preferring(of_server), preferring(of_client)).await;
        let terms = |agreement: Option<&websocket_proto::deflate::Terms>| {
            agreement.expect("both want it").response().to_string()
        };
        assert_eq!(terms(server.deflate_terms()), terms(client.deflate_terms()));
        for (number, len) in [0, 1, 128, 40_000, 100, 40_000, 70_000].into_iter().enumerate() {
            pass(&mut client, &mut server, json(number, len)).await;
            pass(&mut server, &mut client, json(number, len)).await;
            pass(&mut server, &mut client, transport::payload(len)).await;
            pass(&mut client, &mut server, transport::payload(len)).await;
        }
        // Halves go on where the whole was, and the whole where the halves were.
        let (mut server_reader, mut server_writer) = server.into_split();
        let (mut client_reader, mut client_writer) = client.into_split();
        for number in 0..3 {
            let text = json(number, 3000);
            let (begin, end) = text.split_at(1001);
            within(server_writer.send(text.clone())).await.expect("open");
            within(client_writer.send_fragment(Kind::Text, false, begin.to_owned()))
                .await
                .expect("open");
            server_writer.release_memory();
            client_writer.release_memory();
            within(client_writer.send_fragment(Kind::Text, true, end.to_owned()))
                .await
                .expect("open");
            for received in [within(client_reader.next()).await, within(server_reader.next()).await]
            {
                assert_eq!(received.expect("open").expect("good"), Message::text(text.clone()));
            }
        }
        let mut server = server_reader.reunite(server_writer).expect("they belong together");
        let mut client = client_reader.reunite(client_writer).expect("they belong together");
        pass(&mut client, &mut server, json(0, 3000)).await;
        pass(&mut server, &mut client, json(0, 3000)).await;
    }
}

#[tokio::test]
async fn unless_both_want_it_nothing_is_compressed() {
    for (of_server, of_client) in [(compressing(), Config::new()), (Config::new(), compressing())] {
        let (mut server, mut client) = connected(of_server, of_client).await;
        assert_eq!((server.deflate_terms(), client.deflate_terms()), (None, None));
        server.set_compression(Compression::Yes);
        server.release_memory();
        pass(&mut client, &mut server, json(1, 10_000)).await;
        within(server.send(json(1, 1000))).await.expect("open");
        let mut bytes = [0; 1004];
        within(client.into_parts().stream.read_exact(&mut bytes)).await.expect("it was sent");
        assert_eq!(bytes[..4], [0x81, 126, 3, 232]);
        assert_eq!(bytes[4..], *json(1, 1000).as_bytes());
    }
}

#[tokio::test]
async fn a_refusal_says_nothing_of_compression() {
    let (near, far) = duplex(1024);
    let mut acceptor = Acceptor::new(near).config(compressing());
    let mut connector = Connector::new(far, options(compressing())).expect("a good request");
    let (refused, error) = within(async {
        tokio::join!(acceptor.accept_with(|_| Reply::refuse(403).body("no")), connector.connect())
    })
    .await;
    assert!(matches!(refused, Err(AcceptError::Refused { status: 403 })), "{refused:?}");
    let Err(ConnectError::Refused { answer, .. }) = error else { panic!("{error:?}") };
    assert_eq!((answer.status, &answer.body[..]), (403, &b"no"[..]));
    assert_eq!(answer.header("Sec-WebSocket-Extensions"), None);
}

/// A client of these preferences that is answered with this.
async fn answered_with(preferences: Preferences, extensions: &str) -> ConnectError {
    let (mut near, far) = duplex(1024);
    let mut connector =
        Connector::new(far, options(preferring(preferences))).expect("a good request");
    let answer = async {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            near.read_buf(&mut request).await.expect("a request");
        }
        let mut handshake = ServerHandshake::new();
        let Ok(Some(Incoming::WebSocket(request))) = handshake.receive(&request) else { panic!() };
        let mut response = vec![0; 256];
        let len = request.accept().write(&mut response).expect("it fits");
        response.truncate(len - 2);
        response.extend(format!("Sec-WebSocket-Extensions: {extensions}\r\n\r\n").bytes());
        near.write_all(&response).await.expect("it reads");
    };
    let ((), connected) = within(async { tokio::join!(answer, connector.connect()) }).await;
    connected.expect_err("it does not fit the offer")
}

#[tokio::test]
async fn an_answer_that_does_not_fit_the_offer_fails_the_client() {
    let strict = Preferences::new().server_max_window_bits(10);
    for (preferences, answer, expected) in [
        (Preferences::new(), "permessage-deflate; unknown", DeflateError::UnknownParameter),
        (strict, "permessage-deflate", DeflateError::MissingParameter("server_max_window_bits")),
        (
            strict,
            "permessage-deflate; server_max_window_bits=11",
            DeflateError::WindowTooLarge { bits: 11, offered: 10 },
        ),
    ] {
        let error = answered_with(preferences, answer).await;
        let ConnectError::Response { error: ResponseError::Deflate(error), .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!(error, expected);
    }
}

#[tokio::test]
async fn a_reply_can_decline_compression_for_one_client() {
    let (near, far) = duplex(100_000);
    let mut acceptor = Acceptor::new(near).config(compressing());
    let mut connector = Connector::new(far, options(compressing())).expect("a good request");
    let serve = acceptor.accept_with(|_| Reply::accept().decline_deflate());
    let (server, client) = within(async { tokio::join!(serve, connector.connect()) }).await;
    let (server, client) = (server.expect("a good request"), client.expect("a good response"));
    assert_eq!((server.deflate_terms(), client.deflate_terms()), (None, None));
}
