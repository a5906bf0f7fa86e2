//! Transports that fail, and peers that stop sending.

use std::time::Duration;

use machine::{block_on, thread};
use websocket_proto::connection::Server;
use websocket_proto::io::Error;
use websocket_proto::websocket::Config;
use websocket_proto::{CloseCode, ProtocolError};

use super::{Asynchronous, halves_with_timer};
use crate::adapter::{Adapter as _, ROOMY, Reader as _, is_closing};

const SECOND: Duration = Duration::from_secs(1);

/// Only the reads fail, and the transport wakes only the task that reads.
#[test]
fn a_half_that_waits_for_room_learns_that_the_reads_have_failed() {
    Asynchronous::explore("the reads fail while a half waits for room", Some(3), || {
        let config = Config::new().high_water_mark(0);
        let (mut reader, mut writer, peer) = Asynchronous::halves(Server, config, 8);
        writer.try_send("0123456789").unwrap();
        let writing = thread::spawn(move || block_on(writer.send("a")).unwrap_err());
        peer.break_off_sending();
        let error = reader.last_error();
        assert!(matches!(error, Error::Io(_)), "{error:?}");
        let error = writing.join().unwrap();
        assert!(is_closing(&error), "{error:?}");
    });
}

/// The half that receives may wait already, without a time limit. After a Close the wait has a
/// limit.
#[test]
fn a_peer_that_does_not_answer_a_close_is_given_up() {
    Asynchronous::explore("the peer does not answer a Close", Some(3), || {
        let config = Config::new().close_timeout(SECOND);
        let (mut reader, mut writer, _peer, timer) = halves_with_timer(Server, config, ROOMY);
        let closing = thread::spawn(move || block_on(writer.close(CloseCode::NORMAL, "")).unwrap());
        let waiting = thread::spawn(move || timer.reach(SECOND));
        let error = reader.last_error();
        assert!(matches!(error, Error::Protocol(ProtocolError::CloseTimeout { .. })), "{error:?}");
        closing.join().unwrap();
        waiting.join().unwrap();
    });
}

/// Both halves report the end: the transport accepts nothing, and the peer sends nothing. The
/// halves share one timer.
#[test]
fn a_stuck_transport_ends_for_both_halves() {
    Asynchronous::explore("the transport accepts nothing", Some(3), || {
        let config = Config::new().write_timeout(SECOND);
        let (mut reader, mut writer, _peer, timer) = halves_with_timer(Server, config, 4);
        let writing = thread::spawn(move || block_on(writer.send("0123456789")).unwrap_err());
        let waiting = thread::spawn(move || timer.reach(SECOND));
        let error = reader.last_error();
        assert!(matches!(error, Error::Protocol(ProtocolError::WriteTimeout { .. })), "{error:?}");
        writing.join().unwrap();
        waiting.join().unwrap();
    });
}
