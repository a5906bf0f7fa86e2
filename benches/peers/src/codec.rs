//! Messages in memory: one stream of frames for each workload, taken by each crate in turn.

mod check;
mod limits;
mod workload;

use std::rc::Rc;

use crate::arguments::Arguments;
use crate::contestant::{self, Contestant, NewReceiver, NewSender};
use crate::measure::{Candidate, Pass, measure};
use crate::memory::{Memory, Stream};
use crate::report::{Report, Row, Side, tables};
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
    let limits = candidates.len();
    let mut sides = vec![Side::Limit; limits];
    for contestant in contestants {
        let Some(create) = contestant.receiver else { continue };
        if let Err(reason) = check::receiving(workload, create) {
            leave_out(contestant, &workload.name, &reason, report);
            continue;
        }
        candidates.push(Candidate {
            name: contestant.name.to_owned(),
            create: Box::new(move |shift| receiving(workload, create, shift)),
        });
        sides.push(side(contestant));
    }
    let figures = measure(&candidates, arguments.effort);
    for ((candidate, side), figure) in candidates.iter().zip(sides).zip(figures) {
        let figure = figure.divided_by(workload.messages);
        report.add(Row {
            workload: workload.name.clone(),
            name: candidate.name.clone(),
            side,
            value: figure.nanoseconds,
            spread: figure.spread,
            writes: 0.0,
        });
    }
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
    let mut kinds: Vec<(Side, f64)> = candidates.iter().map(|_| (Side::Limit, 0.0)).collect();
    for contestant in contestants {
        let Some(create) = contestant.sender else { continue };
        match check::sending(workload, create) {
            Ok(writes) => kinds.push((side(contestant), writes)),
            Err(reason) => {
                leave_out(contestant, &workload.name, &reason, report);
                continue;
            }
        }
        candidates.push(Candidate {
            name: contestant.name.to_owned(),
            create: Box::new(move |shift| sending(workload, create, shift)),
        });
    }
    let figures = measure(&candidates, arguments.effort);
    for ((candidate, (side, writes)), figure) in candidates.iter().zip(kinds).zip(figures) {
        let figure = figure.divided_by(workload.messages);
        report.add(Row {
            workload: workload.name.clone(),
            name: candidate.name.clone(),
            side,
            value: figure.nanoseconds,
            spread: figure.spread,
            writes,
        });
    }
}

fn sending(workload: &Send, create: NewSender, shift: usize) -> Pass {
    let memory = Memory::new(Stream::shifted(&[], 0));
    let mut sender = create(memory.clone(), workload.role);
    let payloads = Rc::new(workload.shifted_payloads(shift));
    let (batch, least) = (workload.batch, workload.wire_len());
    Box::new(move |passes| {
        let before = memory.written();
        for _ in 0..passes {
            sender.send(&payloads, batch);
        }
        assert_eq!(memory.written() - before, passes * least);
    })
}

fn side(contestant: &Contestant) -> Side {
    if contestant.is_ours() { Side::Ours } else { Side::Peer }
}

/// Notes why a peer is missing. Ours is never missing.
fn leave_out(contestant: &Contestant, workload: &str, reason: &str, report: &mut Report) {
    assert!(!contestant.is_ours(), "{}, {workload}: {reason}", contestant.name);
    report.note(format!("{} is left out of {workload}: {reason}", contestant.name));
}
