//! `wsc`, the command-line client, as scripts use it.

mod connecting;
mod display;
mod ending;
mod sending;

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};

use websocket_proto::blocking::{Acceptor, Config, ServerStream};
use websocket_proto::deflate::DeflateConfig;

use crate::server::bounded;

/// The result of a run of `wsc`.
#[derive(Debug)]
struct Outcome {
    stdout: String,
    stderr: String,
    code: i32,
}

/// Starts `wsc` with these arguments, and without `NO_COLOR` and `WSC_AUTH` in its environment.
fn start(arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wsc"));
    command.args(arguments).env_remove("NO_COLOR").env_remove("WSC_AUTH");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Runs `wsc` with these arguments and this input.
fn run(arguments: &[&str], input: &str) -> Outcome {
    let mut child = start(arguments);
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    // In a thread, so that the output is read while the input is written. The write fails if the
    // program ends early.
    let writing = thread::spawn(move || stdin.write_all(input.as_bytes()));
    let outcome = finish(child);
    let _ = writing.join().unwrap();
    outcome
}

/// Waits for the end of `wsc`.
fn finish(child: Child) -> Outcome {
    let output = bounded(move || child.wait_with_output().unwrap());
    Outcome {
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code().unwrap(),
    }
}

/// Starts a server that accepts this number of connections, one after the other. Returns its URL
/// and its thread.
fn serve(
    connections: usize,
    mut talk: impl FnMut(usize, TcpStream) + Send + 'static,
) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        for number in 0..connections {
            let (stream, _) = listener.accept().unwrap();
            talk(number, stream);
        }
    });
    (url, server)
}

/// Starts a server for one WebSocket.
fn serve_one(
    talk: impl FnOnce(&mut ServerStream<TcpStream>) + Send + 'static,
) -> (String, JoinHandle<()>) {
    let mut talk = Some(talk);
    serve(1, move |_, stream| {
        let mut socket = accept(stream);
        talk.take().unwrap()(&mut socket);
    })
}

fn accept(stream: TcpStream) -> ServerStream<TcpStream> {
    let config = Config::new().deflate(DeflateConfig::new());
    Acceptor::new(stream).config(config).accept().unwrap()
}
