//! Runs the examples as programs. Cargo builds them before it runs this test.
//!
//! `soketto_client` does not run an example: it implements the interface of another library with
//! this crate.

#[cfg(feature = "std")]
mod answers;
#[cfg(feature = "std")]
mod blocking;
#[cfg(any(feature = "axum", feature = "hyper"))]
mod http1;
#[cfg(feature = "http2")]
mod http2;
#[cfg(feature = "tls")]
mod identity;
#[cfg(feature = "load")]
mod load;
#[cfg(all(feature = "axum", feature = "deflate"))]
mod readme;
#[cfg(feature = "std")]
mod server;
#[cfg(all(feature = "tokio", unix))]
mod shutdown;
#[cfg(feature = "tokio")]
mod soketto_client;
#[cfg(all(feature = "tls", feature = "wsc"))]
mod wsc;
#[cfg(feature = "tls")]
mod wss;

use std::process::Command;

#[test]
fn a_client_and_a_server_without_an_allocator_understand_each_other() {
    let output = Command::new(env!("CARGO_BIN_EXE_no_alloc")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "server: \"Hello, \", last: false\n\
         server: Ping \"are you there?\"\n\
         server: \"server\", last: true\n\
         server: Close Some(CloseFrame { code: 1000, reason: \"done\" })\n\
         client: Pong \"are you there?\"\n\
         client: Close Some(CloseFrame { code: 1000, reason: \"\" })\n"
    );
}
