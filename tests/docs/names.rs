//! The documents name methods, constants and variants as `Type::name`. Each of them must exist in the
//! source of the crate.

use std::fs;
use std::path::{Path, PathBuf};

/// Names of the standard library and of other crates, and a placeholder.
const OTHERS: [&str; 3] = ["Duration::MAX", "Url::as_str", "Type::method"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The texts of all files under a folder with this extension, and their paths.
fn files(folder: &Path, extension: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|is| is == extension) {
            let text = fs::read_to_string(&path).expect("a text");
            found.push((path, text));
        }
    }
    found
}

/// The names in backticks outside of programs: each is a type, and something of it.
fn names(page: &str) -> Vec<(&str, &str)> {
    let prose = page.split("```").step_by(2);
    let quoted = prose.flat_map(|text| text.split('`').skip(1).step_by(2));
    let parts = quoted.flat_map(|text| text.split(['(', ')']));
    parts.filter(|text| !OTHERS.contains(text)).filter_map(name).collect()
}

/// Parses `Type::name`.
fn name(text: &str) -> Option<(&str, &str)> {
    let (of, name) = text.split_once("::")?;
    let is_word =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_type = of.starts_with(|first: char| first.is_ascii_uppercase());
    (is_type && is_word(of) && is_word(name) && !name.is_empty()).then_some((of, name))
}

/// Returns whether a file that mentions the type defines something of this name.
fn exists(sources: &[(PathBuf, String)], of: &str, name: &str) -> bool {
    let starts = [
        format!("fn {name}("),
        format!("fn {name}<"),
        format!("const {name}:"),
        format!("type {name} "),
        format!("pub {name}:"),
    ];
    let is_variant = |line: &str| {
        let rest = line.trim_start().strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with([',', '(', ' ']))
    };
    sources.iter().any(|(_, source)| {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let mentions = source.contains(of) && source.split(|c| !is_word(c)).any(|word| word == of);
        mentions
            && source.lines().any(|line| {
                is_variant(line) || starts.iter().any(|start| line.contains(start.as_str()))
            })
    })
}

#[test]
fn everything_that_the_documents_name_exists() {
    let sources = files(&root().join("src"), "rs");
    let mut pages = files(&root().join("docs"), "md");
    // The tables in these two name items of other crates.
    pages.retain(|(path, _)| {
        !path.ends_with("from_tungstenite.md") && !path.ends_with("from_others.md")
    });
    let readme = root().join("README.md");
    pages.push((readme.clone(), fs::read_to_string(readme).expect("the README")));
    let mut checked = 0;
    for (path, page) in &pages {
        for (of, name) in names(page) {
            assert!(exists(&sources, of, name), "{}: {of}::{name}", path.display());
            checked += 1;
        }
    }
    assert!(checked > 100, "only {checked} names were found");
}

#[test]
fn names_are_found_in_prose_alone() {
    let page =
        "`A::b` and `c(D::E)`\n```rust\n`F::g`\n```\n`h::i`, `J`, `Duration::MAX`, `K::l(1)`";
    assert_eq!(names(page), [("A", "b"), ("D", "E"), ("K", "l")]);
}

#[test]
fn a_name_that_is_not_there_is_missed() {
    let sources =
        [(PathBuf::new(), "enum Choice {\n    Yes,\n}\nimpl Choice {\n    fn of(self)".into())];
    assert!(exists(&sources, "Choice", "Yes") && exists(&sources, "Choice", "of"));
    for (of, name) in [("Choice", "No"), ("Choic", "Yes"), ("Choice", "off"), ("Other", "Yes")] {
        assert!(!exists(&sources, of, name), "{of}::{name}");
    }
}
