//! The lines of the standard input.

use std::io::{self, BufRead as _};
use std::thread;

use tokio::sync::mpsc;
use websocket_proto::Message;

use crate::hex;

/// How many lines may wait in memory until they are sent.
const LINES: usize = 64;

/// The lines of the standard input as messages. Lines that are read while there is no connection
/// wait for the next connection.
#[derive(Debug)]
pub(crate) struct Input {
    lines: mpsc::Receiver<io::Result<String>>,
    binary: bool,
}

impl Input {
    /// Starts a thread, because a read of the standard input cannot be interrupted.
    pub(crate) fn new(binary: bool) -> Self {
        let (sender, lines) = mpsc::channel(LINES);
        thread::spawn(move || {
            for line in io::stdin().lock().lines() {
                if sender.blocking_send(line).is_err() {
                    return;
                }
            }
        });
        Self { lines, binary }
    }

    /// Returns the next line, or `None` at the end of the input. If the future is dropped, no line
    /// is lost.
    pub(crate) async fn next(&mut self) -> Option<Result<String, String>> {
        let line = self.lines.recv().await?;
        Some(line.map_err(|error| format!("cannot read the standard input: {error}")))
    }

    /// Returns the message for a line.
    pub(crate) fn message(&self, line: String) -> Result<Message, String> {
        if self.binary {
            hex::decode(&line).map(Message::binary).map_err(|error| format!("--binary: {error}"))
        } else {
            Ok(Message::text(line))
        }
    }
}
