//! The two endpoints of a connection.

/// The endpoint that a contestant plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It receives masked frames and sends unmasked ones.
    Server,
    /// It receives unmasked frames and sends masked ones.
    Client,
}

impl Role {
    /// Returns the name of the role, as it stands in the name of a workload.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }

    /// Returns whether this is the client.
    #[must_use]
    pub const fn is_client(self) -> bool {
        matches!(self, Self::Client)
    }
}
