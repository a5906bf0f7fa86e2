//! The loop around a handshake, over scripted bytes.

use std::time::Duration;

use bytes::Buf;
use websocket_proto::io::{Handshake, Step};

use crate::plan::Plan;

/// A run of a handshake over scripted bytes.
pub struct Run<O> {
    /// `None` if the transport failed before the end.
    pub outcome: Option<O>,
    pub written: Vec<u8>,
    /// The bytes that were not read.
    pub unread: Vec<u8>,
    /// How many bytes had been looked at when the time was over.
    pub seen: usize,
}

/// Drives a handshake as an adapter does: it looks at all that has come before it looks at the
/// clock.
pub fn drive<H: Handshake, O>(
    handshake: &mut H,
    bytes: &[u8],
    plan: &Plan<'_>,
    mut step: impl FnMut(&mut H) -> Step<O>,
) -> Run<O> {
    let mut run = Run { outcome: None, written: Vec::new(), unread: Vec::new(), seen: 0 };
    let mut cuts = plan.cuts.iter().map(|&len| usize::from(len)).cycle();
    let mut times = plan.times.iter().map(|&time| Duration::from_millis(time.into())).cycle();
    let mut rest = bytes;
    let mut now = Duration::ZERO;
    let mut is_over = false;
    for _ in 0..2 * bytes.len() + 100 {
        match step(handshake) {
            Step::Read if rest.is_empty() => {
                if let Some(deadline) = handshake.deadline(now)
                    && !is_over
                    && !plan.times.is_empty()
                {
                    // The peer is silent until the time is over.
                    now = deadline.max(now);
                    handshake.handle_deadline(now);
                    is_over = true;
                    continue;
                }
                if plan.fails {
                    run.unread = rest.to_vec();
                    return run;
                }
                handshake.receive_eof();
            }
            Step::Read => {
                run.seen = bytes.len() - rest.len();
                if let Some(time) = times.next() {
                    now += time;
                    if handshake.deadline(now).is_some_and(|deadline| deadline <= now) {
                        handshake.handle_deadline(now);
                        if !std::mem::replace(&mut is_over, true) {
                            continue;
                        }
                    }
                }
                let len = cuts.next().unwrap_or(rest.len()).clamp(1, rest.len());
                handshake.receive(&rest[..len]);
                rest = &rest[len..];
            }
            Step::Write => {
                let mut output = handshake.output();
                while output.has_remaining() {
                    let len = output.chunk().len().min(usize::from(plan.writes) + 1);
                    run.written.extend_from_slice(&output.chunk()[..len]);
                    output.advance(len);
                }
                drop(output);
                handshake.flushed();
            }
            Step::Done(outcome) => {
                run.outcome = Some(outcome);
                run.unread = rest.to_vec();
                return run;
            }
        }
    }
    panic!("the handshake does not end");
}

/// The bytes in one piece and no clock.
pub const AT_ONCE: Plan<'_> = Plan { cuts: &[], writes: 255, fails: false, times: &[] };

/// The bytes one by one.
pub const DRIPPING: Plan<'_> = Plan { cuts: &[1], writes: 0, fails: false, times: &[] };
