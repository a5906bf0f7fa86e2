//! The command line of the echo servers: `[ADDR] [--max-message-size BYTES] [--keepalive MILLISECONDS]
//! [--compress]`.

use std::time::Duration;

use lexopt::prelude::*;
use websocket_proto::websocket::{Config, Keepalive};

/// How long a client may take to answer the Ping of the keepalive.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// Returns the address to listen on, and the configuration.
pub fn parse() -> Result<(String, Config), lexopt::Error> {
    let (values, config) = parse_values(1)?;
    let address = values.into_iter().next().unwrap_or_else(|| "127.0.0.1:9001".into());
    Ok((address, config))
}

/// Returns the address, the configuration, and whether there is the option `--verbose`.
pub fn parse_with_verbose() -> Result<(String, Config, bool), lexopt::Error> {
    let mut is_verbose = false;
    let (values, config) = parse_all(1, Some(&mut is_verbose))?;
    let address = values.into_iter().next().unwrap_or_else(|| "127.0.0.1:9001".into());
    Ok((address, config, is_verbose))
}

/// Returns up to `most` values, which may stand anywhere among the options, and the configuration.
pub fn parse_values(most: usize) -> Result<(Vec<String>, Config), lexopt::Error> {
    parse_all(most, None)
}

/// `verbose` is `None` if the program does not have the option `--verbose`.
fn parse_all(
    most: usize,
    mut verbose: Option<&mut bool>,
) -> Result<(Vec<String>, Config), lexopt::Error> {
    let mut values = Vec::new();
    let mut config = Config::new();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("max-message-size") => {
                config = config.max_message_size(parser.value()?.parse()?);
            }
            Long("keepalive") => {
                let interval = Duration::from_millis(parser.value()?.parse()?);
                config = config.keepalive(Keepalive { interval, timeout: KEEPALIVE_TIMEOUT });
            }
            Long("compress") => config = compress(config)?,
            Long("verbose") if verbose.is_some() => {
                if let Some(is_verbose) = &mut verbose {
                    **is_verbose = true;
                }
            }
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
