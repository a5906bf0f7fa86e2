//! The limit: the bytes of TCP, read and written.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::e2e::serve::Stream;

/// Echoes bytes.
pub async fn echo(mut stream: Stream, size: usize) {
    let mut buffer = vec![0; size];
    while let Ok(len @ 1..) = stream.read(&mut buffer).await {
        if stream.write_all(&buffer[..len]).await.is_err() {
            return;
        }
    }
}
