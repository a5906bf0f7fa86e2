//! The peer closes while the other half sends.

use machine::{block_on, thread};
use websocket_proto::Message;
use websocket_proto::connection::{Client, Server};
use websocket_proto::io::Unsent;
use websocket_proto::websocket::Config;

use super::Asynchronous;
use crate::adapter::{Adapter as _, Reader as _, is_closing};
use crate::peer::{BINARY, CLOSE, Frame, TEXT};

/// The half that sends waits for room, and the peer reads nothing until that half has returned.
#[test]
fn a_half_that_waits_for_room_learns_of_a_close() {
    Asynchronous::explore("a Close arrives while a half waits for room", Some(2), || {
        let config = Config::new().high_water_mark(0);
        let (mut reader, mut writer, mut peer) = Asynchronous::halves(Server, config, 8);
        writer.try_send("0123456789").unwrap();
        let writing = thread::spawn(move || block_on(writer.send("a")).unwrap_err());
        peer.send(Frame::new(CLOSE, ""));
        assert!(matches!(reader.message(), Message::Close(_)));
        let error = writing.join().unwrap();
        assert!(is_closing(&error), "{error:?}");
        let peer = thread::spawn(move || {
            assert_eq!(peer.until_close(), [Frame::new(TEXT, "0123456789")]);
            peer.end();
            assert_eq!(peer.rest(), []);
        });
        assert!(reader.receive().is_none());
        peer.join().unwrap();
    });
}

/// The peer reads nothing until the half that waits for room has returned.
#[test]
fn a_half_that_waits_for_room_learns_that_the_other_half_closes() {
    Asynchronous::explore("a half closes while the other waits for room", Some(2), || {
        let config = Config::new().high_water_mark(0);
        let (mut reader, mut writer, peer) = Asynchronous::halves(Server, config, 8);
        writer.try_send("0123456789").unwrap();
        let writing = thread::spawn(move || block_on(writer.send("a")).unwrap_err());
        let finishing = thread::spawn(move || block_on(reader.finish()).unwrap());
        let error = writing.join().unwrap();
        assert!(is_closing(&error), "{error:?}");
        assert_eq!(peer.answer_close(), [Frame::new(TEXT, "0123456789")]);
        finishing.join().unwrap();
    });
}

/// The half that sends may write the answer to the Close. Then the other half has to end the
/// transport: the peer waits for the end.
#[test]
fn the_half_that_receives_ends_the_transport_whichever_half_writes_the_answer() {
    Asynchronous::explore("either half writes the answer to a Close", Some(2), || {
        let (mut reader, mut writer, mut peer) = Asynchronous::server(8);
        writer.try_send("0123456789").unwrap();
        peer.send(Frame::close(1000));
        let writing = thread::spawn(move || block_on(writer.flush()).unwrap());
        let peer = thread::spawn(move || {
            assert_eq!(peer.until_close(), [Frame::new(TEXT, "0123456789")]);
            assert_eq!(peer.next(), None);
            peer.end();
        });
        reader.expect_a_close();
        writing.join().unwrap();
        peer.join().unwrap();
    });
}

/// A large message of a client is masked without the lock.
#[test]
fn a_close_arrives_while_a_message_is_masked() {
    Asynchronous::explore("a Close arrives while a message is masked", Some(2), || {
        const LARGE: usize = 64 * 1024;
        let (mut reader, mut writer, mut peer) =
            Asynchronous::halves(Client::new([1; 32]), Config::new(), 2 * LARGE);
        peer.send_unmasked(Frame::close(1000));
        peer.end();
        let writing = thread::spawn(move || match block_on(writer.send(vec![7; LARGE])) {
            Ok(()) => true,
            Err(error) => {
                assert!(is_closing(&error), "{error:?}");
                assert_eq!(error.into_unsent(), Some(Unsent::Message(vec![7; LARGE].into())));
                false
            }
        });
        reader.expect_a_close();
        let sent = writing.join().unwrap().then(|| Frame::new(BINARY, vec![7; LARGE]));
        let mut frames = peer.rest();
        assert_eq!(frames.pop(), Some(Frame::close(1000)));
        assert_eq!(frames.pop(), sent);
        assert_eq!(frames, []);
    });
}
