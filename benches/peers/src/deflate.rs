//! Messages with permessage-deflate ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)) in memory:
//! level 6, windows of 15 bits, JSON, every message compressed.

mod check;
mod flate;
pub mod ways;

use std::rc::Rc;

use crate::arguments::Arguments;
use crate::check::catching;
use crate::frame;
use crate::measure::{Candidate, Pass};
use crate::memory::{Memory, Stream};
use crate::payload::{Content, shifted};
use crate::report::{Calls, Report, Side, tables};
use crate::tally::Tally;
use flate::{Flate, Inflate};
use ways::Way;

/// The packages whose versions stand in the head.
pub const PACKAGES: &[&str] =
    &["websocket-proto", "yawc", "sockudo-ws", "wtx", "flate2", "zlib-rs", "bytes", "tokio"];

/// The number of messages, which all differ.
const MESSAGES: usize = 64;

/// Messages that a server receives or sends.
pub struct Workload {
    /// Whether a message may refer to earlier ones.
    pub takeover: bool,
    /// The messages.
    pub payloads: Vec<Vec<u8>>,
    /// The compressed payload of each.
    pub compressed: Vec<Vec<u8>>,
}

impl Workload {
    fn new(takeover: bool, len: usize) -> Self {
        let payloads: Vec<Vec<u8>> =
            (0..MESSAGES).map(|number| Content::Json.payload(number, len)).collect();
        let mut flate = Flate::new(takeover);
        let compressed = payloads.iter().map(|payload| flate.compress(payload).to_vec()).collect();
        Self { takeover, payloads, compressed }
    }

    /// Returns the frames as a client sends them.
    fn stream(&self) -> Vec<u8> {
        let mut stream = Vec::new();
        for (number, payload) in self.compressed.iter().enumerate() {
            let mask = Some(frame::mask_key(number));
            frame::write(&mut stream, frame::TEXT | frame::RSV1, true, mask, payload);
        }
        stream
    }

    fn payload_bytes(&self) -> usize {
        self.payloads.iter().map(Vec::len).sum()
    }
}

/// Returns a message as a client sends it that does not refer to earlier ones.
#[must_use]
pub fn compressed(payload: &[u8]) -> Vec<u8> {
    Flate::new(false).compress(payload).to_vec()
}

/// Runs all workloads.
pub fn run(arguments: &Arguments) -> Report {
    let mut report = Report::new("deflate", "ns/msg");
    for direction in ["recv", "send"] {
        for (terms, takeover) in [("takeover", true), ("alone", false)] {
            for (len, size) in [(125, "125"), (1 << 10, "1k"), (16 << 10, "16k")] {
                let name = format!("{direction}-{terms}-{size}");
                if !arguments.runs(&name) {
                    continue;
                }
                let workload = Workload::new(takeover, len);
                if direction == "recv" {
                    receive(&name, &workload, arguments, &mut report);
                } else {
                    send(&name, &workload, arguments, &mut report);
                }
            }
        }
    }
    tables::print(&report);
    for way in ways::all() {
        report.describe(way.name, way.how);
    }
    report.note("soketto is left out: it compresses with a fixed level of 1".to_owned());
    report
}

fn receive(name: &str, workload: &Workload, arguments: &Arguments, report: &mut Report) {
    let mut candidates = vec![limit(|| inflate_alone(workload))];
    for way in ways::all() {
        let checked = catching(|| check::receiving(workload, &way));
        if let Some(calls) = report.checked(name, way.name, way.side, checked) {
            candidates.push(Candidate {
                name: way.name.to_owned(),
                side: way.side,
                calls,
                create: Box::new(move |shift| receiving(workload, &way, shift)),
            });
        }
    }
    report.time(name, MESSAGES, &candidates, arguments.effort);
}

/// Returns the times of the coders alone.
fn limit<'c>(create: impl Fn() -> Pass + 'c) -> Candidate<'c> {
    let name = "limit: flate2".to_owned();
    Candidate { name, side: Side::Limit, calls: Calls::NONE, create: Box::new(move |_| create()) }
}

fn receiving(workload: &Workload, way: &Way, shift: usize) -> Pass {
    let memory = Memory::new(Stream::shifted(&workload.stream(), shift));
    let mut receiver = (way.receiver)(memory.clone(), workload.takeover);
    let bytes = workload.payload_bytes();
    Box::new(move |passes| {
        for _ in 0..passes {
            memory.rewind();
            let mut tally = Tally::default();
            receiver.receive(MESSAGES, &mut tally);
            assert_eq!((tally.messages, tally.bytes), (MESSAGES, bytes));
        }
    })
}

fn inflate_alone(workload: &Workload) -> Pass {
    let (compressed, bytes) = (workload.compressed.clone(), workload.payload_bytes());
    let mut inflate = Inflate::new(workload.takeover);
    Box::new(move |passes| {
        for _ in 0..passes {
            let sum: usize =
                compressed.iter().map(|payload| inflate.decompress(payload).len()).sum();
            assert_eq!(sum, bytes);
        }
    })
}

fn send(name: &str, workload: &Workload, arguments: &Arguments, report: &mut Report) {
    let mut candidates = vec![limit(|| deflate_alone(workload))];
    for way in ways::all() {
        let checked = catching(|| check::sending(workload, &way));
        let Some(sent) = report.checked(name, way.name, way.side, checked) else { continue };
        println!("{name:<24} {:<28} {:>12} bytes sent for each message", way.name, sent.bytes);
        candidates.push(Candidate {
            name: way.name.to_owned(),
            side: way.side,
            calls: sent.calls,
            create: Box::new(move |shift| sending(workload, &way, shift)),
        });
    }
    report.time(name, MESSAGES, &candidates, arguments.effort);
}

fn sending(workload: &Workload, way: &Way, shift: usize) -> Pass {
    let memory = Memory::new(Stream::shifted(&[], 0));
    let mut sender = (way.sender)(memory, workload.takeover);
    let payloads = Rc::new(shifted(&workload.payloads, shift));
    Box::new(move |passes| {
        for _ in 0..passes {
            sender.send(&payloads, check::BATCH);
        }
    })
}

fn deflate_alone(workload: &Workload) -> Pass {
    let payloads = workload.payloads.clone();
    let mut flate = Flate::new(workload.takeover);
    Box::new(move |passes| {
        for _ in 0..passes {
            let sum: usize = payloads.iter().map(|payload| flate.compress(payload).len()).sum();
            assert_ne!(sum, 0);
        }
    })
}
