//! What the program prints: a line for each figure as soon as it is known, tables at the end, and
//! the figures as JSON.

mod summary;
mod table;
pub mod tables;

use std::fs;
use std::io;
use std::path::Path;

use serde_json::{Value, json};

pub use summary::Summary;
pub use table::{number, table};

use crate::environment::Environment;
use crate::measure::{Candidate, Effort, measure};
use crate::memory::Memory;

/// Whose figure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The crate of this repository.
    Ours,
    /// Another crate.
    Peer,
    /// No protocol at all: the least that any crate could need.
    Limit,
}

/// One figure.
#[derive(Clone, Debug)]
pub struct Row {
    /// What was done.
    pub workload: String,
    /// Who did it.
    pub name: String,
    /// Whose figure it is.
    pub side: Side,
    /// The figure, in `unit`.
    pub value: f64,
    /// The range of the middle half of the repeats, divided by the figure.
    pub spread: f64,
    /// How often the transport was called.
    pub calls: Calls,
}

/// How often a contestant calls the transport for each message.
#[derive(Clone, Copy, Debug)]
pub struct Calls {
    /// Reads that return bytes.
    pub reads: f64,
    /// Writes.
    pub writes: f64,
}

impl Calls {
    /// No transport in memory was called.
    pub const NONE: Self = Self { reads: 0.0, writes: 0.0 };

    /// Returns how often `memory` was called for each of some messages.
    #[must_use]
    pub fn for_each(memory: &Memory, messages: usize) -> Self {
        let for_each = |calls| calls as f64 / messages as f64;
        Self { reads: for_each(memory.reads()), writes: for_each(memory.writes()) }
    }
}

/// All figures of one run.
#[derive(Debug)]
pub struct Report {
    mode: &'static str,
    unit: &'static str,
    rows: Vec<Row>,
    notes: Vec<String>,
}

impl Report {
    /// Creates an empty report of `mode`, whose figures have `unit`.
    #[must_use]
    pub const fn new(mode: &'static str, unit: &'static str) -> Self {
        Self { mode, unit, rows: Vec::new(), notes: Vec::new() }
    }

    /// Adds a figure, and prints it.
    pub fn add(&mut self, row: Row) {
        let spread = row.spread * 100.0;
        println!(
            "{:<28} {:<28} {:>12} {}  (spread {spread:.0} %, {} reads/msg, {} writes/msg)",
            row.workload,
            row.name,
            number(row.value),
            self.unit,
            number(row.calls.reads),
            number(row.calls.writes),
        );
        self.rows.push(row);
    }

    /// Times all candidates, and adds their figures for one of the `items` of a pass.
    pub fn time(
        &mut self,
        workload: &str,
        items: usize,
        candidates: &[Candidate<'_>],
        effort: Effort,
    ) {
        let figures = measure(candidates, effort);
        for (candidate, figure) in candidates.iter().zip(figures) {
            self.add(Row {
                workload: workload.to_owned(),
                name: candidate.name.clone(),
                side: candidate.side,
                value: figure.value / items as f64,
                spread: figure.spread,
                calls: candidate.calls,
            });
        }
    }

    /// Returns the result of a check. If there is none, a note says why a peer is left out.
    ///
    /// # Panics
    /// If ours did not pass.
    pub fn checked<T>(
        &mut self,
        workload: &str,
        name: &str,
        side: Side,
        result: Result<T, String>,
    ) -> Option<T> {
        match result {
            Ok(found) => Some(found),
            Err(reason) => {
                assert!(side == Side::Peer, "{name}, {workload}: {reason}");
                self.note(format!("{name} is left out of {workload}: {reason}"));
                None
            }
        }
    }

    /// Adds a sentence for the notes under the tables, and prints it.
    pub fn note(&mut self, note: String) {
        println!("note: {note}");
        self.notes.push(note);
    }

    /// Adds what a name stands for, or how a contestant is driven. It is printed only under the
    /// tables.
    pub fn describe(&mut self, name: &str, what: &str) {
        self.notes.push(format!("{name}: {what}"));
    }

    /// Returns the rows of all workloads.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Returns the workloads in the order in which they ran.
    #[must_use]
    pub fn workloads(&self) -> Vec<&str> {
        let mut workloads: Vec<&str> = Vec::new();
        for row in &self.rows {
            if !workloads.contains(&row.workload.as_str()) {
                workloads.push(&row.workload);
            }
        }
        workloads
    }

    /// Returns a figure.
    #[must_use]
    pub fn row(&self, workload: &str, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.workload == workload && row.name == name)
    }

    /// Returns the names of one side, in the order in which they ran.
    #[must_use]
    pub fn names(&self, side: Side) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for row in self.rows.iter().filter(|row| row.side == side) {
            if !names.contains(&row.name.as_str()) {
                names.push(&row.name);
            }
        }
        names
    }

    /// Prints the notes.
    pub fn print_notes(&self) {
        if !self.notes.is_empty() {
            println!();
        }
        for note in &self.notes {
            println!("- {note}");
        }
    }

    /// Writes all figures to a file.
    ///
    /// # Errors
    /// Returns the error of the file system.
    pub fn write_json(&self, path: &Path, environment: &Environment) -> io::Result<()> {
        let rows: Vec<Value> = self.rows.iter().map(|row| self.row_json(row)).collect();
        let summary = Summary::of(self);
        let report = json!({
            "mode": self.mode,
            "unit": self.unit,
            "environment": environment.json(),
            "rows": rows,
            "notes": self.notes,
            "ahead": summary.ahead,
            "workloads": summary.workloads,
            "worst": summary.worst.as_ref().map(|worst| json!({
                "workload": worst.workload,
                "peer": worst.peer,
                "ratio": worst.ratio,
            })),
        });
        fs::write(path, format!("{report:#}\n"))
    }

    fn row_json(&self, row: &Row) -> Value {
        json!({
            "workload": row.workload,
            "name": row.name,
            "side": match row.side {
                Side::Ours => "ours",
                Side::Peer => "peer",
                Side::Limit => "limit",
            },
            "value": row.value,
            "spread": row.spread,
            "reads_per_message": row.calls.reads,
            "writes_per_message": row.calls.writes,
        })
    }
}
