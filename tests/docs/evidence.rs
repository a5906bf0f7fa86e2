//! The cell of a table that names the tests for a row. The test for each table uses it.

use std::path::Path;

#[derive(Debug)]
pub(crate) enum Evidence<'a> {
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

/// Asserts that each test exists, and returns how many there are.
pub(crate) fn assert_tests_exist(evidence: &Evidence<'_>) -> usize {
    let Evidence::Tests(tests) = evidence else { return 0 };
    for (file, test) in tests {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/{file}.rs"));
        let source = std::fs::read_to_string(path)
            .unwrap_or_else(|error| panic!("cannot read tests/{file}.rs: {error}"));
        assert!(has_test(&source, test), "tests/{file}.rs has no test {test}");
    }
    tests.len()
}

/// Parses `` `file`: `test`, `test`; `file`: `test` ``, or one of [`NO_TEST`] with a reason.
pub(crate) fn parse_evidence(cell: &str) -> Result<Evidence<'_>, &'static str> {
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
pub(crate) fn parse_names(list: &str) -> Option<Vec<&str>> {
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
