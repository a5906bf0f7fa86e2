//! Many connections that wait, each an echo server of its own. This mode measures the memory that
//! they hold, and the allocations for one message that comes by itself.

mod slot;
mod ways;

use std::mem::size_of_val;
use std::pin::Pin;
use std::task::{Context, Waker};

use crate::allocator::{self, Counts};
use crate::arguments::Arguments;
use crate::check::catching;
use crate::payload::Content;
use crate::report::{Calls, Report, Row, Side, number, table, tables};
use crate::{codec, deflate, frame};
use slot::{Slot, Traffic};

/// The packages whose versions stand in the head.
pub const PACKAGES: &[&str] = codec::PACKAGES;

/// How many connections wait. With compression they are fewer, because some crates would need
/// gigabytes; what one connection holds does not depend on it.
const CONNECTIONS: usize = 10_000;
const COMPRESSING: usize = 1_000;
const QUICK: usize = 200;

/// How many messages each connection has echoed when it is looked at once more.
const SMALL_MESSAGES: usize = 40;
const LARGE_MESSAGES: usize = 2;

/// How many messages are counted, after some that are not.
const COUNTED: usize = 100;
const WARM_UP: usize = 10;

/// Measures all ways.
pub fn run(arguments: &Arguments) -> Report {
    allocator::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let _context = runtime.enter();
    let mut run =
        Run { report: Report::new("idle", "bytes or allocations"), parts: Vec::new(), arguments };
    ways::measure_all(&mut run);
    print_parts(&run.parts);
    let mut report = run.report;
    report.describe("bytes", "of the future and of the heap, without what the allocator adds");
    report.describe("after", "40 messages of 125 B and 2 of 16 KiB were echoed, one by one");
    tables::print(&report);
    report
}

/// A run in progress.
pub struct Run<'a> {
    report: Report,
    parts: Vec<Vec<String>>,
    arguments: &'a Arguments,
}

/// The way that is measured.
#[derive(Clone, Copy)]
pub struct Way {
    /// The name of the crate, and of the way if there are several.
    pub name: &'static str,
    /// Whether it is our crate, a peer or a limit.
    pub side: Side,
    /// How it is driven.
    pub how: &'static str,
    /// Whether it compresses.
    pub deflate: bool,
}

/// The figures of one way.
struct Found {
    /// The size of the future.
    future: usize,
    /// Bytes on the heap beyond the future, before the first message and after some.
    fresh: f64,
    after: f64,
    /// The allocations for a message of 125 bytes, and for one of 16 KiB.
    small: Cost,
    large: Cost,
}

/// The allocations for a message that comes by itself.
#[derive(Clone, Copy)]
struct Cost {
    allocations: f64,
    bytes: f64,
}

impl Run<'_> {
    /// Measures the future that `echo` creates over a transport.
    pub fn measure<F: Future>(&mut self, way: Way, echo: impl Fn(&'static Slot) -> F) {
        let connections = match (self.arguments.quick, way.deflate) {
            (true, _) => QUICK,
            (false, true) => COMPRESSING,
            (false, false) => CONNECTIONS,
        };
        let found = catching(|| find(connections, way.deflate, echo));
        if let Some(found) = self.report.checked("idle", way.name, way.side, found) {
            self.add(&way, &found);
        }
        let kind = if way.deflate { ", permessage-deflate" } else { "" };
        self.report.describe(&format!("{}{kind}", way.name), way.how);
    }

    fn add(&mut self, way: &Way, found: &Found) {
        let future = found.future as f64;
        let kind = if way.deflate { "deflate" } else { "plain" };
        let values = [
            ("idle-bytes-fresh", future + found.fresh),
            ("idle-bytes-after", future + found.after),
            ("allocations-lone-125", found.small.allocations),
            ("allocations-lone-16k", found.large.allocations),
        ];
        for (workload, value) in values {
            let workload = format!("{kind}-{workload}");
            if self.arguments.runs(&workload) {
                let (name, side) = (way.name.to_owned(), way.side);
                self.report.add(Row {
                    workload,
                    name,
                    side,
                    value,
                    spread: 0.0,
                    calls: Calls::NONE,
                });
            }
        }
        let mut cells = vec![format!("{} ({kind})", way.name), found.future.to_string()];
        let Cost { allocations, bytes } = found.small;
        let numbers = [found.fresh, found.after, allocations, bytes];
        cells.extend(numbers.map(number));
        cells.extend([found.large.allocations, found.large.bytes].map(number));
        self.parts.push(cells);
    }
}

/// Prints what the figures consist of.
fn print_parts(parts: &[Vec<String>]) {
    let head = [
        "contestant",
        "future",
        "heap, fresh",
        "heap, after",
        "allocations, 125 B",
        "bytes of them",
        "allocations, 16 KiB",
        "bytes of them",
    ];
    println!("\n## Bytes of each connection, and allocations for a message that comes alone\n");
    println!("{}", table(&head.map(str::to_owned), parts));
}

fn find<F: Future>(
    connections: usize,
    compresses: bool,
    echo: impl Fn(&'static Slot) -> F,
) -> Found {
    // The slots are leaked, so that the futures can borrow them. They do not count for any crate.
    let small = traffic(125, compresses);
    let large = traffic(16 << 10, compresses);
    let slots: Vec<&'static Slot> =
        (0..connections).map(|_| &*Box::leak(Box::new(Slot::new()))).collect();
    let mut futures: Vec<Pin<Box<F>>> = Vec::with_capacity(connections);

    let before = Counts::now();
    for slot in &slots {
        let mut future = Box::pin(echo(slot));
        poll(&mut future);
        futures.push(future);
    }
    let future = size_of_val(&*futures[0]);
    let held = || Counts::now().since(before).held() as f64 / connections as f64 - future as f64;
    let fresh = held();

    for (slot, future) in slots.iter().zip(&mut futures) {
        for _ in 0..SMALL_MESSAGES {
            exchange(slot, small, future);
        }
        for _ in 0..LARGE_MESSAGES {
            exchange(slot, large, future);
        }
    }
    let after = held();

    let mut cost = |traffic| {
        for _ in 0..WARM_UP {
            exchange(slots[0], traffic, &mut futures[0]);
        }
        let before = Counts::now();
        for _ in 0..COUNTED {
            exchange(slots[0], traffic, &mut futures[0]);
        }
        let counts = Counts::now().since(before);
        Cost {
            allocations: counts.allocations as f64 / COUNTED as f64,
            bytes: counts.allocated as f64 / COUNTED as f64,
        }
    };
    let (small, large) = (cost(small), cost(large));
    Found { future, fresh, after, small, large }
}

/// Returns a message and its echo, of `len` bytes.
fn traffic(len: usize, compresses: bool) -> &'static Traffic {
    let payload = Content::Json.payload(1, len);
    let message = if compresses { deflate::compressed(&payload) } else { payload.clone() };
    let opcode = frame::TEXT | if compresses { frame::RSV1 } else { 0 };
    let mut request = Vec::new();
    frame::write(&mut request, opcode, true, Some(frame::mask_key(len)), &message);
    let mut reply = Vec::new();
    frame::write(&mut reply, frame::TEXT, true, None, &payload);
    // The mode `deflate` checks compressed payloads.
    Box::leak(Box::new(Traffic { request, reply: (!compresses).then_some(reply) }))
}

/// Lets one message arrive, and checks that its echo is written.
fn exchange<F: Future>(slot: &Slot, traffic: &'static Traffic, future: &mut Pin<Box<F>>) {
    slot.arrive(&traffic.request);
    // One poll reads the message and sends its echo. Some crates pause in between.
    for _ in 0..8 {
        poll(future);
        if slot.is_drained() && slot.has_reply() {
            break;
        }
    }
    slot.check_reply(traffic);
}

fn poll<F: Future>(future: &mut Pin<Box<F>>) {
    let mut context = Context::from_waker(Waker::noop());
    assert!(future.as_mut().poll(&mut context).is_pending(), "the connection ended");
}
