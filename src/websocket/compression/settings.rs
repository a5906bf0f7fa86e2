//! What a configuration says of permessage-deflate.

use crate::deflate::{DeflateConfig, Preferences};

/// What to negotiate, and how to compress.
#[derive(Clone, Debug)]
pub(in crate::websocket) struct Settings {
    pub(super) config: Option<DeflateConfig>,
}

impl Settings {
    /// Without permessage-deflate.
    pub(in crate::websocket) const fn new() -> Self {
        Self { config: None }
    }

    pub(in crate::websocket) fn set_config(&mut self, config: DeflateConfig) {
        self.config = Some(config);
    }

    pub(in crate::websocket) fn preferences(&self) -> Option<Preferences> {
        self.config.as_ref().map(|config| *config.wanted())
    }
}
