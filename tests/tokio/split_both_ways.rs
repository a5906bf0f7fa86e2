//! Two halves at each end, each in a task of its own: both ends send and receive at once.

use bytes::BytesMut;
use support::SEED;
use support::closed;
use support::transport::{payload, within};
use tokio::io::duplex;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use websocket_proto::connection::{Client, Server, State};
use websocket_proto::handshake::Opened;
use websocket_proto::tokio::WebSocketStream;
use websocket_proto::websocket::Config;
use websocket_proto::{CloseCode, Message};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_tasks_echo_more_than_either_direction_holds() {
    const COUNT: usize = 300;
    let (near, far) = duplex(1000);
    let config = Config::new().high_water_mark(2000);
    let server = WebSocketStream::from_parts(near, Server, config, Opened::new(), BytesMut::new());
    let client = WebSocketStream::from_parts(
        far,
        Client::new(SEED),
        Config::new(),
        Opened::new(),
        BytesMut::new(),
    );
    exchange(server, client, COUNT).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_tasks_echo_over_tcp() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let address = listener.local_addr().expect("bound");
    let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
    let (near, (far, _)) = (near.expect("connected"), far.expect("accepted"));
    let server =
        WebSocketStream::from_parts(near, Server, Config::new(), Opened::new(), BytesMut::new());
    let client = WebSocketStream::from_parts(
        far,
        Client::new(SEED),
        Config::new(),
        Opened::new(),
        BytesMut::new(),
    );
    exchange(server, client, 2000).await;
}

/// A server whose halves echo by way of a channel, and a client whose halves send without waiting
/// for the replies.
async fn exchange<S>(
    server: WebSocketStream<S, Server>,
    client: WebSocketStream<S, Client>,
    count: usize,
) where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let message = |number: usize| match number % 10 {
        9 => Message::Ping(format!("{number}").into()),
        _ => Message::Binary(payload(number * 7 % 3000)),
    };
    let (mut reader, mut writer) = server.into_split();
    let (echo, mut to_echo) = mpsc::channel(4);
    let receiving = tokio::spawn(async move {
        while let Some(received) = reader.next().await {
            let message = received.expect("a good peer");
            if message.is_data() {
                echo.send(message).await.expect("the other task is there");
            }
        }
        reader
    });
    let sending = tokio::spawn(async move {
        while let Some(message) = to_echo.recv().await {
            writer.send(message).await.expect("it is open");
        }
        writer
    });

    let (mut reader, mut writer) = client.into_split();
    let asking = tokio::spawn(async move {
        for number in 0..count {
            writer.send(message(number)).await.expect("it is open");
        }
        writer
    });
    let mut pongs = 0;
    let hear = async {
        for number in (0..count).filter(|number| number % 10 != 9) {
            loop {
                match reader.next().await.expect("open").expect("a good peer") {
                    Message::Pong(_) => pongs += 1,
                    heard => break assert_eq!(heard, message(number)),
                }
            }
        }
    };
    within(hear).await;
    assert!((1..=count / 10).contains(&pongs), "{pongs} pongs");
    let writer = within(asking).await.expect("it does not panic");
    let mut client = reader.reunite(writer).expect("they are of one");
    within(closed(&mut client, CloseCode::NORMAL, "")).await.expect("a good server");
    let reader = within(receiving).await.expect("it does not panic");
    let writer = within(sending).await.expect("it does not panic");
    let server = reader.reunite(writer).expect("they are of one");
    assert_eq!(server.state(), State::Closed);
}
