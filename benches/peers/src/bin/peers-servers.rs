//! Measures echo servers.

use std::process::ExitCode;

use peers::allocator::Counting;
use peers::arguments::{Arguments, Mode};
use peers::{Error, e2e, idle, measure_mode, run_program};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> ExitCode {
    run_program(run)
}

fn run(arguments: &Arguments) -> Result<(), Error> {
    match &arguments.mode {
        Mode::Idle => measure_mode(arguments, idle::PACKAGES, idle::run),
        Mode::EndToEnd => measure_mode(arguments, e2e::PACKAGES, e2e::run),
        Mode::Serve(name, core) => e2e::serve::run(name, *core),
        Mode::Codec | Mode::Deflate | Mode::Handshake => Err("use the program `peers`".into()),
    }
}
