//! `docs/dependencies.md` describes each crate that the library can bring into a program, in the
//! version of `Cargo.lock`. `proof/supply/dependencies.sh` compares the list of crates with cargo's.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}

/// A crate and a version of it.
type Crate = (String, String);

fn pair(name: &str, version: &str) -> Crate {
    (name.to_owned(), version.to_owned())
}

/// The crates in the stored list, with their compatible versions.
fn listed() -> BTreeSet<Crate> {
    let list = read("proof/supply/dependencies.txt");
    let crates = list.lines().filter(|line| !line.starts_with("= "));
    crates
        .map(|line| line.split_once(": ").expect(line).0.split_once(' ').expect(line))
        .map(|(name, version)| pair(name, version))
        .collect()
}

/// The crates in the tables of the page, with their versions.
fn described() -> BTreeSet<Crate> {
    let page = read("docs/dependencies.md");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 10, "{row}");
        assert!(cells[1..9].iter().all(|cell| !cell.is_empty()), "a cell is empty: {row}");
        pair(cells[1].trim_matches('`'), cells[2])
    })
    .collect()
}

/// All crates in `Cargo.lock`, with their versions.
fn locked() -> BTreeSet<Crate> {
    let value = |line: &str, key: &str| {
        Some(line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"')?.to_owned())
    };
    let lock = read("Cargo.lock");
    let packages = lock.split("[[package]]\n").skip(1);
    packages
        .map(|package| {
            let find = |key| package.lines().find_map(|line| value(line, key)).expect(key);
            (find("name"), find("version"))
        })
        .collect()
}

/// The part of a version that all compatible versions share: `1` of `1.2.3`, and `0.2` of `0.2.3`.
fn compatible(version: &str) -> String {
    let parts: Vec<&str> = version.split('.').collect();
    let leading_zeros = parts.iter().take_while(|part| **part == "0").count();
    parts[..=leading_zeros.min(parts.len() - 1)].join(".")
}

#[test]
fn every_crate_is_described() {
    let described: BTreeSet<Crate> =
        described().iter().map(|(name, version)| pair(name, &compatible(version))).collect();
    let listed = listed();
    assert!(listed.len() > 50, "only {} crates are listed", listed.len());
    let missing: Vec<_> = listed.difference(&described).collect();
    assert!(missing.is_empty(), "docs/dependencies.md lacks {missing:?}");
    let extra: Vec<_> = described.difference(&listed).collect();
    assert!(extra.is_empty(), "no feature brings {extra:?}");
}

#[test]
fn the_versions_are_those_of_the_lock_file() {
    let locked = locked();
    for (name, version) in described() {
        let found: Vec<_> = locked.iter().filter(|(locked, _)| *locked == name).collect();
        assert!(
            found.iter().any(|(_, locked)| *locked == version),
            "docs/dependencies.md describes {name} {version}, and Cargo.lock has {found:?}: look \
             at the new version, and describe that",
        );
    }
}

#[test]
fn versions_are_compatible_as_cargo_says() {
    let versions =
        [("1.2.3", "1"), ("0.2.3", "0.2"), ("0.0.3", "0.0.3"), ("0.11.1+wasi-1", "0.11")];
    for (version, expected) in versions {
        assert_eq!(compatible(version), expected);
    }
}
