//! Ctrl-C.

use std::future::pending;
use std::io;
use std::process;
use std::thread;

use tokio::runtime::Builder;
use tokio::signal::ctrl_c;
use tokio::sync::mpsc;

use crate::exit::Exit;

/// The first Ctrl-C. The second one ends the program at once.
#[derive(Debug)]
pub(crate) struct Interrupts(mpsc::UnboundedReceiver<()>);

impl Interrupts {
    /// Starts a thread that waits for the signals. The main thread cannot act on a signal while a
    /// write to the standard output waits, for example for a pager.
    pub(crate) fn new() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let (sender, receiver) = mpsc::unbounded_channel();
        thread::spawn(move || {
            if runtime.block_on(ctrl_c()).is_ok() {
                let _ = sender.send(());
            }
            if runtime.block_on(ctrl_c()).is_ok() {
                process::exit(Exit::Interrupted.code().into());
            }
        });
        Ok(Self(receiver))
    }

    /// Waits for the first signal. If the future is dropped, the signal is not lost.
    pub(crate) async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            pending().await
        }
    }
}
