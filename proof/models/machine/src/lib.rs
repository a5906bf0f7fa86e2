//! The machine that the models of concurrency run on: locks, threads, sockets and a clock. loom
//! decides in which order the threads run, and a model runs once for each order that can make a
//! difference.

mod clock;
mod explore;
mod lock;
mod park;
mod pipe;
mod tcp;

pub use loom::thread;

pub use clock::{Instant, sleep};
pub use explore::explore;
pub use lock::{Condvar, Mutex, MutexGuard, NotTimedOut};
pub use park::{InlineTask, block_on, poll_once};
pub use pipe::Pipe;
pub use tcp::TcpStream;
