//! What a configuration says of permessage-deflate.

use crate::deflate::{DeflateConfig, Preferences, Terms};

/// What to negotiate, and what was agreed on.
#[derive(Clone, Debug)]
pub(in crate::websocket) struct Settings {
    pub(super) config: Option<DeflateConfig>,
    pub(super) terms: Option<Terms>,
}

impl Settings {
    /// Without permessage-deflate.
    pub(in crate::websocket) const fn new() -> Self {
        Self { config: None, terms: None }
    }

    pub(in crate::websocket) fn set_config(&mut self, config: DeflateConfig) {
        self.config = Some(config);
    }

    pub(in crate::websocket) const fn set_terms(&mut self, terms: Option<Terms>) {
        self.terms = terms;
    }

    pub(in crate::websocket) const fn terms(&self) -> Option<&Terms> {
        self.terms.as_ref()
    }

    pub(in crate::websocket) fn preferences(&self) -> Option<Preferences> {
        self.config.as_ref().map(|config| *config.wanted())
    }
}
