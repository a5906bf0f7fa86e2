//! The examples that each answer one question.

use std::io::Write as _;
#[cfg(feature = "mio")]
use std::net::Shutdown;
use std::process::Command;
#[cfg(feature = "mio")]
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
#[cfg(feature = "mio")]
use std::time::Instant;

use websocket_proto::{CloseCode, Message, blocking};

use crate::blocking::assert_echoes;
use crate::server::{Server, bounded};

/// Much longer than any conversation takes.
#[cfg(feature = "mio")]
const SOON: Duration = Duration::from_secs(15);

/// Runs a program, and returns its output.
fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Checks that an echo server serves two clients at the same time, and more data than its queue
/// holds. Before that, a client disappears.
fn assert_serves(program: &str) {
    let server = Server::start(program, &[]);
    drop(blocking::connect(&server.url).unwrap());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| assert_echoes(&server));
        }
    });
    let options = websocket_proto::io::ConnectOptions::new(&server.url).unwrap();
    let mut socket = blocking::connect(options).unwrap();
    for len in [5_000_000, 1, 5_000_000] {
        let bytes = vec![7; len];
        socket.send(bytes.clone()).unwrap();
        assert!(socket.read().unwrap() == Some(Message::binary(bytes)));
    }
    socket.close(CloseCode::NORMAL, "").unwrap();
    socket.finish().unwrap();
}

#[cfg(feature = "mio")]
#[test]
fn the_server_on_mio_echoes() {
    bounded(|| assert_serves(env!("CARGO_BIN_EXE_mio_server")));
}

#[test]
fn the_server_with_completions_echoes() {
    bounded(|| assert_serves(env!("CARGO_BIN_EXE_completion_server")));
}

/// One thread serves all connections. A Ping costs the server more time than its client.
#[cfg(feature = "mio")]
#[test]
fn the_server_on_mio_serves_others_while_a_client_floods_it_with_pings() {
    bounded(|| {
        let server = Server::start(env!("CARGO_BIN_EXE_mio_server"), &[]);
        let mut flooding = blocking::connect(&server.url).unwrap().into_parts().stream;
        let closer = flooding.try_clone().unwrap();
        let pings = [0x89, 0x80, 0, 0, 0, 0].repeat(100_000);
        let flood = thread::spawn(move || while flooding.write_all(&pings).is_ok() {});
        // The flood ends in any case, so that the test ends too.
        let (done, wait) = mpsc::channel::<()>();
        let end = thread::spawn(move || {
            let _ = wait.recv_timeout(2 * SOON);
            let _ = closer.shutdown(Shutdown::Both);
        });
        thread::sleep(Duration::from_millis(200));
        let begin = Instant::now();
        assert_echoes(&server);
        assert!(begin.elapsed() < SOON, "{:?}", begin.elapsed());
        drop(done);
        end.join().unwrap();
        flood.join().unwrap();
    });
}

/// Checks that an echo server forgets clients that disappear while it waits to write. The server may
/// open fewer files than there are such clients.
#[cfg(unix)]
fn assert_forgets_stuck_clients(program: &str) {
    let server = Server::start_with_few_files(program);
    let message =
        [&[0x82, 0xff, 0, 0, 0, 0, 0, 0x01, 0, 0, 0, 0, 0, 0][..], &[7; 1 << 16]].concat();
    for _ in 0..30 {
        let mut client = blocking::connect(&server.url).unwrap().into_parts().stream;
        client.set_write_timeout(Some(Duration::from_millis(50))).unwrap();
        // The client does not read its echoes. So both directions fill up.
        while client.write_all(&message).is_ok() {}
    }
    assert_echoes(&server);
}

#[cfg(all(unix, feature = "mio"))]
#[test]
fn the_server_on_mio_forgets_clients_that_disappear_while_it_waits_to_write() {
    bounded(|| assert_forgets_stuck_clients(env!("CARGO_BIN_EXE_mio_server")));
}

#[cfg(unix)]
#[test]
fn the_server_with_completions_forgets_clients_that_disappear_while_it_waits_to_write() {
    bounded(|| assert_forgets_stuck_clients(env!("CARGO_BIN_EXE_completion_server")));
}

#[test]
fn remote_calls_get_their_answers() {
    let expected = "desserts -> stressed\nstressed -> desserts\ndrawer -> reward\n";
    assert_eq!(output(env!("CARGO_BIN_EXE_rpc"), &[]), expected);
}

#[cfg(feature = "hyper-client")]
#[test]
fn a_client_on_hyper_opens_a_websocket() {
    bounded(|| {
        let server = Server::start(env!("CARGO_BIN_EXE_echo_server"), &[]);
        let address = server.address().to_string();
        assert_eq!(output(env!("CARGO_BIN_EXE_hyper_client"), &[&address]), "over hyper\n");
    });
}

#[cfg(feature = "tokio")]
#[test]
fn a_file_is_sent_in_parts() {
    bounded(|| {
        let server =
            Server::start(env!("CARGO_BIN_EXE_echo_server"), &["--max-message-size", "30000000"]);
        let path = format!("{}/file", env!("CARGO_TARGET_TMPDIR"));
        std::fs::write(&path, vec![7; 20_000_000]).unwrap();
        let said = output(env!("CARGO_BIN_EXE_send_file"), &[&server.url, &path]);
        assert_eq!(said, "the server answered with 20000000 bytes\n");
    });
}

#[cfg(feature = "json")]
#[test]
fn the_client_of_a_feed_misses_nothing_and_prints_nothing_twice() {
    use std::net::TcpListener;
    use websocket_proto::blocking::{Config, Reply, WebSocketStream};

    bounded(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let accept = || WebSocketStream::accept(listener.accept().unwrap().0).unwrap();
            let entry = |number| format!(r#"{{"text":"entry {number}","number":{number}}}"#);
            // The connection is lost after two entries.
            let mut socket = accept();
            assert_eq!(socket.read().unwrap(), Some(Message::text(r#"{"after":0}"#)));
            socket.send(entry(1)).unwrap();
            socket.send(entry(2)).unwrap();
            drop(socket);
            // The server refuses one connection.
            let refused =
                WebSocketStream::accept_with(listener.accept().unwrap().0, Config::new(), |_| {
                    Reply::refuse(503)
                });
            assert!(refused.is_err());
            // The server accepts again, and closes with the code of a restart.
            let mut socket = accept();
            assert_eq!(socket.read().unwrap(), Some(Message::text(r#"{"after":2}"#)));
            socket.send(entry(2)).unwrap();
            socket.close(CloseCode::SERVICE_RESTART, "").unwrap();
            socket.finish().unwrap();
            let mut socket = accept();
            socket.read().unwrap();
            socket.send(entry(3)).unwrap();
            socket.close(CloseCode::NORMAL, "").unwrap();
            socket.finish().unwrap();
        });
        let printed = output(env!("CARGO_BIN_EXE_json_feed"), &[&url]);
        server.join().unwrap();
        assert_eq!(printed, "1: entry 1\n2: entry 2\n3: entry 3\n");
    });
}
