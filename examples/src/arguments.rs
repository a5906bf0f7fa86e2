//! The command line of the echo servers: `[ADDR] [--max-message-size BYTES] [--compress]`.

use lexopt::prelude::*;
use websocket_proto::websocket::Config;

/// Returns the address to listen on, and the configuration.
pub fn parse() -> Result<(String, Config), lexopt::Error> {
    let (values, config) = parse_values(1)?;
    let address = values.into_iter().next().unwrap_or_else(|| "127.0.0.1:9001".into());
    Ok((address, config))
}

/// Returns up to `most` values, which may stand anywhere among the options, and the configuration.
pub fn parse_values(most: usize) -> Result<(Vec<String>, Config), lexopt::Error> {
    let mut values = Vec::new();
    let mut config = Config::new();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("max-message-size") => {
                config = config.max_message_size(parser.value()?.parse()?);
            }
            Long("compress") => config = compress(config)?,
            Value(value) if values.len() < most => values.push(value.string()?),
            _ => return Err(argument.unexpected()),
        }
    }
    Ok((values, config))
}

/// Turns on permessage-deflate, for the option `--compress`.
#[cfg(feature = "deflate")]
pub fn compress(config: Config) -> Result<Config, lexopt::Error> {
    Ok(config.deflate(websocket_proto::deflate::DeflateConfig::new()))
}

/// Fails, because this build has no permessage-deflate.
#[cfg(not(feature = "deflate"))]
pub fn compress(_: Config) -> Result<Config, lexopt::Error> {
    Err("--compress needs a build with `--features deflate`".into())
}
