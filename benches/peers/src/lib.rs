//! Measures this crate beside other WebSocket crates. `--help` tells how to run it.
//!
//! There are two programs. `peers` measures what is called in a loop, and `peers-servers` measures
//! echo servers. A compiler inlines a function that has only one caller, however large the function
//! is, so a server in the same program would make the loops of some crates slower.

pub mod allocator;
pub mod arguments;
mod check;
mod clock;
pub mod codec;
mod contestant;
pub mod deflate;
pub mod e2e;
pub mod environment;
mod frame;
pub mod handshake;
pub mod idle;
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

use arguments::{Arguments, HELP};
use environment::Environment;
use report::Summary;

pub use report::Report;

/// An error that ends a program.
pub type Error = Box<dyn error::Error>;

/// Parses the command line, and calls `run`.
pub fn run_program(run: impl FnOnce(&Arguments) -> Result<(), Error>) -> ExitCode {
    match parsed(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn parsed(run: impl FnOnce(&Arguments) -> Result<(), Error>) -> Result<(), Error> {
    let Some(arguments) = Arguments::parse(env::args_os().skip(1))? else {
        print!("{HELP}");
        return Ok(());
    };
    environment::run_again_without_rep_movsb()?;
    run(&arguments)
}

/// Runs a mode between the head and the end of its report.
///
/// # Errors
/// Returns what the user did wrong, or that the figures could not be written.
pub fn measure_mode(
    arguments: &Arguments,
    packages: &[&str],
    mode: impl FnOnce(&Arguments) -> Report,
) -> Result<(), Error> {
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
