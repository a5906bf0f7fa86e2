//! Messages in memory: one stream of frames for each workload, taken by each crate in turn.

mod check;
mod limits;
mod workload;

use std::rc::Rc;

use crate::arguments::Arguments;
use crate::contestant::{self, Contestant, NewReceiver, NewSender};
use crate::measure::{Candidate, Pass};
use crate::memory::{Memory, Stream};
use crate::report::{Report, tables};
use crate::tally::Tally;
use workload::{Receive, Send};

/// The packages whose versions stand in the head.
pub const PACKAGES: &[&str] = &[
    "websocket-proto",
    "tungstenite",
    "fastwebsockets",
    "tokio-websockets",
    "soketto",
    "web-socket",
    "websocket-sans-io",
    "yawc",
    "sockudo-ws",
    "wtx",
    "bytes",
    "simdutf8",
    "tokio",
];

/// Runs all workloads.
pub fn run(arguments: &Arguments) -> Report {
    let mut report = Report::new("codec", "ns/msg");
    let contestants = contestant::all();
    for workload in workload::receive().filter(|workload| arguments.runs(&workload.name)) {
        receive(&workload.build(), &contestants, arguments, &mut report);
    }
    for workload in workload::send().filter(|workload| arguments.runs(&workload.name)) {
        send(&workload.build(), &contestants, arguments, &mut report);
    }
    tables::print(&report);
    for contestant in &contestants {
        report.describe(contestant.name, contestant.how);
    }
    report
}

fn receive(
    workload: &Receive,
    contestants: &[Contestant],
    arguments: &Arguments,
    report: &mut Report,
) {
    let mut candidates = limits::of_receiving(workload);
    for contestant in contestants {
        let Some(create) = contestant.receiver else { continue };
        let (name, side) = (contestant.name, contestant.side());
        let checked = check::receiving(workload, create);
        if let Some(calls) = report.checked(&workload.name, name, side, checked) {
            let create = Box::new(move |shift| receiving(workload, create, shift));
            candidates.push(Candidate { name: name.to_owned(), side, calls, create });
        }
    }
    report.time(&workload.name, workload.messages, &candidates, arguments.effort);
}

fn receiving(workload: &Receive, create: NewReceiver, shift: usize) -> Pass {
    let memory = Memory::new(Stream::shifted(&workload.stream, shift));
    let mut receiver = create(memory.clone(), workload.role);
    let expected = workload.totals();
    Box::new(move |passes| {
        for _ in 0..passes {
            memory.rewind();
            let mut tally = Tally::default();
            receiver.receive(expected.messages, &mut tally);
            assert_eq!((tally.messages, tally.bytes), (expected.messages, expected.bytes));
            assert_eq!(tally.first_bytes, expected.first_bytes);
        }
    })
}

fn send(workload: &Send, contestants: &[Contestant], arguments: &Arguments, report: &mut Report) {
    let mut candidates = limits::of_sending(workload);
    for contestant in contestants {
        let Some(create) = contestant.sender else { continue };
        let (name, side) = (contestant.name, contestant.side());
        let checked = check::sending(workload, create);
        if let Some(calls) = report.checked(&workload.name, name, side, checked) {
            let create = Box::new(move |shift| sending(workload, create, shift));
            candidates.push(Candidate { name: name.to_owned(), side, calls, create });
        }
    }
    report.time(&workload.name, workload.messages, &candidates, arguments.effort);
}

fn sending(workload: &Send, create: NewSender, shift: usize) -> Pass {
    let memory = Memory::new(Stream::shifted(&[], 0));
    let mut sender = create(memory.clone(), workload.role);
    let payloads = Rc::new(workload.shifted_payloads(shift));
    let (batch, len) = (workload.batch, workload.wire_len());
    Box::new(move |passes| {
        let before = memory.written();
        for _ in 0..passes {
            sender.send(&payloads, batch);
        }
        assert_eq!(memory.written() - before, passes * len);
    })
}
