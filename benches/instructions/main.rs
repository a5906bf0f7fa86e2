//! Runs one named workload a number of times, for a tool that counts instructions.
//!
//! `benches/instructions.sh` runs it under callgrind and compares the counts with a baseline. Counts
//! do not depend on what else the machine does, so a small change shows even where times do not.
//!
//! Without the name of a workload, as `cargo bench` calls it, each workload runs once.

mod handshake;
mod receive;
mod send;

use std::env;
use std::process::ExitCode;

/// A workload. A call runs it once and checks what it counted.
type Pass = Box<dyn FnMut()>;

/// A workload that has not been set up yet.
struct Row {
    name: String,
    /// How many messages or handshakes one pass has.
    items: usize,
    create: Box<dyn Fn() -> Pass>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["--list"] => rows().iter().for_each(|row| println!("{} {}", row.name, row.items)),
        [name, passes] if !name.starts_with("--") => {
            let (row, passes) = (rows().into_iter().find(|row| row.name == name), passes.parse());
            let (Some(row), Ok(passes)) = (row, passes) else {
                eprintln!("usage: instructions --list | WORKLOAD PASSES");
                return ExitCode::FAILURE;
            };
            run(&row, passes);
        }
        _ => rows().iter().for_each(|row| run(row, 1)),
    }
    ExitCode::SUCCESS
}

fn rows() -> Vec<Row> {
    let mut rows = receive::rows();
    rows.extend(send::rows());
    rows.extend(handshake::rows());
    rows
}

fn run(row: &Row, passes: usize) {
    let mut pass = (row.create)();
    for _ in 0..passes {
        pass();
    }
}
