//! Programs that end with the test.

use std::io::ErrorKind;
use std::process::Stdio;

use tokio::process::{Child, Command};

/// Starts a program with a pipe for its output. `package` is the Debian package that has it.
pub(crate) fn start(command: &mut Command, package: &str) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    command.spawn().unwrap_or_else(|error| {
        let program = command.as_std().get_program().display().to_string();
        if error.kind() == ErrorKind::NotFound {
            panic!("{program} is missing: install it, on Debian with `apt-get install {package}`");
        }
        panic!("cannot start {program}: {error}");
    })
}
