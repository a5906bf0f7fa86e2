//! The end of `wsc`, and its exit code.

use std::io::{Read as _, Write as _};
#[cfg(unix)]
use std::process::Command;
#[cfg(unix)]
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
#[cfg(unix)]
use std::time::Duration;

use websocket_proto::{CloseCode, Message};

use super::*;

#[test]
fn the_close_code_decides_the_exit_code() {
    for (code, reason, text, exit) in [
        (1000, "", "closed with code 1000", 0),
        (1001, "restart", "closed with code 1001: restart", 0),
        (1008, "no", "closed with code 1008: no", 1),
        (4000, "", "closed with code 4000", 1),
    ] {
        let (url, server) = serve_one(move |socket| {
            socket.close(CloseCode::from(code), reason).unwrap();
            socket.finish().unwrap();
        });
        let outcome = run(&["--wait", "forever", &url], "");
        server.join().unwrap();
        assert!(outcome.stderr.ends_with(&format!("wsc: {text}\n")), "{outcome:?}");
        assert_eq!(outcome.code, exit);
    }
}

#[test]
fn a_lost_connection_is_a_failure() {
    let (url, server) = serve_one(|_| {});
    let outcome = run(&["--wait", "forever", &url], "");
    server.join().unwrap();
    assert!(outcome.stderr.ends_with("(code 1006)\n"), "{outcome:?}");
    assert_eq!(outcome.code, 1);
}

#[test]
fn a_server_that_is_no_websocket_server_is_named() {
    let (url, server) = serve(1, |_, mut stream| {
        let _ = stream.read(&mut [0; 1000]);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
    });
    let outcome = run(&[&url], "");
    server.join().unwrap();
    assert!(outcome.stderr.contains("refused the WebSocket with status 200"), "{outcome:?}");
    assert_eq!(outcome.code, 5);
}

#[test]
fn the_first_line_of_a_refusal_is_printed_as_one_line_of_text() {
    let (url, server) = serve(1, |_, mut stream| {
        let _ = stream.read(&mut [0; 1000]);
        let body = "the subprotocol\x1b[2J is missing\r\nsecond line";
        let head = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: ";
        write!(stream, "{head}{}\r\n\r\n{body}", body.len()).unwrap();
    });
    let outcome = run(&[&url], "");
    server.join().unwrap();
    assert!(outcome.stderr.contains("wsc: the subprotocol"), "{outcome:?}");
    assert!(!outcome.stderr.contains('\x1b') && !outcome.stderr.contains("second"), "{outcome:?}");
    assert_eq!(outcome.code, 5);
}

#[cfg(unix)]
#[test]
fn an_interrupt_closes_the_connection() {
    let (url, server) = serve_one(|socket| {
        assert_eq!(socket.read().unwrap(), Some(Message::text("ready")));
        socket.send("seen").unwrap();
        let close = Message::close(CloseCode::NORMAL, "").unwrap();
        assert_eq!(socket.read().unwrap(), Some(close));
        assert_eq!(socket.read().unwrap(), None);
    });
    let mut child = start(&["-x", "ready", &url]);
    let stdin = child.stdin.take().unwrap();
    // `wsc` has printed the answer, so the connection is open.
    let mut seen = [0; 5];
    child.stdout.as_mut().unwrap().read_exact(&mut seen).unwrap();
    interrupt(&child);
    let outcome = finish(child);
    drop(stdin);
    server.join().unwrap();
    assert_eq!(outcome.code, 130, "{outcome:?}");
    assert!(outcome.stderr.ends_with("wsc: closed with code 1000\n"), "{outcome:?}");
}

/// The output may go to a pager, which at first reads only as much as fits on the screen.
#[cfg(unix)]
#[test]
fn a_second_interrupt_ends_it_although_nobody_reads_its_output() {
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    let (url, server) = serve_one(move |socket| {
        while socket.send("x".repeat(10_000)).is_ok() {
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    let mut child = start(&["--wait", "forever", &url]);
    let stdout = child.stdout.take();
    // Waits until the server cannot send any more either.
    let mut before = 0;
    while before == 0 || before != sent.load(Ordering::Relaxed) {
        before = sent.load(Ordering::Relaxed);
        thread::sleep(Duration::from_millis(300));
    }
    interrupt(&child);
    thread::sleep(Duration::from_millis(300));
    assert_eq!(child.try_wait().unwrap(), None, "the first interrupt closes the connection");
    interrupt(&child);
    assert_eq!(finish(child).code, 130);
    server.join().unwrap();
    drop(stdout);
}

#[cfg(unix)]
fn interrupt(child: &Child) {
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
}
