//! Runs each hostile input of `tests/support/src/hostile/growing` with one size and with double the
//! size, for a tool that counts instructions.
//!
//! `benches/work.sh` runs this program under callgrind and compares the two counts. If the work is
//! linear in the size of the input, the second count is at most about double.
//!
//! `cargo bench` runs this program without callgrind. Then each input is processed, and nothing is
//! counted.

mod byte_stream;
mod handshakes;
mod streams;

use std::env;
use std::process::ExitCode;

/// One input of one size, with everything set up. A call processes it and checks the outcome.
type Pass = Box<dyn FnOnce()>;

/// A way to process an input.
struct Row {
    name: String,
    /// The smaller size of the input, in bytes.
    size: usize,
    create: Box<dyn Fn(usize) -> Pass>,
}

/// How an input arrives: all at once or byte by byte. An input that arrives byte by byte is
/// shorter, because each byte costs a read.
#[derive(Clone, Copy)]
enum Pace {
    AtOnce,
    ByteByByte,
}

impl Pace {
    const BOTH: [Self; 2] = [Self::AtOnce, Self::ByteByByte];

    /// The smaller size of the input, in bytes.
    const fn size(self) -> usize {
        match self {
            Self::AtOnce => 16 * 1024,
            Self::ByteByByte => 4 * 1024,
        }
    }

    /// The most bytes that one read gives.
    const fn bite(self) -> usize {
        match self {
            Self::AtOnce => usize::MAX,
            Self::ByteByByte => 1,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::AtOnce => "at once",
            Self::ByteByByte => "byte by byte",
        }
    }
}

fn main() -> ExitCode {
    // `cargo bench` passes `--bench` to each benchmark, and `cargo bench -- --test` asks for a
    // single run. Both options change nothing here.
    let is_own = |argument: &String| !matches!(argument.as_str(), "--bench" | "--test");
    let arguments: Vec<String> = env::args().skip(1).filter(is_own).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut rows = handshakes::rows();
    rows.extend(streams::rows());
    match arguments[..] {
        ["--quadratic"] => run(&quadratic(), 1),
        [word, factor] => {
            let Ok(factor) = factor.parse() else {
                eprintln!("usage: work [WORD FACTOR | --quadratic]");
                return ExitCode::FAILURE;
            };
            rows.iter().filter(|row| row.name.contains(word)).for_each(|row| run(row, factor));
        }
        _ => rows.iter().for_each(|row| run(row, 1)),
    }
    ExitCode::SUCCESS
}

fn run(row: &Row, factor: usize) {
    // The first run may create state that later runs use again, so it is not counted.
    (row.create)(row.size)();
    for size in [factor * row.size, 2 * factor * row.size] {
        println!("{size} {}", row.name);
        measured((row.create)(size));
    }
}

/// The function that the tool counts.
#[inline(never)]
fn measured(pass: Pass) {
    pass();
}

/// Quadratic work, with which `benches/work.sh` checks that it notices such work.
fn quadratic() -> Row {
    let create = |size| -> Pass {
        let bytes = vec![b'a'; size];
        Box::new(move || {
            let mut found = 0;
            for end in 0..bytes.len() {
                found += usize::from(std::hint::black_box(&bytes[..end]).contains(&b'b'));
            }
            assert_eq!(found, 0);
        })
    };
    Row { name: "quadratic work".to_owned(), size: Pace::AtOnce.size(), create: Box::new(create) }
}
