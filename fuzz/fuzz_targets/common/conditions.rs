//! Random configurations and payloads for two connected endpoints.

use std::time::Duration;

use arbitrary::Arbitrary;
use websocket_proto::connection::Oversized;
use websocket_proto::deflate::{DeflateConfig, Preferences, Terms};
use websocket_proto::extension::Extensions;
use websocket_proto::handshake::Opened;
use websocket_proto::websocket::{Config, Keepalive};

/// The configuration of one endpoint.
#[derive(Arbitrary, Clone, Debug)]
pub struct Conditions {
    pub keepalive: Option<(Time, Time)>,
    close_timeout: Time,
    write_timeout: Option<Time>,
    high_water_mark: Option<u16>,
    fragment_size: Option<u16>,
    pub answer_pings: bool,
    deflate: Option<Wants>,
    message_timeout: Option<Time>,
    pub omits_close_reason: bool,
    /// The limit in bytes above which messages are skipped.
    pub skips_above: Option<u16>,
    /// Whether the application answers the Close of the peer by itself.
    answers_close: bool,
}

/// A time limit in milliseconds. The ends of the range are likely.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Time {
    Zero,
    Short(u8),
    Long(u16),
    Never,
}

/// What one endpoint wants of permessage-deflate.
#[derive(Arbitrary, Clone, Debug)]
struct Wants {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_window: u8,
    client_window: u8,
    level: u8,
    threshold: u8,
    pool_size: u8,
}

impl From<Time> for Duration {
    fn from(time: Time) -> Self {
        match time {
            Time::Zero => Self::ZERO,
            Time::Short(time) => Self::from_millis(time.into()),
            Time::Long(time) => Self::from_millis(time.into()),
            Time::Never => Self::MAX,
        }
    }
}

impl Wants {
    fn preferences(&self) -> Preferences {
        Preferences::new()
            .server_no_context_takeover(self.server_no_context_takeover)
            .client_no_context_takeover(self.client_no_context_takeover)
            .server_max_window_bits(8 + (self.server_window & 0x07))
            .client_max_window_bits(8 + (self.client_window & 0x07))
    }
}

impl Conditions {
    pub fn config(&self) -> Config {
        let mut config = Config::new()
            .close_timeout(self.close_timeout.into())
            .answer_pings(self.answer_pings)
            .answer_close(!self.answers_close)
            .repeat_close_reason(!self.omits_close_reason)
            .deflate(self.deflate());
        if let Some((interval, timeout)) = self.keepalive {
            let keepalive = Keepalive { interval: interval.into(), timeout: timeout.into() };
            config = config.keepalive(keepalive);
        }
        if let Some(time) = self.write_timeout {
            config = config.write_timeout(time.into());
        }
        if let Some(time) = self.message_timeout {
            config = config.message_timeout(time.into());
        }
        if let Some(bytes) = self.high_water_mark {
            config = config.high_water_mark(bytes.into());
        }
        if let Some(bytes) = self.fragment_size {
            config = config.fragment_size(bytes.into());
        }
        if let Some(limit) = self.skips_above {
            config = config.max_message_size(limit.into()).oversized(Oversized::Skip);
        }
        config
    }

    pub fn deflate(&self) -> DeflateConfig {
        let Some(wants) = &self.deflate else { return DeflateConfig::new() };
        DeflateConfig::new()
            .preferences(wants.preferences())
            .level(wants.level % 10)
            .threshold(wants.threshold.into())
            .pool_size(usize::from(wants.pool_size % 3))
    }

    /// The longest payload to send: it limits the number of frames of one message, so that an
    /// execution stays short.
    pub fn longest(&self) -> usize {
        usize::from(self.fragment_size.unwrap_or(u16::MAX)).max(1) * 256
    }
}

/// What only some targets need.
#[allow(dead_code)]
impl Conditions {
    /// Whether a message of this length is skipped.
    pub fn skips(&self, len: u64) -> bool {
        self.skips_above.is_some_and(|limit| len > limit.into())
    }

    /// A configuration whose closing handshake ends at some time.
    pub fn config_that_ends(&self) -> Config {
        match self.close_timeout {
            Time::Never => self.config().close_timeout(Duration::from_secs(3600)),
            _ => self.config(),
        }
    }
}

/// Returns the result of the opening handshakes of a client and a server.
pub fn opened(client: &Conditions, server: &Conditions) -> (Opened, Opened) {
    let terms = |client: &Wants, server: &Wants| -> (Terms, Terms) {
        let offer = client.preferences().offer();
        let offer = Extensions::parse(offer.as_bytes()).map_while(Result::ok);
        let accepted = server.preferences().accept(offer).expect("a server can meet every offer");
        let response = accepted.response();
        let response = Extensions::parse(response.as_bytes()).map_while(Result::ok);
        let agreed = client.preferences().check(response).expect("the client takes the response");
        (agreed.expect("the response agrees"), accepted)
    };
    match (&client.deflate, &server.deflate) {
        (Some(client), Some(server)) => {
            let (client, server) = terms(client, server);
            (Opened::new().with_deflate_terms(client), Opened::new().with_deflate_terms(server))
        }
        _ => (Opened::new(), Opened::new()),
    }
}
