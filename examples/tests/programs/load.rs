//! The programs that measure, with small numbers.

use std::process::Command;

/// Runs a program, and returns its last line.
fn last_line(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    text.lines().last().expect("a line").to_owned()
}

#[test]
fn a_short_soak_loses_nothing() {
    let arguments = ["--connections", "50", "--seconds", "2"];
    let line = last_line(env!("CARGO_BIN_EXE_soak"), &arguments);
    let (messages, rest) = line.split_once(' ').expect("a number");
    assert!(messages.parse::<u64>().expect("a number") > 50, "{line}");
    assert_eq!(rest, "messages, 0 lost, 0 wrong");
}

#[cfg(unix)]
#[test]
fn a_soak_with_few_descriptors_says_so() {
    let output = Command::new("sh")
        .args(["-c", "ulimit -n 100 && exec \"$0\" --seconds 1", env!("CARGO_BIN_EXE_soak")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.starts_with("the limit of 100 descriptors allows 18 connections instead of 10000\n"),
        "{text}"
    );
}

#[test]
fn an_idle_connection_holds_no_buffer() {
    for arguments in [&["--connections", "100"][..], &["--connections", "100", "--compress"]] {
        let line = last_line(env!("CARGO_BIN_EXE_idle_memory"), arguments);
        let (bytes, rest) = line.split_once(' ').expect("a number");
        assert_eq!(rest, "bytes per idle connection");
        // This covers the WebSocket and its task, but not a buffer or a window of 32 KiB.
        assert!(bytes.parse::<usize>().expect("a number") < 6000, "{arguments:?}: {line}");
    }
}
