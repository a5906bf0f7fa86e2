//! The README and the front page of the documentation say the same about layers, features and other
//! crates.

use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}

/// The rows of the first table after a heading.
fn table(text: &str, heading: &str) -> Vec<String> {
    let (_, section) = text.split_once(&format!("# {heading}\n")).expect(heading);
    let lines = section.lines().skip_while(|line| !line.starts_with('|'));
    lines.take_while(|line| line.starts_with('|')).map(ToOwned::to_owned).collect()
}

/// The documentation of the crate, without the marks of the comments.
fn front_page() -> String {
    let source = read("src/lib.rs");
    let lines = source.lines().filter_map(|line| line.strip_prefix("//!"));
    lines.map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))).collect()
}

#[test]
fn both_have_the_same_features_and_the_same_comparison() {
    let (readme, front_page) = (read("README.md"), front_page());
    for heading in ["Features", "Beside other crates"] {
        assert_eq!(table(&readme, heading), table(&front_page, heading), "{heading}");
    }
}

#[test]
fn both_know_the_same_layers() {
    let first_cells = |text: &str| -> Vec<String> {
        let rows = table(text, "Which layer do I want?");
        rows.iter().map(|row| row.split('|').nth(1).unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(first_cells(&read("README.md")), first_cells(&front_page()));
}

#[test]
fn every_feature_of_the_crate_is_listed() {
    let manifest = read("Cargo.toml");
    let (_, section) = manifest.split_once("[features]\n").expect("features");
    let (section, _) = section.split_once("\n[dependencies]").expect("the end of the features");
    let listed = table(&read("README.md"), "Features");
    let names = section.lines().filter_map(|line| line.split_once(" = [")).map(|(name, _)| name);
    for name in names.filter(|name| *name != "default") {
        let row = format!("| `{name}`");
        assert!(listed.iter().any(|line| line.starts_with(&row)), "{name} is not listed");
    }
}
