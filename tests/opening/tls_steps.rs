//! A WebSocket over TLS whose transport gives and takes a little at a time, is pending before each
//! step, and fails at any step: nothing is lost, doubled or reordered, and there is one error, once.

use std::io::{Cursor, ErrorKind, Read as _, Write as _};
use std::pin::pin;
use std::task::{Context, Poll};

use crate::identity::Identity;
use bytes::BytesMut;
use support::echo::{echo_to_the_end, script};
use support::transport::{Peer, Task, Transport, enter, transport, whole_messages};
use support::{SEED, Side, stream};
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::ServerConnection;
use tokio_rustls::rustls::pki_types::ServerName;
use websocket_proto::Message;
use websocket_proto::connection::{Client, Role, Server};
use websocket_proto::handshake::Opened;
use websocket_proto::io::Error;
use websocket_proto::tokio::{WebSocketStream, tokio_rustls};
use websocket_proto::websocket::Config;

/// The other end of TLS, over the other end of the transport.
struct TlsPeer {
    tls: ServerConnection,
    peer: Peer,
    /// What has come, decrypted.
    received: Vec<u8>,
}

impl TlsPeer {
    /// Reads what was written, and gives what TLS answers: whether there was any of either.
    fn pump(&mut self) -> bool {
        let written = self.peer.take_written();
        let mut rest = Cursor::new(&written);
        while rest.position() < written.len() as u64 {
            self.tls.read_tls(&mut rest).expect("memory");
            self.tls.process_new_packets().expect("well-formed TLS");
            // It is `WouldBlock` until `close_notify` comes.
            let _ = self.tls.reader().read_to_end(&mut self.received);
        }
        let mut answer = Vec::new();
        while self.tls.wants_write() {
            self.tls.write_tls(&mut answer).expect("memory");
        }
        self.peer.give(&answer);
        !written.is_empty() || !answer.is_empty()
    }

    /// Sends these bytes and `close_notify`, and ends the transport.
    fn send_and_end(&mut self, bytes: &[u8]) {
        self.tls.set_buffer_limit(None);
        self.tls.writer().write_all(bytes).expect("there is no limit");
        self.tls.send_close_notify();
        self.pump();
        self.peer.end();
    }
}

/// Both ends after the handshake of TLS. The transport moves at most `bite` bytes at a time.
fn connected(identity: &Identity, bite: usize) -> (TlsStream<Transport>, TlsPeer) {
    let (stream, peer) = transport();
    peer.hesitate();
    peer.bite(bite);
    let tls = ServerConnection::new(identity.server().config().clone()).expect("a good setup");
    let mut far = TlsPeer { tls, peer, received: Vec::new() };
    let connector = tokio_rustls::TlsConnector::from(identity.client());
    let name = ServerName::try_from("localhost").expect("a name");
    let (task, waker) = Task::new();
    let mut connecting = pin!(connector.connect(name, stream));
    let _runtime = enter();
    loop {
        match connecting.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(stream) => {
                far.pump();
                return (stream.expect("it trusts the server"), far);
            }
            Poll::Pending => assert!(far.pump() || task.take_woken(), "the handshake is stuck"),
        }
    }
}

fn open<R: Role>(
    stream: TlsStream<Transport>,
    role: R,
) -> WebSocketStream<TlsStream<Transport>, R> {
    WebSocketStream::from_parts(stream, role, Config::new(), Opened::new(), BytesMut::new())
}

fn data(messages: &[Message]) -> Vec<Message> {
    messages.iter().filter(|message| message.is_data()).cloned().collect()
}

fn check<R: Role, F: Role>(role: impl Fn() -> R, far_role: impl Fn() -> F, side: Side) {
    let identity = Identity::of(&["localhost"]);
    let (frames, expected) = script();
    for (bite, for_good) in [(1000, true), (1000, false), (100, true)] {
        let (mut step, mut failures) = (1, 0);
        loop {
            let (tls, mut far) = connected(&identity, bite);
            let before = far.peer.state().steps;
            far.peer.fail_at(before + step, for_good);
            far.send_and_end(&stream(side, &frames));
            let mut socket = open(tls, role());
            let (received, error) = echo_to_the_end(&mut socket);

            let place = format!("step {step} of {bite} bytes");
            assert!(expected.starts_with(&received), "{place}: {received:?}");
            far.pump();
            let (sent, _) = whole_messages(far_role(), &far.received);
            assert!(data(&expected).starts_with(&data(&sent)), "{place}: {sent:?}");
            match error {
                Some(Error::Io(error) | Error::Unsent { error, .. }) => {
                    assert_eq!(error.kind(), ErrorKind::ConnectionAborted, "{place}");
                    assert!(!matches!(received.last(), Some(Message::Close(_))), "{place}");
                    failures += 1;
                }
                Some(error) => panic!("{place}: {error:?}"),
                None => assert_eq!(received, expected, "{place}"),
            }
            if far.peer.state().steps < before + step {
                assert_eq!(data(&sent), data(&expected), "no step has failed");
                break;
            }
            // With few bytes in a step there are many steps; they are sampled.
            step += if bite < 1000 { 29 } else { 1 };
        }
        assert!(failures > 10, "{failures} steps have failed");
    }
}

#[test]
fn tls_over_a_transport_that_fails_at_any_step_loses_and_doubles_nothing_and_has_one_error() {
    check(|| Server, || Client::new(SEED), Side::Server);
    check(|| Client::new(SEED), || Server, Side::Client);
}
