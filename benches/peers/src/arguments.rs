//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt as _};

use crate::measure::Effort;

/// The text of `--help`.
pub const HELP: &str = "\
Measures websocket-proto beside other WebSocket crates.

usage: cargo run --release --manifest-path benches/peers/Cargo.toml -- MODE [OPTIONS]

modes:
  codec      receive and send in memory, time per message
  deflate    the same with permessage-deflate
  handshake  the opening handshake in memory, time per connection
  e2e        echo servers on one core of this machine, time of the server per message
  idle       memory of idle connections, allocations for a message that comes alone

options:
  --quick      few and short repeats: checks all payloads, but the figures mean little
  --only TEXT  only the workloads whose name contains TEXT (may be given several times)
  --json FILE  write all figures to FILE
  --help       print this text

The last line is `ahead on X of Y workloads; worst W (workload, peer)`. W is our time divided by
that of the best peer which makes no more writes.
";

/// What to measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Messages in memory.
    Codec,
    /// Compressed messages in memory.
    Deflate,
    /// Opening handshakes in memory.
    Handshake,
    /// Echo over loopback.
    EndToEnd,
    /// Memory.
    Idle,
    /// A server of the mode above, in a process of its own: its name and its core.
    Serve(String, usize),
}

/// The parsed command line.
#[derive(Debug)]
pub struct Arguments {
    /// What to measure.
    pub mode: Mode,
    /// How long to measure.
    pub effort: Effort,
    /// Whether the run only shows that everything works.
    pub quick: bool,
    /// A workload runs if its name contains one of these texts, or if there is none.
    pub only: Vec<String>,
    /// Where to write the figures.
    pub json: Option<PathBuf>,
}

impl Arguments {
    /// Parses the arguments after the name of the program. `None` stands for `--help`.
    ///
    /// # Errors
    /// Returns a text for the user.
    pub fn parse(
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Result<Option<Self>, lexopt::Error> {
        let mut parser = Parser::from_args(arguments);
        let (mut mode, mut quick, mut only, mut json) = (None, false, Vec::new(), None);
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("help") | Arg::Short('h') => return Ok(None),
                Arg::Long("quick") => quick = true,
                Arg::Long("only") => only.push(parser.value()?.string()?),
                Arg::Long("json") => json = Some(PathBuf::from(parser.value()?)),
                Arg::Value(value) if mode.is_none() => {
                    mode = Some(parse_mode(&value, &mut parser)?)
                }
                other => return Err(other.unexpected()),
            }
        }
        let mode = mode.ok_or("a mode is missing: codec, deflate, handshake, e2e or idle")?;
        let effort = if quick { Effort::QUICK } else { Effort::FULL };
        Ok(Some(Self { mode, effort, quick, only, json }))
    }

    /// Returns whether the workload with this name runs.
    #[must_use]
    pub fn runs(&self, workload: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|text| workload.contains(text))
    }
}

fn parse_mode(value: &OsString, parser: &mut Parser) -> Result<Mode, lexopt::Error> {
    match value.to_str() {
        Some("codec") => Ok(Mode::Codec),
        Some("deflate") => Ok(Mode::Deflate),
        Some("handshake") => Ok(Mode::Handshake),
        Some("e2e") => Ok(Mode::EndToEnd),
        Some("idle") => Ok(Mode::Idle),
        // Not in the help, because only this program uses it.
        Some("serve") => Ok(Mode::Serve(parser.value()?.string()?, parser.value()?.parse()?)),
        _ => Err(format!("{} is not a mode", value.display()).into()),
    }
}
