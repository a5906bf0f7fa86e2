//! Every way to cut an input.

use websocket_proto::connection::ConnectionConfig;

use crate::log::{record, record_any};
use crate::{Log, Side};

/// Up to this length every pair of cuts is tried; a longer input is cut at a sample of them.
const EVERY_PAIR_UP_TO: usize = 300;

/// Feeds `bytes` to a connection of `side`: whole, a byte at a time, in pieces of a few sizes, and
/// cut at every pair of positions; and to one whose role is known only at run time. Asserts that
/// the log is one and the same, and returns it.
pub fn every_split(side: Side, config: &ConnectionConfig, bytes: &[u8]) -> Log {
    every_split_from(side, config, false, bytes)
}

/// As [`every_split`], with a connection that has sent a Close if `close_first`.
pub fn every_split_from(
    side: Side,
    config: &ConnectionConfig,
    close_first: bool,
    bytes: &[u8],
) -> Log {
    let mut buffer = bytes.to_vec();
    let whole = record(side, config, close_first, [buffer.as_mut_slice()].into_iter());

    let mut buffer = bytes.to_vec();
    let any = record_any(side, config, close_first, [buffer.as_mut_slice()].into_iter());
    assert_eq!(any, whole, "{side:?} as a role at run time: {}", short(bytes));

    for size in [1, 2, 3, 5, 7, 13, 64, 125, 4096] {
        if size > 1 && size >= bytes.len() {
            break;
        }
        let mut buffer = bytes.to_vec();
        let log = record(side, config, close_first, buffer.chunks_mut(size));
        assert_eq!(log, whole, "{side:?} in pieces of {size}: {}", short(bytes));
    }

    let cuts = cuts(bytes.len());
    for (index, &first) in cuts.iter().enumerate() {
        for &second in &cuts[index..] {
            let mut buffer = bytes.to_vec();
            let (head, tail) = buffer.split_at_mut(first);
            let (middle, tail) = tail.split_at_mut(second - first);
            let log = record(side, config, close_first, [head, middle, tail].into_iter());
            assert_eq!(log, whole, "{side:?} cut at {first} and {second}: {}", short(bytes));
        }
    }
    whole
}

fn cuts(len: usize) -> Vec<usize> {
    if len <= EVERY_PAIR_UP_TO {
        return (0..=len).collect();
    }
    // The header and the end closely, what lies between at strides that are not a power of two.
    let stride = (len / 7) | 1;
    (0..=16).chain((17..len - 5).step_by(stride)).chain(len - 5..=len).collect()
}

fn short(bytes: &[u8]) -> String {
    let start: Vec<String> = bytes.iter().take(80).map(|byte| format!("{byte:02x}")).collect();
    format!("{} ({} bytes)", start.concat(), bytes.len())
}
