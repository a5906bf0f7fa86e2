//! Measures this crate beside other WebSocket crates. `--help` tells how to run it.

mod allocator;
mod arguments;
mod check;
mod clock;
mod codec;
mod contestant;
mod deflate;
mod e2e;
mod environment;
mod frame;
mod handshake;
mod idle;
mod measure;
mod memory;
mod payload;
mod peers;
mod poll;
mod report;
mod role;
mod tally;

use std::process::ExitCode;
use std::{env, error, io};

use arguments::{Arguments, HELP, Mode};
use environment::Environment;
use report::{Report, Summary};

#[global_allocator]
static ALLOCATOR: allocator::Counting = allocator::Counting;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn error::Error>> {
    let Some(arguments) = Arguments::parse(env::args_os().skip(1))? else {
        print!("{HELP}");
        return Ok(());
    };
    environment::run_again_without_rep_movsb()?;
    match &arguments.mode {
        Mode::Codec => measure_mode(&arguments, codec::PACKAGES, codec::run),
        Mode::Deflate => measure_mode(&arguments, deflate::PACKAGES, deflate::run),
        Mode::Handshake => measure_mode(&arguments, handshake::PACKAGES, handshake::run),
        Mode::Idle => measure_mode(&arguments, idle::PACKAGES, idle::run),
        Mode::EndToEnd => measure_mode(&arguments, e2e::PACKAGES, e2e::run),
        Mode::Serve(name, core) => e2e::serve::run(name, *core),
    }
}

/// Runs a mode between the head and the end of its report.
fn measure_mode(
    arguments: &Arguments,
    packages: &[&str],
    mode: impl FnOnce(&Arguments) -> Report,
) -> Result<(), Box<dyn error::Error>> {
    let environment = Environment::of(packages);
    environment.print();
    let report = mode(arguments);
    if report.rows().is_empty() {
        return Err("no workload has a name that contains the text of --only".into());
    }
    report.print_notes();
    if let Some(path) = &arguments.json {
        let write = report.write_json(path, &environment);
        write.map_err(|error| {
            io::Error::other(format!("cannot write {}: {error}", path.display()))
        })?;
    }
    println!();
    println!("{}", Summary::of(&report).sentence());
    Ok(())
}
