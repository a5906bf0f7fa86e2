//! Echo over loopback: a server alone on one core, and on another core a load generator that uses
//! none of the crates.
//!
//! The figure is the processor time of the server for each message, divided by the time of a server
//! that echoes the bytes of TCP in the same round. Other work on the machine affects both servers
//! in the same way, and TCP is most of the cost of a message.

mod load;
mod process;
pub mod serve;
mod servers;

use std::io;
use std::time::Duration;

use crate::arguments::Arguments;
use crate::codec;
use crate::measure::Figure;
use crate::report::{Calls, Report, Row, Side, number, tables};
use load::{Load, Traffic};
use process::{Server, cores};
use servers::{Echo, RAW};

/// The packages whose versions stand in the head.
pub const PACKAGES: &[&str] = codec::PACKAGES;

/// How long each server is measured in each round, and how many rounds there are.
struct Plan {
    rounds: usize,
    warm_up: Duration,
    time: Duration,
}

const FULL: Plan =
    Plan { rounds: 7, warm_up: Duration::from_millis(100), time: Duration::from_millis(500) };
const QUICK: Plan =
    Plan { rounds: 1, warm_up: Duration::from_millis(10), time: Duration::from_millis(50) };

/// The figures of one server in one round.
#[derive(Clone, Copy)]
struct Sample {
    /// Nanoseconds of processor time for each message.
    cpu: f64,
    /// Messages for each second.
    rate: f64,
    /// `cpu`, divided by the `cpu` of raw TCP.
    ratio: f64,
}

/// Runs all workloads.
pub fn run(arguments: &Arguments) -> Report {
    let mut report = Report::new("e2e", "x raw TCP");
    let (load_core, server_core) = cores();
    if load_core == server_core {
        report.note("only one core is there: server and load generator share it".to_owned());
    }
    process::pin(load_core);
    for traffic in traffics().into_iter().filter(|traffic| arguments.runs(&traffic.name)) {
        measure(&traffic, server_core, arguments, &mut report);
    }
    tables::print(&report);
    for echo in servers::all() {
        report.describe(echo.name, echo.how);
    }
    let depth = "16 connections, each with up to 32 messages on their way";
    report.describe("c16-depth-32", depth);
    report.describe("connections", "they begin after the opening handshake");
    report
}

/// One connection at depth 1, where a message waits for nothing but itself, and several at depth 32.
fn traffics() -> Vec<Traffic> {
    let sizes = [(125, "125", 16), (16 << 10, "16k", 16), (1 << 20, "1m", 4)];
    let traffic = |connections: usize, depth: usize, len, size| {
        Traffic::new(format!("c{connections}-depth-{depth}-{size}"), connections, depth, len)
    };
    let of_size =
        |(len, size, connections)| [traffic(1, 1, len, size), traffic(connections, 32, len, size)];
    sizes.into_iter().flat_map(of_size).collect()
}

fn measure(traffic: &Traffic, core: usize, arguments: &Arguments, report: &mut Report) {
    let plan = if arguments.quick { QUICK } else { FULL };
    let mut echoes = servers::all();
    let mut samples: Vec<Vec<Sample>> = vec![Vec::new(); echoes.len()];
    let mut raw = Vec::new();
    for round in 0..plan.rounds {
        let limit = RAW.into_iter().map(|name| sample(name, traffic, core, &plan));
        let limit = limit.map(|sample| sample.expect("raw TCP works"));
        let limit = limit.min_by(|left, right| left.cpu.total_cmp(&right.cpu)).expect("raw TCP");
        raw.push(limit);
        for offset in 0..echoes.len() {
            // Each round begins with another server.
            let index = (round + offset) % echoes.len();
            let echo = &mut echoes[index];
            match sample(echo.name, traffic, core, &plan) {
                Ok(sample) => {
                    samples[index].push(Sample { ratio: sample.cpu / limit.cpu, ..sample })
                }
                Err(error) => fail(echo, traffic, &error, report),
            }
        }
    }
    add("limit: raw TCP", Side::Limit, traffic, &raw, report);
    for (echo, samples) in echoes.iter().zip(samples) {
        if !samples.is_empty() {
            add(echo.name, echo.side, traffic, &samples, report);
        }
    }
}

fn sample(name: &str, traffic: &Traffic, core: usize, plan: &Plan) -> io::Result<Sample> {
    let server = Server::start(name, core)?;
    let mut load = Load::connect(server.address(), traffic, RAW.contains(&name))?;
    load.check()?;
    load.run(plan.warm_up)?;
    let before = server.cpu_time()?;
    let (messages, time) = load.run(plan.time)?;
    let cpu = server.cpu_time()?.saturating_sub(before);
    Ok(Sample {
        cpu: cpu.as_nanos() as f64 / messages as f64,
        rate: messages as f64 / time.as_secs_f64(),
        ratio: 1.0,
    })
}

/// Notes that a peer does not echo. Ours always does.
fn fail(echo: &Echo, traffic: &Traffic, error: &io::Error, report: &mut Report) {
    assert!(echo.side == Side::Peer, "{}, {}: {error}", echo.name, traffic.name);
    report.note(format!("{} failed a round of {}: {error}", echo.name, traffic.name));
}

fn add(name: &str, side: Side, traffic: &Traffic, samples: &[Sample], report: &mut Report) {
    let of = |value: fn(&Sample) -> f64| Figure::of(samples.iter().map(value).collect());
    let ratio = of(|sample| sample.ratio);
    let (cpu, rate) = (of(|sample| sample.cpu), of(|sample| sample.rate));
    println!(
        "{:<24} {name:<28} {:>12} ns of the server for each message, {} messages a second",
        traffic.name,
        number(cpu.value),
        number(rate.value)
    );
    let (workload, name) = (traffic.name.clone(), name.to_owned());
    let Figure { value, spread } = ratio;
    report.add(Row { workload, name, side, value, spread, calls: Calls::NONE });
}
