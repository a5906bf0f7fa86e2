//! What the clients share: commands come in as lines, and answers go out. `check.py` describes them.

pub mod ours;

use std::error::Error;
use std::io::{self, BufRead as _};
use std::time::Duration;

/// Why a command failed.
pub type Failure = Box<dyn Error>;

/// A client library. Only `open` is called without a connection.
pub trait Client {
    /// Opens a connection in place of the present one.
    fn open(&mut self, open: &Open) -> Result<Opened, Failure>;

    /// Sends a message.
    fn send(&mut self, kind: Kind, payload: Vec<u8>) -> Result<(), Failure>;

    /// Sends a fragment. `kind` is `None` after the first.
    fn send_fragment(
        &mut self,
        kind: Option<Kind>,
        fin: bool,
        payload: Vec<u8>,
    ) -> Result<(), Failure>;

    /// Sends a Ping.
    fn ping(&mut self, payload: Vec<u8>) -> Result<(), Failure>;

    /// Sends a Close, with a code and a reason or without.
    fn close(&mut self, close: Option<(u16, String)>) -> Result<(), Failure>;

    /// Returns the next message, Pong or end.
    fn receive(&mut self) -> Event;

    /// Reads for a time, in which nothing should arrive but Pongs. Only a client with the feature
    /// `wait` can do this.
    fn wait(&mut self, _time: Duration) -> Result<Option<Event>, Failure> {
        Err("this client does not have the feature `wait`".into())
    }
}

/// The type of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Kind {
    Text,
    Binary,
}

/// The command `open`.
#[derive(Debug, Default)]
pub struct Open {
    /// `ws://127.0.0.1:9001`
    pub url: String,
    /// Whether to offer permessage-deflate.
    pub compress: bool,
    /// The time after which the client sends a Ping.
    pub keepalive: Option<Duration>,
    /// The subprotocols to offer.
    pub subprotocols: Vec<String>,
}

impl Open {
    fn parse(words: &[&str]) -> Self {
        let mut open = Self::default();
        for word in words {
            match word.split_once('=') {
                Some(("protocol", name)) => open.subprotocols.push(name.into()),
                Some(("keepalive", time)) => {
                    open.keepalive = time.parse().ok().map(Duration::from_millis);
                }
                _ if *word == "compress" => open.compress = true,
                _ if word.starts_with("ws:") => open.url = (*word).into(),
                _ => {}
            }
        }
        open
    }
}

/// What was agreed on.
#[derive(Debug)]
pub struct Opened {
    /// The subprotocol of the response.
    pub subprotocol: Option<String>,
    /// The extensions of the response.
    pub extensions: Option<String>,
}

/// What arrives.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum Event {
    Message(Kind, Vec<u8>),
    Pong(Vec<u8>),
    Close(u16, String),
}

impl Event {
    /// The end of a connection without a Close.
    pub const LOST: Self = Self::Close(1006, String::new());

    fn words(&self) -> String {
        match self {
            Self::Message(Kind::Text, payload) => format!("text {}", to_hex(payload)),
            Self::Message(Kind::Binary, payload) => format!("binary {}", to_hex(payload)),
            Self::Pong(payload) => format!("pong {}", to_hex(payload)),
            Self::Close(code, reason) => format!("close {code} {}", to_hex(reason.as_bytes())),
        }
    }
}

/// Answers commands until the standard input ends. `name` is the name of the crate that `client`
/// uses.
pub fn serve(name: &str, features: &str, client: &mut impl Client) -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        match handle(name, features, client, &words) {
            Ok(answer) => println!("{answer}"),
            Err(error) => println!("failed {}", error.to_string().replace('\n', " ")),
        }
    }
    Ok(())
}

fn handle(
    name: &str,
    features: &str,
    client: &mut impl Client,
    words: &[&str],
) -> Result<String, Failure> {
    let payload = |word: usize| from_hex(words.get(word).copied().unwrap_or_default());
    match words {
        ["hello"] => return Ok(format!("{name} {} {features}", version_of(name))),
        ["open", options @ ..] => {
            let Opened { subprotocol, extensions } = client.open(&Open::parse(options))?;
            let [subprotocol, extensions] =
                [subprotocol, extensions].map(|value| value.unwrap_or_else(|| "-".into()));
            return Ok(format!("open {subprotocol} {extensions}"));
        }
        ["receive"] => return Ok(client.receive().words()),
        ["wait", time] => {
            let event = client.wait(Duration::from_millis(time.parse()?))?;
            return Ok(event.map_or_else(|| "quiet".into(), |event| event.words()));
        }
        ["text", _] => client.send(Kind::Text, payload(1)?)?,
        ["binary", _] => client.send(Kind::Binary, payload(1)?)?,
        ["fragment", kind, fin, _] => {
            let kind = match *kind {
                "text" => Some(Kind::Text),
                "binary" => Some(Kind::Binary),
                _ => None,
            };
            client.send_fragment(kind, *fin == "last", payload(3)?)?;
        }
        ["ping", _] => client.ping(payload(1)?)?,
        ["close"] => client.close(None)?,
        ["close", code, _] => {
            client.close(Some((code.parse()?, String::from_utf8(payload(2)?)?)))?;
        }
        _ => return Err("unknown command".into()),
    }
    Ok("sent".into())
}

/// The version of a crate that this program was built with.
fn version_of(name: &str) -> &'static str {
    let lock = include_str!("../Cargo.lock");
    let entry = lock.split_once(&format!("name = \"{name}\"\nversion = \""));
    entry.and_then(|(_, rest)| rest.split('"').next()).unwrap_or("unknown")
}

fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| char::from(DIGITS[usize::from(half)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}

fn from_hex(text: &str) -> Result<Vec<u8>, Failure> {
    let digits = text.as_bytes().chunks(2).map(std::str::from_utf8);
    digits.map(|pair| Ok(u8::from_str_radix(pair?, 16)?)).collect()
}
