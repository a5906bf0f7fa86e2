//! Ctrl-C.

use std::future::pending;

use tokio::signal::ctrl_c;
use tokio::sync::mpsc;

/// The signals that the program receives, from its start on.
#[derive(Debug)]
pub(crate) struct Interrupts(mpsc::UnboundedReceiver<()>);

impl Interrupts {
    pub(crate) fn new() -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        tokio::spawn(async move { while ctrl_c().await.is_ok() && sender.send(()).is_ok() {} });
        Self(receiver)
    }

    /// Waits for the next signal. If the future is dropped, no signal is lost.
    pub(crate) async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            pending().await
        }
    }
}
