//! Links between the documents lead somewhere, in the repository and in the published package.

use std::fs;
use std::path::{Component, Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path:?}: {error}"))
}

/// The Markdown files of the package, and the guide for contributors. Relative to the root.
fn documents() -> Vec<PathBuf> {
    let top = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"];
    let mut documents: Vec<PathBuf> = top.iter().map(PathBuf::from).collect();
    for folder in ["docs", "docs/guide"] {
        for file in fs::read_dir(root().join(folder)).expect(folder) {
            let path = Path::new(folder).join(file.expect("a file").file_name());
            if path.extension().is_some_and(|extension| extension == "md") {
                documents.push(path);
            }
        }
    }
    assert!(documents.len() > 20, "only {} documents were found", documents.len());
    documents
}

/// The targets of the links in a text that lead to files or headings.
fn relative_links(text: &str) -> impl Iterator<Item = &str> {
    let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    links.filter(|link| !link.starts_with("http") && !link.contains(' '))
}

/// The path of a link, and the heading in it.
fn target(from: &Path, link: &str) -> (PathBuf, Option<String>) {
    let (path, heading) = match link.split_once('#') {
        Some((path, heading)) => (path, Some(heading.to_owned())),
        None => (link, None),
    };
    if path.is_empty() {
        return (from.to_owned(), heading);
    }
    let mut joined = PathBuf::new();
    for part in from.parent().expect("a folder").join(path).components() {
        match part {
            Component::ParentDir => assert!(joined.pop(), "{link} leaves the repository"),
            part => joined.push(part),
        }
    }
    (joined, heading)
}

/// The name that a link uses for a heading: in lower case, with hyphens, without punctuation.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn has_anchor(text: &str, wanted: &str) -> bool {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#').trim())).any(|name| name == wanted)
}

/// Returns whether the published package has this file. `include` in `Cargo.toml` says so too, and
/// `proof/supply/package.sh` looks into the package.
fn is_packaged(path: &Path) -> bool {
    let top = ["README.md", "CHANGELOG.md", "SECURITY.md", "LICENSE-MIT", "LICENSE-APACHE"];
    path.starts_with("src")
        || path.starts_with("docs")
        || top.iter().any(|name| path == Path::new(name))
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let mut checked = 0;
    for document in documents() {
        for link in relative_links(&read(&document)) {
            let (path, heading) = target(&document, link);
            assert!(root().join(&path).exists(), "{document:?} links to {link}");
            if let Some(heading) = heading {
                assert!(has_anchor(&read(&path), &heading), "{document:?} links to {link}");
            }
            checked += 1;
        }
    }
    assert!(checked > 20, "only {checked} links were found");
}

#[test]
fn no_link_of_the_package_leaves_it() {
    for document in documents().iter().filter(|path| is_packaged(path)) {
        for link in relative_links(&read(document)) {
            let (path, _) = target(document, link);
            assert!(is_packaged(&path), "{document:?} links to {link}, which is not published");
        }
    }
}

#[test]
fn pages_that_rustdoc_shows_have_no_relative_links() {
    // There the pages are at other addresses.
    let shown = |path: &&PathBuf| {
        path.ends_with("threats.md")
            || path.starts_with("docs/guide") && !path.ends_with("README.md")
    };
    for document in documents().iter().filter(shown) {
        let text = read(document);
        assert_eq!(relative_links(&text).next(), None, "{document:?}");
    }
}

#[test]
fn a_link_is_found_and_resolved() {
    let text = "a [b](../c.md#d-e), [f](https://g.test), [h](#i) and [j](k/l.rs)";
    let links: Vec<&str> = relative_links(text).collect();
    assert_eq!(links, ["../c.md#d-e", "#i", "k/l.rs"]);
    let from = Path::new("docs/guide/m.md");
    assert_eq!(target(from, links[0]), ("docs/c.md".into(), Some("d-e".into())));
    assert_eq!(target(from, links[1]), ("docs/guide/m.md".into(), Some("i".into())));
    assert_eq!(target(from, links[2]), ("docs/guide/k/l.rs".into(), None));
    assert!(has_anchor("# A\n## Where to look?\n", "where-to-look"));
    assert!(!has_anchor("Where to look\n", "where-to-look"));
}
