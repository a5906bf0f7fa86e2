//! Sends messages to a server and prints what comes back.
//!
//! `echo_client [--compress] [URL] [MESSAGE ...]`

use std::error::Error;
use std::process::ExitCode;

use examples::arguments::compress;
use examples::explain;
use lexopt::prelude::*;
use websocket_proto::blocking::{CloseCode, Config, ConnectOptions, Message, connect};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("echo_client: {}", explain(&*error));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let (url, config, messages) = arguments()?;
    let mut socket = connect(ConnectOptions::new(&url)?.config(config))?;
    for message in messages {
        socket.send(message)?;
        loop {
            match socket.read()? {
                Some(Message::Text(text)) => break println!("{text}"),
                Some(Message::Binary(bytes)) => break println!("{} bytes", bytes.len()),
                // Pings and the Close are answered inside the next `read`.
                Some(_) => {}
                None => return Err("the server closed first".into()),
            }
        }
    }
    socket.close(CloseCode::NORMAL, "")?;
    // The server's Close, and the end of the connection.
    while socket.read()?.is_some() {}
    Ok(())
}

fn arguments() -> Result<(String, Config, Vec<String>), lexopt::Error> {
    let mut url = None;
    let mut config = Config::new();
    let mut messages = Vec::new();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("compress") => config = compress(config)?,
            Value(value) if url.is_none() => url = Some(value.string()?),
            Value(value) => messages.push(value.string()?),
            _ => return Err(argument.unexpected()),
        }
    }
    if messages.is_empty() {
        messages.push("Hello".into());
    }
    Ok((url.unwrap_or_else(|| "ws://127.0.0.1:9001".into()), config, messages))
}
