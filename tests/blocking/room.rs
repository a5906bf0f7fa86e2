//! A wait for room in a full queue ends when the peer closes, and does not begin after the
//! application has closed.

use std::io::{Read, Write};
use std::thread;

use crate::halves::STUCK;
use crate::limited::{LIMIT, server, soon};
use support::messages;
use websocket_proto::blocking::{Error, WriteHalf};
use websocket_proto::connection::Server;
use websocket_proto::websocket::{Config, Prepared};
use websocket_proto::{CloseCode, Message, SendError};

#[test]
fn a_wait_for_room_ends_with_the_close_of_the_peer() {
    type Act = fn(&mut WriteHalf<Server>) -> Result<(), Error>;
    let acts: [Act; 3] = [
        |writer| writer.feed("more"),
        |writer| writer.feed_prepared(&Prepared::text("more")),
        |writer| writer.ready().and_then(|()| writer.feed("more")),
    ];
    for act in acts {
        let (server, mut peer) = server(Config::new());
        let (mut reader, mut writer) = server.into_split().unwrap();
        let waiting = thread::spawn(move || {
            writer.feed(vec![7; STUCK]).unwrap();
            act(&mut writer).unwrap_err()
        });
        peer.read_exact(&mut [0; 10]).unwrap();
        thread::sleep(LIMIT / 5);
        assert!(!waiting.is_finished());
        peer.write_all(&messages::From::Client.close(1000, "")).unwrap();
        let error = soon(move || {
            assert!(matches!(reader.read(), Ok(Some(Message::Close(_)))));
            waiting.join().unwrap()
        });
        let is_closing = match &error {
            Error::Rejected(rejected) => rejected.error == SendError::Closing,
            Error::Send(error) => *error == SendError::Closing,
            _ => false,
        };
        assert!(is_closing, "{error:?}");
        drop(peer);
    }
}

#[test]
fn ready_and_feed_do_not_wait_for_room_after_a_close() {
    let (mut server, peer) = server(Config::new());
    server.feed(vec![7; STUCK]).unwrap();
    server.try_send(Message::close(CloseCode::NORMAL, "").unwrap()).unwrap();
    let error = soon(move || {
        server.ready().unwrap();
        server.feed("more").unwrap_err()
    });
    let Error::Rejected(rejected) = error else { panic!("{error:?}") };
    assert_eq!(rejected.error, SendError::Closing);
    drop(peer);
}
