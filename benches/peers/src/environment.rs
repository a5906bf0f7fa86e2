//! The machine, the compiler and the versions, for the head of a report.

use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, fs, io, thread};

use serde_json::{Value, json};

use crate::contestant::OUR_PACKAGE;

const TUNABLES: &str = "GLIBC_TUNABLES";

/// Keeps the `memcpy` of glibc from `rep movsb`. On some processors this instruction is up to
/// thirty times slower at some positions of source and destination. A figure would then depend on
/// the positions of the buffers.
const NO_REP_MOVSB: &str = "glibc.cpu.x86_rep_movsb_threshold=2000000000";

/// Starts this program again with the setting for `memcpy`, unless it has that already. glibc reads
/// it only when a program starts.
///
/// # Errors
/// Returns why the program did not start.
pub fn run_again_without_rep_movsb() -> io::Result<()> {
    let tunables = env::var(TUNABLES).unwrap_or_default();
    if tunables.contains(NO_REP_MOVSB) {
        return Ok(());
    }
    let tunables = if tunables.is_empty() {
        NO_REP_MOVSB.into()
    } else {
        format!("{tunables}:{NO_REP_MOVSB}")
    };
    let program = env::current_exe()?;
    Err(Command::new(program).args(env::args_os().skip(1)).env(TUNABLES, tunables).exec())
}

/// The machine, the compiler and the versions of a report.
#[derive(Debug)]
pub struct Environment {
    cpu: String,
    cores: usize,
    kernel: String,
    rustc: &'static str,
    date: String,
    command: String,
    packages: Vec<(String, String)>,
}

impl Environment {
    /// Looks at this machine, and at the versions of `packages`.
    #[must_use]
    pub fn of(packages: &[&str]) -> Self {
        let arguments: Vec<String> = env::args().skip(1).collect();
        Self {
            cpu: cpu(),
            cores: thread::available_parallelism().map_or(1, usize::from),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")
                .unwrap_or_default()
                .trim()
                .into(),
            rustc: env!("RUSTC_VERSION"),
            date: date(),
            command: format!(
                "cargo run --release --manifest-path benches/peers/Cargo.toml -- {}",
                arguments.join(" ")
            ),
            packages: locked_versions()
                .filter(|(name, _)| packages.contains(&name.as_str()))
                .collect(),
        }
    }

    /// Prints the head of the report.
    pub fn print(&self) {
        println!("{}", self.command);
        println!();
        println!("- {}", self.date);
        println!("- {}, {} cores, Linux {}", self.cpu, self.cores, self.kernel);
        println!("- {}, release, fat LTO, one codegen unit, no target-cpu", self.rustc);
        println!("- {TUNABLES}={}", env::var(TUNABLES).unwrap_or_default());
        let versions: Vec<String> =
            self.packages.iter().map(|(name, version)| format!("{name} {version}")).collect();
        println!("- {}", versions.join(", "));
        println!();
    }

    /// Returns the same as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let packages: serde_json::Map<String, Value> = self
            .packages
            .iter()
            .map(|(name, version)| (name.clone(), Value::from(version.as_str())))
            .collect();
        json!({
            "cpu": self.cpu,
            "cores": self.cores,
            "kernel": self.kernel,
            "rustc": self.rustc,
            "date": self.date,
            "command": self.command,
            "packages": packages,
        })
    }
}

fn cpu() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = info.lines().find(|line| line.split(':').next().map(str::trim) == Some(name));
        line.and_then(|line| line.split(':').nth(1)).unwrap_or("unknown").trim().to_owned()
    };
    let flags = field("flags");
    let vectors: Vec<&str> = ["avx2", "avx512bw"]
        .into_iter()
        .filter(|flag| flags.split(' ').any(|f| f == *flag))
        .collect();
    format!(
        "{} (family {}, model {}; {})",
        field("model name"),
        field("cpu family"),
        field("model"),
        vectors.join(" ")
    )
}

/// Returns the date in UTC.
fn date() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let (year, month, day) = civil(seconds / 86_400);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", seconds / 3600 % 24, seconds / 60 % 60)
}

/// Returns year, month and day of a number of days after 1 January 1970.
fn civil(mut days: u64) -> (u64, u64, u64) {
    let is_leap =
        |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let mut year = 1970;
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    (year, month as u64 + 1, days + 1)
}

/// Returns the packages of the lock file that this program was built with.
fn locked_versions() -> impl Iterator<Item = (String, String)> {
    include_str!("../Cargo.lock").split("[[package]]").filter_map(|package| {
        let value = |key: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(key))?;
            Some(line.trim_matches(|character| " =\"".contains(character)).to_owned())
        };
        let (name, version) = (value("name")?, value("version")?);
        let local = name == OUR_PACKAGE;
        Some((name, if local { format!("{version} (this repository)") } else { version }))
    })
}
