//! Measures calls in a loop, and starts the program `peers-servers` for the other modes.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};
use std::{env, io};

use peers::arguments::{Arguments, Mode};
use peers::{Error, codec, deflate, handshake, measure_mode, run_program};

const SERVERS: &str = "peers-servers";

fn main() -> ExitCode {
    run_program(run)
}

fn run(arguments: &Arguments) -> Result<(), Error> {
    match arguments.mode {
        Mode::Codec => measure_mode(arguments, codec::PACKAGES, codec::run),
        Mode::Deflate => measure_mode(arguments, deflate::PACKAGES, deflate::run),
        Mode::Handshake => measure_mode(arguments, handshake::PACKAGES, handshake::run),
        Mode::EndToEnd | Mode::Idle | Mode::Serve(..) => {
            build_servers()?;
            let program = env::current_exe()?.with_file_name(SERVERS);
            let error = Command::new(&program).args(env::args_os().skip(1)).exec();
            Err(format!("cannot start {}: {error}", program.display()).into())
        }
    }
}

/// Builds the other program if cargo has started this one, because `cargo run` builds only one.
fn build_servers() -> io::Result<()> {
    let (Some(cargo), Some(package)) = (env::var_os("CARGO"), env::var_os("CARGO_MANIFEST_DIR"))
    else {
        return Ok(());
    };
    let arguments = ["build", "--release", "--locked", "--quiet", "--bin", SERVERS];
    let mut build = Command::new(cargo);
    build.args(arguments).current_dir(package);
    // The variables that cargo sets for this package must not reach the build scripts of other
    // packages. Otherwise these would run again, and rebuild everything that depends on them.
    let kept = ["PATH", "HOME", "CARGO_HOME", "CARGO_TARGET_DIR", "CARGO_INCREMENTAL"];
    build.env_clear().envs(kept.iter().filter_map(|name| Some((name, env::var_os(name)?))));
    let status = build.status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other("the servers do not build")) }
}
