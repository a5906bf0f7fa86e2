//! Runs the programs in the README. Each of them is an example.

use std::path::Path;
use std::process::Command;

use websocket_proto::{CloseCode, Message, blocking};

use crate::server::{Server, bounded};

const README: &str = include_str!("../../../README.md");

#[test]
fn every_program_in_the_readme_is_an_example_and_every_such_example_is_there() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin");
    let examples: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.file_stem().unwrap().to_string_lossy().starts_with("readme_"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let blocks: Vec<&str> =
        README.split("\n```rust").skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect();
    assert_eq!(blocks.len(), examples.len());
    for block in blocks {
        let program = block.strip_prefix('\n').expect("a block without attributes");
        assert!(examples.contains(&format!("{program}\n")), "no example has this text:\n{program}");
    }
}

/// Runs a program against a server, and returns its output.
fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// `accept` fails with `EMFILE` until another connection ends.
#[cfg(unix)]
#[test]
fn the_servers_go_on_when_they_have_file_descriptors_again() {
    for program in [env!("CARGO_BIN_EXE_readme_server"), env!("CARGO_BIN_EXE_readme_threads")] {
        bounded(move || {
            let server = Server::start_with_few_files(program);
            let connect = |_| std::net::TcpStream::connect(server.address()).unwrap();
            drop((0..40).map(connect).collect::<Vec<_>>());
            let mut socket = blocking::connect(&server.url).unwrap();
            socket.send(Message::binary("echo")).unwrap();
            assert_eq!(socket.read().unwrap(), Some(Message::binary("echo")));
        });
    }
}

#[test]
fn the_server_and_the_client_talk() {
    bounded(|| {
        let server = Server::start(env!("CARGO_BIN_EXE_readme_server"), &[]);
        let said = output(env!("CARGO_BIN_EXE_readme_client"), &[&server.url]);
        assert_eq!(said, "You said: Hello\n");
    });
}

#[test]
fn the_server_with_threads_echoes() {
    bounded(|| {
        let server = Server::start(env!("CARGO_BIN_EXE_readme_threads"), &[]);
        let mut socket = blocking::connect(&server.url).unwrap();
        socket.send(vec![1, 2, 3]).unwrap();
        assert_eq!(socket.read().unwrap(), Some(Message::binary(vec![1, 2, 3])));
        socket.close(CloseCode::NORMAL, "").unwrap();
        socket.finish().unwrap();
    });
}

#[test]
fn the_server_on_axum_and_the_client_compress() {
    bounded(|| {
        let server = Server::start(env!("CARGO_BIN_EXE_readme_axum"), &[]);
        let said = output(env!("CARGO_BIN_EXE_readme_compression"), &[&server.url]);
        assert_eq!(said, "compressed: true\n19000 bytes\n");
    });
}

#[test]
fn the_program_without_io_prints_a_frame() {
    assert_eq!(output(env!("CARGO_BIN_EXE_readme_sans_io"), &[]), "\\x81\\x05Hello\n");
}
