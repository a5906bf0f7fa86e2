//! A client for the fuzzing server of the Autobahn testsuite. It runs every case of the server, and
//! echoes each message until the connection is closed.
//!
//! `autobahn_client [URL] [AGENT]`

use std::env;
use std::error::Error;

use websocket_proto::blocking::{self, Config, ConnectOptions, DeflateConfig};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let url = arguments.next().unwrap_or_else(|| "ws://127.0.0.1:9001".into());
    let agent = arguments.next().unwrap_or_else(|| "websocket-proto".into());

    let mut socket = blocking::connect(format!("{url}/getCaseCount"))?;
    let count = socket.read()?.ok_or("no case count")?;
    let count: usize = count.as_text().ok_or("the case count is no text")?.parse()?;
    while socket.read()?.is_some() {}

    // Groups 9 and 12 send messages of up to 16 MiB, groups 12 and 13 compress.
    let config = Config::new().max_message_size(64 << 20).deflate(DeflateConfig::new());
    for case in 1..=count {
        // Many cases end in an error on purpose. The server decides whether a case has passed.
        if let Err(error) = run(&format!("{url}/runCase?case={case}&agent={agent}"), config.clone())
        {
            println!("case {case}: {error}");
        }
    }
    let mut socket = blocking::connect(format!("{url}/updateReports?agent={agent}"))?;
    while socket.read()?.is_some() {}
    println!("{count} cases run");
    Ok(())
}

fn run(url: &str, config: Config) -> Result<(), Box<dyn Error>> {
    let mut socket = blocking::connect(ConnectOptions::new(url)?.config(config))?;
    while let Some(message) = socket.read()? {
        if message.is_data() {
            socket.feed(message)?;
        }
    }
    Ok(())
}
