//! A load test with thousands of connections over loopback. They send messages of all kinds and
//! sizes, some of them compressed, and they end in all ways. Each byte that comes back is compared.
//!
//! `soak [--seconds N] [--connections N] [--seed N]`
//!
//! The server and the clients share this process, so a connection has two descriptors. If the limit
//! of the system is lower, there are fewer connections, and the program says so. At the end it
//! compares its memory and its descriptors with the beginning. The last line counts the messages
//! that came back.

mod client;
mod payload;
mod places;
#[path = "../../resources.rs"]
mod resources;
mod server;
mod tally;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use lexopt::prelude::*;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use self::places::Places;
use self::resources::{Resources, descriptor_limit};
use self::tally::Tally;

/// The number of descriptors that are kept free for other uses than connections.
const OTHER_DESCRIPTORS: usize = 64;

/// The bytes that the heap may have grown by, whatever the number of connections: threads keep spare
/// buffers, and the runtime keeps places for connections.
const SPARE: isize = 2 << 20;

/// How long each side waits for the other. All connections end at once, and the machine may be slow.
const PATIENCE: Duration = Duration::from_secs(300);

struct Arguments {
    seconds: u64,
    connections: usize,
    seed: u64,
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut arguments = parse()?;
    let possible = descriptor_limit().saturating_sub(OTHER_DESCRIPTORS) / 2;
    if arguments.connections > possible {
        println!(
            "the limit of {} descriptors allows {possible} connections instead of {}",
            descriptor_limit(),
            arguments.connections
        );
        arguments.connections = possible;
    }

    // The first connections allocate memory that stays, such as the queues of the runtime.
    let warm_up =
        Arguments { seconds: 0, connections: arguments.connections.min(100), ..arguments };
    run(&warm_up, &Arc::default()).await?;
    let before = Resources::now();
    println!("before: {before}");

    let tally = Arc::new(Tally::default());
    let peak = run(&arguments, &tally).await?;
    println!("with {} connections: {peak}", arguments.connections);
    let after = Resources::now();
    println!("after: {after}");

    let mut is_good = tally.lost() == 0 && tally.wrong() == 0 && tally.messages() > 0;
    if after.descriptors != before.descriptors || after.heap - before.heap > SPARE {
        println!("memory or descriptors are not back where they began");
        is_good = false;
    } else {
        println!("memory and descriptors are back where they began");
    }
    println!("{tally}");
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs all connections for the time of the arguments, and returns what the process used in the
/// middle of it.
async fn run(arguments: &Arguments, tally: &Arc<Tally>) -> Result<Resources, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (end, ended) = watch::channel(());
    let places = Arc::new(Places::new(arguments.connections));
    let server = tokio::spawn(server::run(listener, ended, Arc::clone(&places), Arc::clone(tally)));

    let time = Duration::from_secs(arguments.seconds);
    let mut clients = JoinSet::new();
    for number in 0..arguments.connections {
        let seed = arguments.seed ^ (number as u64) << 32;
        let (places, tally) = (Arc::clone(&places), Arc::clone(tally));
        clients.spawn(client::run(address, seed, time, places, tally));
    }
    places.all_open().await;
    sleep(time / 2).await;
    let peak = Resources::now();
    while let Some(client) = clients.join_next().await {
        client?;
    }
    drop(end);
    server.await?;
    Ok(peak)
}

fn parse() -> Result<Arguments, lexopt::Error> {
    let mut arguments = Arguments { seconds: 60, connections: 10_000, seed: 1 };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("seconds") => arguments.seconds = parser.value()?.parse()?,
            Long("connections") => arguments.connections = parser.value()?.parse()?,
            Long("seed") => arguments.seed = parser.value()?.parse()?,
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(arguments)
}
