//! What came of the messages.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The counts of all connections.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    messages: AtomicU64,
    bytes: AtomicU64,
    lost: AtomicU64,
    wrong: AtomicU64,
    connections: AtomicU64,
    cut: AtomicU64,
}

impl Tally {
    /// A message came back as it was sent.
    pub(crate) fn add_message(&self, len: usize) {
        self.messages.fetch_add(1, Relaxed);
        self.bytes.fetch_add(len as u64, Relaxed);
    }

    /// Messages of a connection that was not cut did not come back.
    pub(crate) fn add_lost(&self, messages: u64, why: &str) {
        if messages > 0 && self.lost.fetch_add(messages, Relaxed) < 10 {
            eprintln!("{messages} messages lost: {why}");
        }
    }

    /// A message came back with other bytes, or one side called the other faulty.
    pub(crate) fn add_wrong(&self, why: &str) {
        if self.wrong.fetch_add(1, Relaxed) < 10 {
            eprintln!("wrong: {why}");
        }
    }

    pub(crate) fn add_connection(&self, is_cut: bool) {
        self.connections.fetch_add(1, Relaxed);
        self.cut.fetch_add(u64::from(is_cut), Relaxed);
    }

    pub(crate) fn messages(&self) -> u64 {
        self.messages.load(Relaxed)
    }

    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }

    pub(crate) fn wrong(&self) -> u64 {
        self.wrong.load(Relaxed)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |counter: &AtomicU64| counter.load(Relaxed);
        writeln!(
            f,
            "{} connections, {} of them cut by a kill or a reset; {} MiB compared",
            count(&self.connections),
            count(&self.cut),
            count(&self.bytes) >> 20
        )?;
        write!(f, "{} messages, {} lost, {} wrong", self.messages(), self.lost(), self.wrong())
    }
}
