//! Where this crate stands.

use super::{Report, Row, Side};

/// On how many workloads this crate is ahead.
#[derive(Debug, Default)]
pub struct Summary {
    /// The number of workloads on which ours is at least as fast as the best peer.
    pub ahead: usize,
    /// The number of workloads that were compared.
    pub workloads: usize,
    /// The workload with the largest ratio.
    pub worst: Option<Comparison>,
}

/// Ours and the best peer on one workload.
#[derive(Debug)]
pub struct Comparison {
    /// The workload.
    pub workload: String,
    /// The best peer.
    pub peer: String,
    /// Our figure, divided by the peer's figure.
    pub ratio: f64,
}

impl Summary {
    /// Compares our fastest way with the fastest peer on each workload.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        Self::of_ways(report, |_| true)
    }

    /// Compares one of our ways with the fastest peer on each workload that has this way.
    #[must_use]
    pub fn of_way(report: &Report, name: &str) -> Self {
        Self::of_ways(report, |row| row.name == name)
    }

    fn of_ways(report: &Report, counts: impl Fn(&Row) -> bool) -> Self {
        let mut summary = Self::default();
        for workload in report.workloads() {
            let ours = report
                .rows()
                .iter()
                .filter(|row| row.workload == workload && row.side == Side::Ours && counts(row))
                .min_by(|left, right| left.value.total_cmp(&right.value));
            let Some(ours) = ours else { continue };
            let Some(peer) = best_peer(report, workload, ours.calls.writes) else { continue };
            summary.add(Comparison {
                workload: workload.to_owned(),
                peer: peer.name.clone(),
                ratio: ours.value / peer.value,
            });
        }
        summary
    }

    fn add(&mut self, comparison: Comparison) {
        self.workloads += 1;
        self.ahead += usize::from(comparison.ratio <= 1.0);
        if self.worst.as_ref().is_none_or(|worst| worst.ratio < comparison.ratio) {
            self.worst = Some(comparison);
        }
    }

    /// Returns the sentence that ends the output.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Self { ahead, workloads, worst } = self;
        let worst = worst.as_ref().map_or_else(String::new, |worst| {
            format!("; worst {:.2} ({}, {})", worst.ratio, worst.workload, worst.peer)
        });
        format!("ahead on {ahead} of {workloads} workloads{worst}")
    }
}

/// Returns the fastest peer of those that make at most `writes` writes for each message.
///
/// In memory a write costs nothing, on a socket it is a system call. So a crate that writes each
/// message by itself is not compared with one that gathers them.
#[must_use]
pub fn best_peer<'r>(report: &'r Report, workload: &str, writes: f64) -> Option<&'r Row> {
    report
        .rows()
        .iter()
        .filter(|row| row.workload == workload && row.side == Side::Peer)
        .filter(|row| row.calls.writes <= writes * 1.01)
        .min_by(|left, right| left.value.total_cmp(&right.value))
}
