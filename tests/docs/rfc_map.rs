//! `docs/rfc6455.md` names, for each clause, the file and the test that hold it. Each of them must
//! exist, and a row that this test cannot parse is an error: it would not be checked.

use std::path::Path;

use crate::evidence::{Evidence, assert_tests_exist, parse_evidence, parse_names};

#[test]
fn every_file_and_test_that_the_map_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let map = std::fs::read_to_string(root.join("docs/rfc6455.md")).expect("the map");
    let rows = parse_table_rows(&map).unwrap_or_else(|error| panic!("{error}"));
    let mut checked = 0;
    for row in &rows {
        for file in &row.files {
            let path = root.join("src").join(file);
            let exists = if file.ends_with('/') { path.is_dir() } else { path.is_file() };
            assert!(exists, "there is no src/{file}, which a row names: {}", row.text);
        }
        checked += assert_tests_exist(&row.evidence);
    }
    assert!(checked > 300, "only {checked} tests were found in the map");
}

/// A row of one of the map's tables.
#[derive(Debug)]
struct Row<'a> {
    text: &'a str,
    /// Paths under `src/`. The path of a directory ends with a slash.
    files: Vec<&'a str>,
    evidence: Evidence<'a>,
}

const HEADER: &str = "| clause | what | file | test |";
const SEPARATOR: &str = "|---|---|---|---|";

fn parse_table_rows(map: &str) -> Result<Vec<Row<'_>>, String> {
    // A line with a bar is a row of a table: the prose has none.
    map.lines()
        .filter(|line| line.contains('|') && *line != HEADER && *line != SEPARATOR)
        .map(|line| parse_row(line).map_err(|error| format!("{error}: {line}")))
        .collect()
}

fn parse_row(text: &str) -> Result<Row<'_>, &'static str> {
    let inner = text.strip_prefix('|').and_then(|text| text.strip_suffix('|'));
    let cells: Vec<&str> = inner.ok_or("the row has no outer bars")?.split('|').collect();
    let [clause, what, files, tests] = cells[..] else {
        return Err("the row has not four cells");
    };
    if [clause, what, files, tests].iter().any(|cell| cell.trim().is_empty()) {
        return Err("a cell of the row is empty");
    }
    let files = parse_names(files.trim()).ok_or("the file cell is not a list of `file`")?;
    Ok(Row { text, files, evidence: parse_evidence(tests.trim())? })
}

#[test]
fn a_row_is_parsed() {
    let row = "| 5.2 M | a rule | `frame/header.rs`, `connection/` | `wire/mask`: `one`, `two`; `../examples/tests/a`: `three` |";
    let row = parse_row(row).expect("a good row");
    assert_eq!(row.files, ["frame/header.rs", "connection/"]);
    let Evidence::Tests(tests) = row.evidence else { panic!("{row:?}") };
    let expected = [("wire/mask", "one"), ("wire/mask", "two"), ("../examples/tests/a", "three")];
    assert_eq!(tests, expected);
}

#[test]
fn a_row_without_a_test_says_why() {
    for cell in ["documented: for the caller", "by type: it is borrowed", "by absence: no code"] {
        let row = format!("| D | a rule | `lib.rs` | {cell} |");
        assert!(matches!(parse_row(&row).expect("a good row").evidence, Evidence::NoTest));
    }
}

#[test]
fn a_broken_row_is_rejected() {
    let good = "| 5.2 | a rule | `lib.rs` | `wire/mask`: `one` |";
    assert!(parse_row(good).is_ok());
    let broken = [
        // The cells.
        "| 5.2 | a rule | `lib.rs` |",
        "| 5.2 | a rule | `lib.rs` | `wire/mask`: `one` | more |",
        "| 5.2 | a rule | | |",
        "| | a rule | `lib.rs` | `wire/mask`: `one` |",
        "| 5.2 | | `lib.rs` | `wire/mask`: `one` |",
        "5.2 | a rule | `lib.rs` | `wire/mask`: `one`",
        "| 5.2 | a rule | `lib.rs` | `wire/mask`: `one`",
        // The files.
        "| 5.2 | a rule | | `wire/mask`: `one` |",
        "| 5.2 | a rule | all | `wire/mask`: `one` |",
        "| 5.2 | a rule | lib.rs | `wire/mask`: `one` |",
        "| 5.2 | a rule | `lib.rs`, error.rs | `wire/mask`: `one` |",
        "| 5.2 | a rule | `lib.rs` and more | `wire/mask`: `one` |",
        // The tests.
        "| 5.2 | a rule | `lib.rs` | |",
        "| 5.2 | a rule | `lib.rs` | `one` |",
        "| 5.2 | a rule | `lib.rs` | `wire/mask`: |",
        "| 5.2 | a rule | `lib.rs` | `wire/mask`: one |",
        "| 5.2 | a rule | `lib.rs` | wire/mask: `one` |",
        "| 5.2 | a rule | `lib.rs` | `wire/mask`: `one`, two |",
        "| 5.2 | a rule | `lib.rs` | `wire/mask`: `one` `two` |",
        "| 5.2 | a rule | `lib.rs` | `wire/mask`: `one` (and more) |",
        "| 5.2 | a rule | `lib.rs` | `wire/mask`: `one`; `fuzz/` |",
        "| 5.2 | a rule | `lib.rs` | `wire/mask`: `one`; |",
        // The words for "no test".
        "| 5.2 | a rule | `lib.rs` | documented |",
        "| 5.2 | a rule | `lib.rs` | documented: |",
        "| 5.2 | a rule | `lib.rs` | (documented: for the caller) |",
        "| 5.2 | a rule | `lib.rs` | there is nothing to test |",
        "| 5.2 | a rule | `lib.rs` | by hand: it was looked at |",
    ];
    for row in broken {
        assert!(parse_row(row).is_err(), "{row}");
        let map = format!("# A map\n\n{HEADER}\n{SEPARATOR}\n{good}\n{row}\n");
        assert!(parse_table_rows(&map).is_err(), "{row}");
    }
}
