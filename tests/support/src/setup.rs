//! What an endpoint is made of, its role apart.

use websocket_proto::connection::Oversized;
#[cfg(feature = "deflate")]
use websocket_proto::deflate::DeflateConfig;
use websocket_proto::deflate::Terms;
use websocket_proto::handshake::Opened;
use websocket_proto::websocket::Config;

/// A configuration, and what the opening handshake agreed on.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The configuration.
    pub config: Config,
    /// The result of the opening handshake.
    pub opened: Opened,
}

impl Setup {
    /// Compression on these terms.
    pub fn agreed(config: Config, terms: Terms) -> Self {
        Self { config, opened: Opened::new().with_deflate_terms(terms) }
    }

    /// As [`Config::deflate`].
    #[cfg(feature = "deflate")]
    pub fn deflate(self, deflate: DeflateConfig) -> Self {
        Self { config: self.config.deflate(deflate), ..self }
    }

    /// As [`Config::max_message_size`].
    pub fn max_message_size(self, bytes: u64) -> Self {
        Self { config: self.config.max_message_size(bytes), ..self }
    }

    /// As [`Config::oversized`].
    pub fn oversized(self, oversized: Oversized) -> Self {
        Self { config: self.config.oversized(oversized), ..self }
    }

    /// As [`Config::high_water_mark`].
    pub fn high_water_mark(self, bytes: u64) -> Self {
        Self { config: self.config.high_water_mark(bytes), ..self }
    }
}

impl From<Config> for Setup {
    fn from(config: Config) -> Self {
        Self { config, opened: Opened::new() }
    }
}
