//! Transports that fail, and peers that stop sending.

use std::time::Duration;

use machine::{block_on, explore, thread};
use websocket_proto::connection::Server;
use websocket_proto::io::Error;
use websocket_proto::websocket::Config;
use websocket_proto::{CloseCode, Message, ProtocolError};

use super::closing::is_closing;
use super::{ROOMY, halves, halves_with_timer, server};
use crate::peer::{Frame, PING};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn both_halves_learn_that_the_transport_has_failed() {
    explore("async: the transport fails while both halves wait", Some(2), || {
        // The message does not fit, and the peer reads nothing.
        let (mut reader, mut writer, mut peer) = server(7);
        let writing = thread::spawn(move || block_on(writer.send("0123456789")));
        let peer = thread::spawn(move || {
            peer.send(Frame::new(PING, "p"));
            peer.break_off();
        });
        // The Ping may be lost. If it arrives, it is unchanged.
        let error = match block_on(reader.next()).unwrap() {
            Ok(message) => {
                assert_eq!(message, Message::Ping("p".into()));
                block_on(reader.next()).unwrap().unwrap_err()
            }
            Err(error) => error,
        };
        assert!(matches!(error, Error::Io(_)), "{error:?}");
        assert!(block_on(reader.next()).is_none(), "the error is returned once");
        writing.join().unwrap().unwrap_err();
        peer.join().unwrap();
    });
}

/// Only the reads fail, and the transport wakes only the task that reads.
#[test]
fn a_half_that_waits_for_room_learns_that_the_reads_have_failed() {
    explore("async: the reads fail while a half waits for room", Some(3), || {
        let config = Config::new().high_water_mark(0);
        let (mut reader, mut writer, peer) = halves(Server, config, 8);
        writer.try_send("0123456789").unwrap();
        let writing = thread::spawn(move || block_on(writer.send("a")).unwrap_err());
        peer.break_off_sending();
        let error = block_on(reader.next()).unwrap().unwrap_err();
        assert!(matches!(error, Error::Io(_)), "{error:?}");
        let error = writing.join().unwrap();
        assert!(is_closing(&error), "{error:?}");
    });
}

/// The half that receives may wait already, without a time limit. After a Close the wait has a
/// limit.
#[test]
fn a_peer_that_does_not_answer_a_close_is_given_up() {
    explore("async: the peer does not answer a Close", Some(3), || {
        let config = Config::new().close_timeout(SECOND);
        let (mut reader, mut writer, _peer, timer) = halves_with_timer(Server, config, ROOMY);
        let closing = thread::spawn(move || block_on(writer.close(CloseCode::NORMAL, "")).unwrap());
        let waiting = thread::spawn(move || timer.reach(SECOND));
        let error = block_on(reader.next()).unwrap().unwrap_err();
        assert!(matches!(error, Error::Protocol(ProtocolError::CloseTimeout { .. })), "{error:?}");
        assert!(block_on(reader.next()).is_none(), "the error is returned once");
        closing.join().unwrap();
        waiting.join().unwrap();
    });
}

/// Both halves report the end: the transport accepts nothing, and the peer sends nothing. The
/// halves share one timer.
#[test]
fn a_stuck_transport_ends_for_both_halves() {
    explore("async: the transport accepts nothing", Some(3), || {
        let config = Config::new().write_timeout(SECOND);
        let (mut reader, mut writer, _peer, timer) = halves_with_timer(Server, config, 4);
        let writing = thread::spawn(move || block_on(writer.send("0123456789")).unwrap_err());
        let waiting = thread::spawn(move || timer.reach(SECOND));
        let error = block_on(reader.next()).unwrap().unwrap_err();
        assert!(matches!(error, Error::Protocol(ProtocolError::WriteTimeout { .. })), "{error:?}");
        assert!(block_on(reader.next()).is_none(), "the error is returned once");
        writing.join().unwrap();
        waiting.join().unwrap();
    });
}
