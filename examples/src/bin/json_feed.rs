//! A client that follows a feed of JSON messages, and connects again when the connection is lost.
//! It tells the server the number of the last message that it has seen, so nothing is missed.
//!
//! `json_feed URL`
//!
//! A message of the feed is `{"number": 1, "text": "..."}`. The program ends when the server closes
//! the connection with code 1000.

use std::error::Error;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};
use websocket_proto::tokio::{
    ClientStream, CloseCode, Config, ConnectOptions, Keepalive, MaybeTlsStream, connect,
};

/// The first message on each connection.
#[derive(Debug, Serialize)]
struct Subscribe {
    after: u64,
}

#[derive(Debug, Deserialize)]
struct Entry {
    number: u64,
    text: String,
}

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("json_feed URL")?;
    // Without a keepalive, the loss of the network would not be noticed.
    let keepalive =
        Keepalive { interval: Duration::from_secs(30), timeout: Duration::from_secs(10) };
    let options = ConnectOptions::new(&url)?.config(Config::new().keepalive(keepalive));
    let (mut last, mut limit) = (0, FIRST_PAUSE);
    loop {
        let begin = Instant::now();
        match connect(options.clone()).await {
            Ok(socket) => match follow(socket, &mut last).await {
                Ok(CloseCode::NORMAL) => return Ok(()),
                Ok(code) => eprintln!("the server closed the connection with code {code}"),
                Err(error) => eprintln!("the connection was lost: {error}"),
            },
            Err(error) if error.is_transient() => eprintln!("{error}"),
            Err(error) => return Err(error.into()),
        }
        if begin.elapsed() > LONGEST_PAUSE {
            limit = FIRST_PAUSE;
        }
        sleep(limit.mul_f64(random())).await;
        limit = (limit * 2).min(LONGEST_PAUSE);
    }
}

/// Prints entries until the connection is over, and returns its close code.
async fn follow(
    mut socket: ClientStream<MaybeTlsStream>,
    last: &mut u64,
) -> Result<CloseCode, Box<dyn Error>> {
    socket.send(serde_json::to_string(&Subscribe { after: *last })?).await?;
    while let Some(message) = socket.next().await {
        if let Some(text) = message?.as_text() {
            let entry: Entry = serde_json::from_str(text)?;
            // An entry that comes twice is printed once.
            if entry.number > *last {
                println!("{}: {}", entry.number, entry.text);
                *last = entry.number;
            }
        }
    }
    Ok(socket.close_info().map_or(CloseCode::ABNORMAL, |close| close.code))
}

/// Returns a number from 0.5 to 1, so that clients do not all come back at the same moment.
fn random() -> f64 {
    0.5 + RandomState::new().hash_one(()) as f64 / u64::MAX as f64 / 2.0
}
