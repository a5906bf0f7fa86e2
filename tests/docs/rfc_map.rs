//! `docs/rfc6455.md` names, for each clause, the file and the test that hold it. Each of them must
//! exist, and a row that this test cannot parse is an error: it would not be checked.

use std::path::Path;

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
        let Evidence::Tests(tests) = &row.evidence else { continue };
        for (file, test) in tests {
            let source = std::fs::read_to_string(root.join(format!("tests/{file}.rs")))
                .unwrap_or_else(|error| panic!("cannot read tests/{file}.rs: {error}"));
            assert!(has_test(&source, test), "tests/{file}.rs has no test {test}");
            checked += 1;
        }
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

#[derive(Debug)]
enum Evidence<'a> {
    /// The file and the name of each test.
    Tests(Vec<(&'a str, &'a str)>),
    /// No test checks the row: one of [`NO_TEST`] and a reason.
    NoTest,
}

/// The words with which a test cell begins if no test checks the row.
const NO_TEST: [&str; 3] = [
    // The documentation asks the caller for it.
    "documented: ",
    // The compiler refuses the opposite.
    "by type: ",
    // The crate has no code that could do it.
    "by absence: ",
];

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

/// Parses `` `file`: `test`, `test`; `file`: `test` ``, or one of [`NO_TEST`] with a reason.
fn parse_evidence(cell: &str) -> Result<Evidence<'_>, &'static str> {
    if NO_TEST.iter().any(|word| cell.starts_with(word)) {
        return Ok(Evidence::NoTest);
    }
    let mut tests = Vec::new();
    for group in cell.split("; ") {
        let (file, names) = group.split_once(": ").ok_or("a test has no file")?;
        let file = parse_name(file).ok_or("the file of a test is not in backticks")?;
        let names = parse_names(names).ok_or("the tests are not a list of `test`")?;
        tests.extend(names.into_iter().map(|test| (file, test)));
    }
    Ok(Evidence::Tests(tests))
}

/// Parses `` `name`, `name` ``.
fn parse_names(list: &str) -> Option<Vec<&str>> {
    list.split(", ").map(parse_name).collect()
}

/// Parses `` `name` ``.
fn parse_name(text: &str) -> Option<&str> {
    let name = text.strip_prefix('`')?.strip_suffix('`')?;
    let is_name_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"_/.".contains(&byte);
    (!name.is_empty() && name.bytes().all(is_name_byte)).then_some(name)
}

/// Returns whether `source` has a function of this name with a test attribute.
fn has_test(source: &str, name: &str) -> bool {
    let function = format!("fn {name}(");
    let lines: Vec<&str> = source.lines().map(str::trim_start).collect();
    let is_definition = |line: &str| {
        line.starts_with(&function)
            || line.strip_prefix("async ").is_some_and(|line| line.starts_with(&function))
    };
    lines.iter().enumerate().any(|(at, line)| {
        let mut attributes = lines[..at]
            .iter()
            .rev()
            .take_while(|line| line.starts_with('#') || line.starts_with("//"));
        is_definition(line)
            && attributes.any(|line| *line == "#[test]" || line.starts_with("#[tokio::test"))
    })
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

#[test]
fn a_test_has_an_attribute() {
    let source = "
#[test]
fn one() {}

    /// In a module.
    #[tokio::test(start_paused = true)]
    // Virtual time.
    async fn two() {}

fn helper() {}
fn one_more() {}
// fn comment() {}
";
    assert!(has_test(source, "one"));
    assert!(has_test(source, "two"));
    for name in ["helper", "on", "one_more", "comment", "three"] {
        assert!(!has_test(source, name), "{name}");
    }
}
