//! Runs a future without a runtime, so that no figure contains one.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// The number of polls after which a future is taken for stuck. A connection may pause now and
/// then, so that it does not keep other tasks waiting.
const MAX_POLLS: usize = 1 << 20;

/// Polls `future` with a waker that does nothing until it is ready.
///
/// # Panics
/// If the future never becomes ready: it waits for bytes that the transport does not have.
pub fn now<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..MAX_POLLS {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
    panic!("the future waits for a transport that has no more bytes");
}
