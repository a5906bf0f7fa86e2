//! The tables at the end of a report.

use super::summary::best_peer;
use super::table::{number, table};
use super::{Report, Side, Summary};

/// Prints all tables, and where each of our ways stands.
pub fn print(report: &Report) {
    println!("\n## Ours, in {}\n", report.unit);
    println!("{}", ours(report));
    println!("## The other crates, in {}\n", report.unit);
    println!("{}", peers(report));
    if report.rows().iter().any(|row| row.writes > 0.0) {
        println!("A figure with * is of a crate that makes more writes than ours does.\n");
        println!("## Writes for each message\n");
        println!("{}", writes(report));
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
    let Some(peer) = best_peer(report, workload, ours.writes) else { return Default::default() };
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
                    .is_some_and(|row| row.side == Side::Peer && row.writes > fewest * 1.01);
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
        .map(|row| row.writes)
        .fold(f64::INFINITY, f64::min)
}

fn writes(report: &Report) -> String {
    let names: Vec<&str> =
        report.names(Side::Ours).into_iter().chain(report.names(Side::Peer)).collect();
    let sends = report
        .workloads()
        .into_iter()
        .filter(|workload| report.rows().iter().any(|r| r.workload == *workload && r.writes > 0.0));
    let rows: Vec<Vec<String>> = sends
        .map(|workload| {
            let cell = |name: &&str| {
                report.row(workload, name).map_or_else(String::new, |row| number(row.writes))
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
