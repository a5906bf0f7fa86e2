//! The half that reads owes answers while the other half writes.

use machine::thread;
use websocket_proto::Message;

use super::Blocking;
use crate::adapter::{Adapter as _, ROOMY, Reader as _};
use crate::peer::{Frame, PING, PONG, TEXT};

/// A program may look at the state at any time. Nothing times out in this model.
#[test]
fn a_half_that_only_looks_at_the_state_sends_the_answers() {
    Blocking::explore("a Ping arrives while a half looks at the state", Some(2), || {
        let (mut reader, writer, mut peer) = Blocking::server(ROOMY);
        let looking = thread::spawn(move || {
            let _ = writer.state();
        });
        let peer = thread::spawn(move || {
            peer.send(Frame::new(PING, "p"));
            assert_eq!(peer.take(1), [Frame::new(PONG, "p")]);
            peer.end();
            assert_eq!(peer.rest(), []);
        });
        assert_eq!(reader.message(), Message::Ping("p".into()));
        reader.expect_the_end();
        looking.join().unwrap();
        peer.join().unwrap();
    });
}

/// The half that reads writes a message that was queued with `feed`, after one slice of time at the
/// latest.
#[test]
fn a_queued_message_leaves_when_a_read_times_out() {
    Blocking::explore("a message is queued while the other half waits", Some(2), || {
        let (mut reader, mut writer, mut peer) = Blocking::server(ROOMY);
        let peer = thread::spawn(move || {
            peer.slow_down();
            assert_eq!(peer.take(1), [Frame::new(TEXT, "a")]);
            peer.end();
            assert_eq!(peer.rest(), []);
        });
        let feeding = thread::spawn(move || writer.feed("a").unwrap());
        reader.expect_the_end();
        feeding.join().unwrap();
        peer.join().unwrap();
    });
}
