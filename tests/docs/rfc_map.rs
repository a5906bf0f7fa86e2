//! `docs/rfc6455.md` names, for each clause, the test that holds it: each of them exists.

use std::path::Path;

#[test]
fn every_file_and_test_that_the_map_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: String| std::fs::read_to_string(root.join(path));
    let map = read("docs/rfc6455.md".to_owned()).expect("the map");
    let mut checked = 0;
    for row in map.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        let (Some(files), Some(tests)) = (cells.get(cells.len() - 2), cells.last()) else {
            continue;
        };
        for file in names(files) {
            assert!(root.join("src").join(file).exists(), "src/{file} in: {row}");
        }
        // `file`: `test`, `test`; `file`: `test`
        for group in tests.split(';') {
            let Some((file, tests)) = group.split_once("`: `") else { continue };
            let file = file.trim().trim_start_matches('`');
            let source = read(format!("tests/{file}.rs"))
                .unwrap_or_else(|error| panic!("tests/{file}.rs: {error}"));
            for test in names(&format!("`{tests}")) {
                assert!(source.contains(&format!("fn {test}(")), "tests/{file}.rs has no {test}");
                checked += 1;
            }
        }
    }
    assert!(checked > 100, "only {checked} tests were found in the map");
}

/// What stands in backticks.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}
