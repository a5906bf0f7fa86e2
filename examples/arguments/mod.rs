//! The command line of the echo servers: `[ADDR] [--max-message-size BYTES] [--compress]`.
#![allow(dead_code, reason = "one of them takes more than the address")]

mod compress;

use lexopt::prelude::*;
use websocket_proto::websocket::Config;

/// The address to listen on, and the limits.
pub(crate) fn parse() -> Result<(String, Config), lexopt::Error> {
    let (values, config) = parse_values(1)?;
    let address = values.into_iter().next().unwrap_or_else(|| "127.0.0.1:9001".into());
    Ok((address, config))
}

/// As [`parse`], with up to `most` values before, between or behind the options.
pub(crate) fn parse_values(most: usize) -> Result<(Vec<String>, Config), lexopt::Error> {
    let mut values = Vec::new();
    let mut config = Config::new();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("max-message-size") => {
                config = config.max_message_size(parser.value()?.parse()?);
            }
            Long("compress") => config = compress::compress(config)?,
            Value(value) if values.len() < most => values.push(value.string()?),
            _ => return Err(argument.unexpected()),
        }
    }
    Ok((values, config))
}
