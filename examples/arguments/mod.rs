//! The command line of the echo servers: `[ADDR] [--max-message-size BYTES] [--compress]`.

mod compress;

use lexopt::prelude::*;
use websocket_proto::websocket::Config;

/// The address to listen on, and the limits.
pub(crate) fn parse() -> Result<(String, Config), lexopt::Error> {
    let mut address = "127.0.0.1:9001".to_owned();
    let mut config = Config::new();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("max-message-size") => {
                config = config.max_message_size(parser.value()?.parse()?);
            }
            Long("compress") => config = compress::compress(config)?,
            Value(value) => address = value.string()?,
            _ => return Err(argument.unexpected()),
        }
    }
    Ok((address, config))
}
