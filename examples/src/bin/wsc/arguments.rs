//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Parser, ValueEnum};

/// Connects to a WebSocket server, sends the lines of the standard input, and prints what the
/// server sends.
#[derive(Debug, Parser)]
#[command(name = "wsc", version, after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// The URL of the server: ws://host/path or wss://host/path.
    pub(crate) url: String,

    /// Adds a header to the request. Can be repeated.
    #[arg(short = 'H', long, value_name = "NAME: VALUE", help_heading = REQUEST)]
    pub(crate) header: Vec<String>,

    /// Offers a subprotocol. Can be repeated; the first is preferred.
    #[arg(short, long, value_name = "NAME", help_heading = REQUEST)]
    pub(crate) subprotocol: Vec<String>,

    /// Sends this origin. A browser sends the origin of its page.
    #[arg(long, value_name = "ORIGIN", help_heading = REQUEST)]
    pub(crate) origin: Option<String>,

    /// Sends a user name and a password (HTTP Basic). Other users of this machine can see the
    /// arguments of a program, so the environment variable WSC_AUTH is safer.
    #[arg(
        long,
        value_name = "USER:PASSWORD",
        env = "WSC_AUTH",
        hide_env_values = true,
        help_heading = REQUEST
    )]
    pub(crate) auth: Option<String>,

    /// Offers to compress messages (permessage-deflate).
    #[arg(short, long, help_heading = REQUEST)]
    pub(crate) compress: bool,

    /// Connects through an HTTP proxy: http://host:port or http://user:password@host:port.
    #[arg(long, value_name = "URL", help_heading = CONNECTION)]
    pub(crate) proxy: Option<String>,

    /// Trusts the certificates in this PEM file, and no others.
    #[arg(long, value_name = "FILE", help_heading = CONNECTION)]
    pub(crate) ca: Option<PathBuf>,

    /// Accepts every certificate. Anyone between wsc and the server can then read and change all
    /// messages.
    #[arg(long, conflicts_with = "ca", help_heading = CONNECTION)]
    pub(crate) insecure: bool,

    /// How long connecting may take, in seconds.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value = "30",
        value_parser = parse_seconds,
        help_heading = CONNECTION
    )]
    pub(crate) connect_timeout: Duration,

    /// Sends a Ping after this many seconds without a byte from the server, and gives up if no byte
    /// arrives in the same time again.
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds, help_heading = CONNECTION)]
    pub(crate) keepalive: Option<Duration>,

    /// The largest message that the server may send, in bytes.
    #[arg(
        long,
        value_name = "BYTES",
        default_value_t = 64 * 1024 * 1024,
        help_heading = CONNECTION
    )]
    pub(crate) max_message_size: u64,

    /// Connects again after a failure that may be temporary, for example a failure of the network,
    /// a restart of the server, or status 503.
    #[arg(short, long, help_heading = CONNECTION)]
    pub(crate) reconnect: bool,

    /// How many times in a row wsc tries again with --reconnect. A connection of 10 s or more
    /// counts as a success.
    #[arg(
        long,
        value_name = "ATTEMPTS",
        default_value_t = 10,
        requires = "reconnect",
        help_heading = CONNECTION
    )]
    pub(crate) max_attempts: u32,

    /// The longest pause between two attempts, in seconds. The first pause is at most half a
    /// second. This limit doubles with each attempt. Pauses have random lengths.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value = "30",
        value_parser = parse_seconds,
        requires = "reconnect",
        help_heading = CONNECTION
    )]
    pub(crate) max_pause: Duration,

    /// Sends this text each time a connection opens, before the lines of the input. Can be repeated.
    #[arg(short = 'x', long, value_name = "TEXT", help_heading = MESSAGES)]
    pub(crate) send: Vec<String>,

    /// Takes the lines of the input as hex digits, and sends each line as a binary message.
    #[arg(short, long, help_heading = MESSAGES)]
    pub(crate) binary: bool,

    /// Takes lines that begin with a slash as commands: "/ping TEXT", "/close CODE REASON". A line
    /// that begins with two slashes is sent without the first.
    #[arg(long, help_heading = MESSAGES)]
    pub(crate) slash: bool,

    /// Indents text messages that are JSON.
    #[arg(short, long, help_heading = MESSAGES)]
    pub(crate) json: bool,

    /// Closes the connection after this many received messages. At the end of the input, wsc waits
    /// until they have arrived.
    #[arg(
        short = 'n',
        long,
        value_name = "MESSAGES",
        value_parser = clap::value_parser!(u64).range(1..),
        help_heading = MESSAGES
    )]
    pub(crate) count: Option<u64>,

    /// How long to wait for more messages after the end of the input, in seconds, or "forever".
    #[arg(short, long, value_name = "SECONDS", value_parser = parse_wait, help_heading = MESSAGES)]
    pub(crate) wait: Option<Duration>,

    /// Prints the response of the server and more details of the connection.
    #[arg(short, long, conflicts_with = "quiet", help_heading = DISPLAY)]
    pub(crate) verbose: bool,

    /// Prints only messages and failures.
    #[arg(short, long, help_heading = DISPLAY)]
    pub(crate) quiet: bool,

    /// When to print colours. With "always", messages are also printed as on a terminal: with a
    /// mark before each message, and with control characters escaped.
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        value_enum,
        action = ArgAction::Set,
        help_heading = DISPLAY
    )]
    pub(crate) color: Color,
}

/// When to print colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// If the output is a terminal, and NO_COLOR is not set.
    Auto,
    Always,
    Never,
}

const REQUEST: &str = "Request";
const CONNECTION: &str = "Connection";
const MESSAGES: &str = "Messages";
const DISPLAY: &str = "Display";

const AFTER_HELP: &str = "\
Messages go to the standard output, each followed by a line break. Binary messages are printed as
hex digits. Everything else goes to the standard error output.

At the end of the input wsc closes the connection, and prints the messages that arrive until the
server has closed it too. A server that answers in order has then answered every line. Use --count
or --wait for other servers. Ctrl-C closes the connection, and a second Ctrl-C ends wsc at once.

Exit codes:
  0    the connection was closed with code 1000 or 1001, or without a code
  1    the connection was lost, or closed with another code
  2    the command line is wrong
  3    connecting failed: the name, the network, the proxy or a time limit
  4    TLS failed, for example because the certificate is not trusted
  5    the server refused the WebSocket, answered wrongly, or ended the connection before an answer
  6    the input is not valid, or it cannot be read, or the output cannot be written
  130  Ctrl-C

Examples:
  wsc ws://127.0.0.1:9001
  echo '{\"op\":\"time\"}' | wsc --json wss://example.com/api
  wsc -x '{\"subscribe\":\"trades\"}' --reconnect --wait forever wss://example.com/feed </dev/null";

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| "expected a number of seconds".into())
}

fn parse_wait(text: &str) -> Result<Duration, String> {
    match text {
        "forever" => Ok(Duration::MAX),
        text => parse_seconds(text).map_err(|error| format!("{error}, or \"forever\"")),
    }
}
