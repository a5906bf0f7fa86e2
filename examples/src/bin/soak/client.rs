//! A client: one connection after the other. The seed decides how each of them behaves.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use examples::explain;
use tokio::time::{Instant, sleep, sleep_until};
use websocket_proto::connection::Client;
use websocket_proto::deflate::DeflateConfig;
use websocket_proto::frame::Kind;
use websocket_proto::tokio::{
    ClientStream, CloseCode, Config, ConnectOptions, Error, MaybeTlsStream, ReadHalf, WriteHalf,
    connect,
};
use websocket_proto::{Message, websocket::Keepalive};

use crate::PATIENCE;
use crate::payload::{Numbers, message};
use crate::places::Places;
use crate::tally::Tally;

type Socket = ClientStream<MaybeTlsStream>;
type Reader = ReadHalf<MaybeTlsStream, Client>;
type Writer = WriteHalf<MaybeTlsStream, Client>;

/// How a connection ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// With the closing handshake.
    Close,
    /// With a FIN, while messages are on their way.
    Kill,
    /// With a RST, while messages are on their way.
    Reset,
}

struct Character {
    compresses: bool,
    /// The pause before each message is read.
    slow: Option<Duration>,
    rounds: u64,
    end: End,
}

impl Character {
    fn new(numbers: &mut Numbers) -> Self {
        Self {
            compresses: numbers.below(3) == 0,
            slow: (numbers.below(20) == 0).then_some(Duration::from_millis(50)),
            rounds: 1 + numbers.below(16),
            end: match numbers.below(20) {
                0..2 => End::Kill,
                2..4 => End::Reset,
                _ => End::Close,
            },
        }
    }
}

/// Opens one connection after the other, until the time has passed since each client had its first.
pub(crate) async fn run(
    address: SocketAddr,
    seed: u64,
    time: Duration,
    places: Arc<Places>,
    tally: Arc<Tally>,
) {
    let mut numbers = Numbers(seed);
    let mut character = Character::new(&mut numbers);
    let mut socket = open(address, &character, &places, &tally).await;
    places.all_open().await;
    let deadline = Instant::now() + time;
    loop {
        if let Some(socket) = socket {
            use_connection(socket, &character, &mut numbers, deadline, &tally).await;
        }
        if Instant::now() >= deadline {
            return;
        }
        character = Character::new(&mut numbers);
        socket = open(address, &character, &places, &tally).await;
    }
}

async fn open(
    address: SocketAddr,
    character: &Character,
    places: &Places,
    tally: &Tally,
) -> Option<Socket> {
    let keepalive = Keepalive { interval: Duration::from_secs(30), timeout: PATIENCE };
    let mut config = Config::new().close_timeout(PATIENCE).keepalive(keepalive);
    if character.compresses {
        config = config.deflate(DeflateConfig::new());
    }
    let options = ConnectOptions::new(&format!("ws://{address}/")).expect("a good URL");
    let options = options.config(config).connect_timeout(PATIENCE);
    match places.open(connect(options)).await {
        Ok(socket) => {
            tally.add_connection(character.end != End::Close);
            if character.end == End::Reset {
                socket.stream().tcp().set_zero_linger().expect("a TCP stream");
            }
            Some(socket)
        }
        Err(error) => {
            tally.add_lost(1, &explain(&error));
            None
        }
    }
}

async fn use_connection(
    socket: Socket,
    character: &Character,
    numbers: &mut Numbers,
    deadline: Instant,
    tally: &Tally,
) {
    let (mut reader, mut writer) = socket.into_split();
    for round in 0..character.rounds {
        converse(&mut reader, &mut writer, character, numbers, tally).await;
        if Instant::now() >= deadline {
            break;
        }
        if round + 1 < character.rounds {
            let pause = Instant::now() + Duration::from_millis(numbers.below(4000));
            sleep_until(pause.min(deadline)).await;
        }
    }
    if character.end == End::Close {
        close(reader, writer, tally).await;
    } else {
        // Does not wait for the messages, because their connection is cut.
        let _ = writer.feed(message(numbers)).await;
        let _ = writer.feed(message(numbers)).await;
    }
}

/// Sends a few messages, and compares what comes back.
async fn converse(
    reader: &mut Reader,
    writer: &mut Writer,
    character: &Character,
    numbers: &mut Numbers,
    tally: &Tally,
) {
    let count = 1 + numbers.below(8);
    // Both directions generate the same payloads, so no payload is kept.
    let payloads = Numbers(numbers.next());
    let ways = Numbers(numbers.next());
    let sending = send(writer, payloads.clone(), ways, count);
    let receiving = receive(reader, character.slow, payloads, count, tally);
    let (sent, ()) = tokio::join!(sending, receiving);
    if let Err(error) = sent {
        tally.add_wrong(&format!("a client could not send: {error}"));
    }
}

async fn send(
    writer: &mut Writer,
    mut payloads: Numbers,
    mut ways: Numbers,
    count: u64,
) -> Result<(), Error> {
    for _ in 0..count {
        let message = message(&mut payloads);
        match ways.below(4) {
            0 => send_fragments(writer, message, &mut ways).await?,
            1 => writer.feed(message).await?,
            _ => writer.send(message).await?,
        }
    }
    writer.flush().await
}

async fn send_fragments(
    writer: &mut Writer,
    message: Message,
    ways: &mut Numbers,
) -> Result<(), Error> {
    let kind = if message.is_text() { Kind::Text } else { Kind::Binary };
    let mut payload = message.into_payload().expect("a message with data");
    while payload.len() > 1 {
        // A fragment of text may end inside a character.
        let fragment = payload.split_to(1 + ways.below(payload.len() as u64 - 1) as usize);
        writer.send_fragment(kind, false, fragment).await?;
        if ways.below(3) == 0 {
            break;
        }
    }
    writer.send_fragment(kind, true, payload).await
}

/// Compares the messages that come back.
async fn receive(
    reader: &mut Reader,
    slow: Option<Duration>,
    mut payloads: Numbers,
    count: u64,
    tally: &Tally,
) {
    for received in 0..count {
        if let Some(pause) = slow {
            sleep(pause).await;
        }
        let expected = message(&mut payloads);
        match next(reader).await {
            Some(Ok(message)) if message == expected => tally.add_message(message.len()),
            Some(Ok(_)) => tally.add_wrong("a client received another message"),
            Some(Err(error)) => {
                return tally.add_lost(count - received, &format!("a client met {error}"));
            }
            None => return tally.add_lost(count - received, "the connection ended"),
        }
    }
}

/// Returns the next message that is not of the keepalive.
async fn next(reader: &mut Reader) -> Option<Result<Message, Error>> {
    loop {
        match reader.next().await {
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            other => return other,
        }
    }
}

async fn close(mut reader: Reader, mut writer: Writer, tally: &Tally) {
    if let Err(error) = writer.close(CloseCode::NORMAL, "soaked").await {
        return tally.add_wrong(&format!("a client could not close: {error}"));
    }
    while let Some(message) = next(&mut reader).await {
        match message {
            Ok(Message::Close(Some(frame))) if frame.code() == CloseCode::NORMAL => {}
            Ok(_) => tally.add_wrong("a message after the last one"),
            Err(error) => tally.add_wrong(&format!("no clean end: {error}")),
        }
    }
}
