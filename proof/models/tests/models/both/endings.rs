//! Transports that fail.

use machine::thread;
use websocket_proto::Message;
use websocket_proto::io::Error;

use crate::adapter::{Adapter, Reader as _, Writer as _};
use crate::peer::{Frame, PING};

pub(crate) fn both_halves_learn_that_the_transport_has_failed<A: Adapter>() {
    A::explore("the transport fails while both halves wait", Some(2), || {
        // The message does not fit, and the peer reads nothing.
        let (mut reader, mut writer, mut peer) = A::server(7);
        let writing = thread::spawn(move || writer.send("0123456789"));
        let peer = thread::spawn(move || {
            peer.send(Frame::new(PING, "p"));
            peer.break_off();
        });
        // The Ping may be lost. If it arrives, it is unchanged.
        let error = match reader.receive().unwrap() {
            Ok(message) => {
                assert_eq!(message, Message::Ping("p".into()));
                reader.receive().unwrap().unwrap_err()
            }
            Err(error) => error,
        };
        assert!(matches!(error, Error::Io(_)), "{error:?}");
        assert!(reader.receive().is_none(), "the error is returned once");
        let error = writing.join().unwrap().unwrap_err();
        assert!(!error.is_would_block(), "{error:?}");
        peer.join().unwrap();
    });
}
