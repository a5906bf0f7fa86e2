//! Deadlines of the half that receives, while the other half waits for the transport. Both halves
//! share one timer.

use std::time::Duration;

use machine::{block_on, thread};
use websocket_proto::connection::Server;
use websocket_proto::io::Error;
use websocket_proto::websocket::{Config, Keepalive};
use websocket_proto::{Message, ProtocolError};

use super::{Asynchronous, halves_with_timer};
use crate::adapter::{Adapter as _, Reader as _, is_closing};
use crate::peer::{Frame, PING, PONG, TEXT};

const SECOND: Duration = Duration::from_secs(1);

/// The deadline of the half that sends is later. It must not replace the earlier one.
#[test]
fn a_silent_peer_gets_a_ping_while_the_writer_is_stuck() {
    Asynchronous::explore("a Ping is due while the writer is stuck", Some(2), || {
        let keepalive = Keepalive { interval: SECOND, timeout: SECOND };
        let config = Config::new().keepalive(keepalive);
        let (mut reader, mut writer, mut peer, timer) = halves_with_timer(Server, config, 8);
        writer.try_send("0123456789").unwrap();
        let writing = thread::spawn(move || block_on(writer.flush()).unwrap());
        let reading = thread::spawn(move || {
            let message = reader.message();
            assert_eq!(message, Message::Pong("".into()));
        });
        timer.reach(SECOND);
        assert_eq!(peer.take_sorted(2), [Frame::new(TEXT, "0123456789"), Frame::new(PING, "")]);
        peer.send(Frame::new(PONG, ""));
        reading.join().unwrap();
        writing.join().unwrap();
    });
}

/// The half that sends may find first that the deadline is reached. Then it has to wake the other
/// half, which fails the connection. The peer reads nothing before that.
#[test]
fn a_deadline_that_the_other_half_finds_reached_takes_effect() {
    Asynchronous::explore("a half waits for room at a deadline of the other", Some(1), || {
        let config = Config::new().message_timeout(SECOND).close_timeout(Duration::MAX);
        let (mut reader, mut writer, mut peer, timer) =
            halves_with_timer(Server, config.high_water_mark(0), 8);
        writer.try_send("0123456789").unwrap();
        peer.send_without_the_end(Frame::new(TEXT, "ab"));
        let writing = thread::spawn(move || block_on(writer.send("a")).unwrap_err());
        let reading = thread::spawn(move || reader.last_error());
        timer.reach(SECOND);
        let error = writing.join().unwrap();
        assert!(is_closing(&error), "{error:?}");
        assert_eq!(peer.until_close(), [Frame::new(TEXT, "0123456789")]);
        peer.end();
        assert_eq!(peer.rest(), []);
        let error = reading.join().unwrap();
        assert!(
            matches!(error, Error::Protocol(ProtocolError::MessageTimeout { .. })),
            "{error:?}"
        );
    });
}
