//! Sends a file as one binary message, and prints what the server answers. The file may be larger
//! than memory: it goes out in fragments, and a slow server makes the reading wait.
//!
//! `send_file URL FILE`

use std::error::Error;

use bytes::BytesMut;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;
use websocket_proto::tokio::{CloseCode, Config, ConnectOptions, Kind, Part, connect};

const FRAGMENT: usize = 64 * 1024;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err("send_file URL FILE".into());
    };
    let mut file = File::open(path).await?;
    // The answer may be as large as the file. It is received in parts, so it takes no memory.
    let config = Config::new().max_message_size(u64::MAX);
    let socket = connect(ConnectOptions::new(&url)?.config(config)).await?;
    let (mut reader, mut writer) = socket.into_split();

    let sending = async {
        loop {
            let mut fragment = BytesMut::with_capacity(FRAGMENT);
            let is_last = file.read_buf(&mut fragment).await? == 0;
            // The frame queue takes the buffer, and masks it in place.
            writer.send_fragment(Kind::Binary, is_last, fragment).await?;
            if is_last {
                break;
            }
        }
        writer.close(CloseCode::NORMAL, "").await?;
        Ok::<_, Box<dyn Error>>(())
    };
    // An echo server answers before it has the whole message, so both directions go on at once.
    let receiving = async {
        let mut received = 0;
        while let Some(part) = reader.next_part().await {
            if let Part::Data { bytes, .. } = part? {
                received += bytes.len();
            }
        }
        Ok(received)
    };
    let ((), received) = tokio::try_join!(sending, receiving)?;
    println!("the server answered with {received} bytes");
    Ok(())
}
