//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use websocket_proto::tokio::{Config, DeflateConfig, Keepalive};

/// A chat with rooms, presence and a shared drawing board.
///
/// It prints a link. Open the link in two tabs, or send it to somebody.
#[derive(Debug, Parser)]
pub(crate) struct Arguments {
    /// The address to listen on. Port 0 lets the system choose a port.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: String,

    /// The URL that people open, if it differs from the address, for example the URL of a proxy. Of
    /// all web pages, only those of this URL can then open a WebSocket.
    #[arg(long, value_name = "URL", value_parser = parse_url)]
    pub(crate) url: Option<String>,

    /// Serves https:// and wss:// with a certificate that is generated at every start.
    #[arg(long)]
    pub(crate) tls: bool,

    /// Writes the generated certificate to this file, for clients that should trust it.
    #[arg(long, value_name = "FILE", requires = "tls")]
    pub(crate) save_certificate: Option<PathBuf>,

    /// A Redis server that connects this server with others: redis://127.0.0.1:6379. Without it,
    /// the rooms are in the memory of this server.
    #[arg(long, value_name = "URL")]
    pub(crate) bus: Option<String>,

    /// The largest message that a member may send, in bytes.
    #[arg(long, value_name = "BYTES", default_value_t = 16 * 1024)]
    pub(crate) max_message_size: u64,

    /// How many messages a member may send in a second, on average. A member that sends more waits.
    #[arg(long, value_name = "MESSAGES", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rate: u32,

    /// How many messages may wait for one member. A member whose queue is full is dropped.
    #[arg(long, value_name = "MESSAGES", default_value_t = 1024, value_parser = parse_queue)]
    pub(crate) queue: usize,
}

impl Arguments {
    /// Returns the configuration of each WebSocket.
    pub(crate) fn config(&self, deflate: DeflateConfig) -> Config {
        // The time limits end connections whose peer is gone or stuck.
        Config::new()
            .max_message_size(self.max_message_size)
            .message_timeout(Duration::from_secs(30))
            .write_timeout(Duration::from_secs(30))
            .keepalive(Keepalive {
                interval: Duration::from_secs(30),
                timeout: Duration::from_secs(10),
            })
            .deflate(deflate)
    }
}

/// Removes the slash at the end and the default port, so that the URL is the origin of its pages
/// (RFC 6454, section 6.2).
fn parse_url(text: &str) -> Result<String, String> {
    let url = text.trim_end_matches('/');
    let host_of = |scheme, port| {
        let host = url.strip_prefix(scheme)?;
        Some((scheme, host.strip_suffix(port).unwrap_or(host)))
    };
    let is_other = |character: char| character.is_whitespace() || "/?#@".contains(character);
    match host_of("http://", ":80").or_else(|| host_of("https://", ":443")) {
        Some((scheme, host)) if !host.is_empty() && !host.contains(is_other) => {
            Ok(format!("{scheme}{host}"))
        }
        _ => Err("expected http:// or https:// and a host, without a path".into()),
    }
}

fn parse_queue(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least one message must fit".into()),
        Ok(messages) if messages <= 1_000_000 => Ok(messages),
        _ => Err("expected a number of messages up to 1000000".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_is_the_origin_that_browsers_send() {
        for (text, origin) in [
            ("https://chat.example", "https://chat.example"),
            ("https://chat.example/", "https://chat.example"),
            ("https://chat.example:443/", "https://chat.example"),
            ("http://chat.example:80", "http://chat.example"),
            ("http://chat.example:443", "http://chat.example:443"),
            ("http://[::1]:80", "http://[::1]"),
            ("http://[2001:db8::80]", "http://[2001:db8::80]"),
        ] {
            assert_eq!(parse_url(text).as_deref(), Ok(origin));
        }
        for wrong in [
            "chat.example",
            "ftp://a",
            "https://",
            "https://a/b",
            "https://a?b",
            "https://a#b",
            "https://a@b",
            "https://a b",
        ] {
            assert!(parse_url(wrong).is_err(), "{wrong}");
        }
    }
}
