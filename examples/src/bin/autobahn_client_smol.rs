//! A client for the fuzzing server of the Autobahn testsuite, on smol. It runs every case of the
//! server, and echoes each message until the connection is closed.
//!
//! `autobahn_client_smol [URL] [AGENT]`

use std::env;
use std::error::Error;

use smol::Timer;
use smol::net::TcpStream;
use websocket_proto::asynchronous::Transport as _;
use websocket_proto::futures_io::{
    ClientStream, Config, ConnectOptions, Connector, DeflateConfig, FuturesTransport,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let url = arguments.next().unwrap_or_else(|| "ws://127.0.0.1:9001".into());
    let agent = arguments.next().unwrap_or_else(|| "websocket-proto-smol".into());
    smol::block_on(run_all(&url, &agent))
}

async fn run_all(url: &str, agent: &str) -> Result<(), Box<dyn Error>> {
    let mut socket = connect(&format!("{url}/getCaseCount"), Config::new()).await?;
    let count = socket.next().await.ok_or("no case count")??;
    let count: usize = count.as_text().ok_or("the case count is no text")?.parse()?;
    while socket.next().await.is_some() {}

    // Groups 9 and 12 send messages of up to 16 MiB, groups 12 and 13 compress.
    let config = Config::new().max_message_size(64 << 20).deflate(DeflateConfig::new());
    for case in 1..=count {
        // Many cases end in an error on purpose. The server decides whether a case has passed.
        let url = format!("{url}/runCase?case={case}&agent={agent}");
        if let Err(error) = run(&url, config.clone()).await {
            println!("case {case}: {error}");
        }
    }
    let url = format!("{url}/updateReports?agent={agent}");
    let mut socket = connect(&url, Config::new()).await?;
    while socket.next().await.is_some() {}
    println!("{count} cases run");
    Ok(())
}

async fn run(url: &str, config: Config) -> Result<(), Box<dyn Error>> {
    let mut socket = connect(url, config).await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_data() {
            socket.feed(message).await?;
        }
    }
    Ok(())
}

async fn connect(url: &str, config: Config) -> Result<ClientStream<TcpStream>, Box<dyn Error>> {
    let options = ConnectOptions::new(url)?.config(config);
    let stream = TcpStream::connect((options.host(), options.port())).await?;
    stream.set_nodelay(true)?;
    let transport = FuturesTransport::new(stream).timer(Timer::after);
    Ok(Connector::from_transport(transport, options)?.connect().await?)
}
