//! Time limits, and peers that stop sending.

use std::time::Duration;

use machine::thread;
use websocket_proto::connection::Server;
use websocket_proto::io::Error;
use websocket_proto::websocket::{Config, Keepalive};
use websocket_proto::{CloseCode, Message, ProtocolError};

use super::{Blocking, halves};
use crate::adapter::{Adapter as _, ROOMY, Reader as _};
use crate::peer::{Frame, PING, PONG, TEXT};

const SECOND: Duration = Duration::from_secs(1);

/// The half that reads has waited for a long time. After a Close the wait has a time limit.
#[test]
fn a_peer_that_does_not_answer_a_close_is_given_up() {
    Blocking::explore("the peer does not answer a Close", Some(3), || {
        let config = Config::new().close_timeout(SECOND);
        let (mut reader, mut writer, peer) = halves(Server, config, ROOMY);
        let closing = thread::spawn(move || {
            writer.close(CloseCode::NORMAL, "").unwrap();
            peer.slow_down();
        });
        let error = reader.last_error();
        assert!(matches!(error, Error::Protocol(ProtocolError::CloseTimeout { .. })), "{error:?}");
        closing.join().unwrap();
    });
}

/// Both halves report the end: the transport accepts nothing, and the peer sends nothing.
#[test]
fn a_stuck_transport_ends_for_both_halves() {
    Blocking::explore("the transport accepts nothing", Some(3), || {
        let config = Config::new().write_timeout(SECOND);
        let (mut reader, mut writer, peer) = Blocking::halves(Server, config, 4);
        peer.slow_down();
        let writing = thread::spawn(move || writer.send("0123456789").unwrap_err());
        let first = reader.last_error();
        assert!(matches!(first, Error::Protocol(_)), "{first:?}");
        let error = writing.join().unwrap();
        assert!(!error.is_would_block(), "{error:?}");
    });
}

#[test]
fn a_silent_peer_gets_a_ping_while_the_writer_is_stuck() {
    Blocking::explore("a Ping is due while the writer is stuck", Some(2), || {
        let keepalive = Keepalive { interval: SECOND, timeout: 3600 * SECOND };
        let config = Config::new().keepalive(keepalive);
        let (mut reader, mut writer, mut peer) = Blocking::halves(Server, config, 8);
        peer.slow_down_sending();
        let writing = thread::spawn(move || writer.send("0123456789").unwrap());
        let peer = thread::spawn(move || {
            let frames = peer.take_sorted(2);
            assert_eq!(frames, [Frame::new(TEXT, "0123456789"), Frame::new(PING, "")]);
            peer.send(Frame::new(PONG, ""));
        });
        assert_eq!(reader.message(), Message::Pong("".into()));
        writing.join().unwrap();
        peer.join().unwrap();
    });
}
