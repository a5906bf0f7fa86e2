//! Transports that fail.

use std::io::ErrorKind;

use machine::thread;
use websocket_proto::io::Error;
use websocket_proto::{CloseCode, Message};

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

/// Only the writes fail. Either half may be the one that finds out.
pub(crate) fn messages_are_received_after_the_writes_have_failed<A: Adapter>() {
    A::explore("the writes fail, and the reads go on", Some(2), || {
        // The first message does not fit, and the peer reads nothing.
        let (mut reader, mut writer, mut peer) = A::server(7);
        let writing = thread::spawn(move || {
            let results =
                [writer.send("0123456789"), writer.send("a"), writer.close(CloseCode::NORMAL)];
            for result in results {
                let error = result.unwrap_err();
                assert!(
                    matches!(&error, Error::Io(error) if error.kind() == ErrorKind::BrokenPipe),
                    "{error:?}"
                );
            }
        });
        let peer = thread::spawn(move || {
            peer.break_off_receiving();
            peer.send(Frame::new(PING, "p"));
            peer
        });
        assert_eq!(reader.message(), Message::Ping("p".into()));
        writing.join().unwrap();
        peer.join().unwrap().end();
        reader.expect_the_end();
    });
}
