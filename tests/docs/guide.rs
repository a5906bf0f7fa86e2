//! The pages of `docs/guide` are complete: each is listed, and has a program that can be copied.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The name and the text of each page.
fn pages() -> Vec<(String, String)> {
    let files = fs::read_dir(root().join("docs/guide")).expect("the guide");
    let paths = files.map(|file| file.expect("a file").path());
    let name = |path: &PathBuf| path.file_stem().expect("a name").to_string_lossy().into_owned();
    let pages: Vec<_> = paths
        .map(|path| (name(&path), path))
        .filter(|(name, _)| name != "README")
        .map(|(name, path)| (name, read(path)))
        .collect();
    assert!(pages.len() > 10, "only {} pages were found", pages.len());
    pages
}

/// The programs in a text: the lines of each block of Rust code that is compiled.
fn programs(text: &str) -> Vec<String> {
    let blocks = text.split("\n```rust\n").skip(1);
    blocks.map(|block| block.split("\n```").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn every_page_is_a_module_and_is_listed_twice() {
    let (readme, module) = (read("docs/guide/README.md"), read("src/guide/mod.rs"));
    for (name, _) in pages() {
        assert!(readme.contains(&format!("({name}.md)")), "the README does not list {name}");
        assert!(module.contains(&format!("[`{name}`]")), "the module does not list {name}");
        let declared = format!("guide/{name}.md\")]\npub mod {name} {{}}");
        assert!(module.contains(&declared), "there is no module for {name}");
    }
}

#[test]
fn every_page_has_one_whole_program_without_hidden_lines() {
    for (name, text) in pages() {
        let programs = programs(&text);
        assert_eq!(programs.len(), 1, "{name}");
        for program in programs {
            assert!(program.contains("fn main()"), "{name}: the program has no main");
            let is_hidden = |line: &str| line.trim_start().starts_with("# ");
            assert!(!program.lines().any(is_hidden), "{name}: a line is hidden");
        }
    }
}
