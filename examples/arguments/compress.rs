//! `--compress`, for servers and clients.

use websocket_proto::websocket::Config;

/// Uses permessage-deflate where the peer does too.
#[cfg(feature = "deflate")]
pub(crate) fn compress(config: Config) -> Result<Config, lexopt::Error> {
    Ok(config.deflate(websocket_proto::deflate::Config::new()))
}

#[cfg(not(feature = "deflate"))]
pub(crate) fn compress(_: Config) -> Result<Config, lexopt::Error> {
    Err("--compress takes a build with `--features deflate`".into())
}
