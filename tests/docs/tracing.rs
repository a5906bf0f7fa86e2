//! The tables of `docs/guide/observing.md` have exactly the spans and events that the source
//! records.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The name, the level and the fields of a span or an event.
type Recorded = (String, String, Vec<String>);

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}

/// The arguments of each call of a macro in the source.
fn calls(source: &str, name: &str) -> Vec<Vec<String>> {
    let start = format!("{name}!(");
    source.split(&start).skip(1).map(arguments).collect()
}

/// Splits at the commas, up to the parenthesis that closes the call.
fn arguments(call: &str) -> Vec<String> {
    let mut depth = 0;
    let mut arguments = vec![String::new()];
    for c in call.chars() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => break,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                arguments.push(String::new());
                continue;
            }
            _ => {}
        }
        arguments.last_mut().expect("there is one").push(c);
    }
    let trimmed = arguments.iter().map(|argument| argument.trim().to_owned());
    trimmed.filter(|argument| !argument.is_empty()).collect()
}

fn recorded(arguments: &[String]) -> Recorded {
    let (level, rest) = arguments.split_first().expect("a level");
    let level = level.strip_prefix("Level::").expect("the level comes first");
    let (names, fields): (Vec<_>, Vec<_>) = rest.iter().partition(|part| part.starts_with('"'));
    let [name] = names[..] else { panic!("{arguments:?}") };
    let field = |text: &&String| {
        let name = text.split('=').next().unwrap_or_default();
        name.trim().trim_start_matches('%').to_owned()
    };
    (name.trim_matches('"').to_owned(), level.to_owned(), fields.iter().map(field).collect())
}

/// The rows of the table whose first column has this name.
fn table(page: &str, column: &str) -> BTreeSet<Recorded> {
    let (_, rows) = page.split_once(&format!("\n| {column} | level |")).expect(column);
    let rows = rows.lines().skip(2).take_while(|line| line.starts_with('|'));
    let unquoted = |cell: &str| cell.trim().trim_matches('`').to_owned();
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').collect();
        assert_eq!(cells.len(), 6, "{row}");
        let fields = cells[3].split(',').map(unquoted).filter(|field| !field.is_empty());
        (unquoted(cells[1]), unquoted(cells[2]), fields.collect())
    })
    .collect()
}

#[test]
fn the_page_has_each_span_and_each_event() {
    let (source, page) = (read("src/io/trace.rs"), read("docs/guide/observing.md"));
    for (name, least) in [("span", 3), ("event", 12)] {
        let calls = calls(&source, name);
        assert!(calls.len() >= least, "only {} calls of {name}! were found", calls.len());
        let recorded: BTreeSet<_> = calls.iter().map(|call| recorded(call)).collect();
        assert_eq!(table(&page, name), recorded, "the table of each {name}");
    }
}

#[test]
fn no_other_file_records_anything() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("io/trace.rs") {
                let source = fs::read_to_string(&path).expect("a text");
                assert!(!source.contains("tracing::"), "{path:?} uses tracing");
            }
        }
    }
}
