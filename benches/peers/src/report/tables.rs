//! The tables at the end of a report.

use super::summary::best_peer;
use super::table::{number, table};
use super::{Calls, Report, Side, Summary};

/// Prints all tables, and where each of our ways stands.
pub fn print(report: &Report) {
    println!("\n## Ours, in {}\n", report.unit);
    println!("{}", ours(report));
    println!("## The other crates, in {}\n", report.unit);
    println!("{}", peers(report));
    if report.rows().iter().any(|row| row.calls.writes > 0.0) {
        println!("A figure with * is of a crate that makes more writes than ours does.\n");
        println!("## Writes for each message\n");
        println!("{}", calls(report, |calls| calls.writes));
    }
    if report.rows().iter().any(|row| row.calls.reads > 0.0) {
        println!("## Reads for each message\n");
        println!("{}", calls(report, |calls| calls.reads));
    }
    for name in report.names(Side::Ours) {
        println!("- {name}: {}", Summary::of_way(report, name).sentence());
    }
}

fn ours(report: &Report) -> String {
    let names = report.names(Side::Ours);
    let mut head = vec!["workload".to_owned()];
    head.extend(names.iter().map(|name| (*name).trim_start_matches("ours/").to_owned()));
    head.extend(["best peer", "peer", "best of ours / peer"].map(str::to_owned));
    let has_limits = !report.names(Side::Limit).is_empty();
    if has_limits {
        head.push("floor".to_owned());
    }
    let rows: Vec<Vec<String>> = report
        .workloads()
        .into_iter()
        .map(|workload| {
            let mut cells = vec![workload.to_owned()];
            cells.extend(names.iter().map(|name| cell(report, workload, name)));
            cells.extend(comparison(report, workload));
            if has_limits {
                cells.push(number(floor(report, workload)));
            }
            cells
        })
        .collect();
    table(&head, &rows)
}

fn comparison(report: &Report, workload: &str) -> [String; 3] {
    let rows = report.rows().iter().filter(|row| row.workload == workload);
    let ours = rows
        .filter(|row| row.side == Side::Ours)
        .min_by(|left, right| left.value.total_cmp(&right.value));
    let Some(ours) = ours else { return Default::default() };
    let Some(peer) = best_peer(report, workload, ours.calls.writes) else {
        return Default::default();
    };
    [peer.name.clone(), number(peer.value), format!("{:.2}", ours.value / peer.value)]
}

/// Returns the sum of the limits: what a crate needs that does each task once.
fn floor(report: &Report, workload: &str) -> f64 {
    let rows = report.rows().iter().filter(|row| row.workload == workload);
    rows.filter(|row| row.side == Side::Limit).map(|row| row.value).sum()
}

fn peers(report: &Report) -> String {
    let names: Vec<&str> =
        report.names(Side::Peer).into_iter().chain(report.names(Side::Limit)).collect();
    let rows: Vec<Vec<String>> = report
        .workloads()
        .into_iter()
        .map(|workload| {
            let fewest = fewest_writes(report, workload);
            let cell = |name: &&str| {
                let mark = report
                    .row(workload, name)
                    .is_some_and(|row| row.side == Side::Peer && row.calls.writes > fewest * 1.01);
                cell(report, workload, name) + if mark { " *" } else { "" }
            };
            std::iter::once(workload.to_owned()).chain(names.iter().map(cell)).collect()
        })
        .collect();
    table(&head(&names), &rows)
}

fn fewest_writes(report: &Report, workload: &str) -> f64 {
    report
        .rows()
        .iter()
        .filter(|row| row.workload == workload && row.side == Side::Ours)
        .map(|row| row.calls.writes)
        .fold(f64::INFINITY, f64::min)
}

/// Returns the table of one kind of calls, without the workloads that have none of them.
fn calls(report: &Report, of: fn(Calls) -> f64) -> String {
    let names: Vec<&str> =
        report.names(Side::Ours).into_iter().chain(report.names(Side::Peer)).collect();
    let has_calls = |workload: &&str| {
        report.rows().iter().any(|row| row.workload == *workload && of(row.calls) > 0.0)
    };
    let rows: Vec<Vec<String>> = report
        .workloads()
        .into_iter()
        .filter(has_calls)
        .map(|workload| {
            let cell = |name: &&str| {
                let row = report.row(workload, name);
                row.map_or_else(String::new, |row| number(of(row.calls)))
            };
            std::iter::once(workload.to_owned()).chain(names.iter().map(cell)).collect()
        })
        .collect();
    table(&head(&names), &rows)
}

fn head(names: &[&str]) -> Vec<String> {
    std::iter::once("workload").chain(names.iter().copied()).map(str::to_owned).collect()
}

fn cell(report: &Report, workload: &str, name: &str) -> String {
    report.row(workload, name).map_or_else(String::new, |row| number(row.value))
}
