//! The settings of a configuration for permessage-deflate.

use crate::deflate::{DeflateConfig, Preferences};

/// How to negotiate and to compress, or `None` without permessage-deflate.
#[derive(Clone, Debug)]
pub(in crate::websocket) struct Settings {
    pub(super) config: Option<DeflateConfig>,
}

impl Settings {
    /// Creates settings without permessage-deflate.
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
