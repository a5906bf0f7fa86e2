//! The driver by itself, in orders of events that an adapter meets rarely.

use std::io::ErrorKind;
use std::time::Duration;

use bytes::Buf as _;
use support::messages;
use websocket_proto::connection::{Server, State};
use websocket_proto::handshake::Opened;
use websocket_proto::io::{Driver, Error};
use websocket_proto::websocket::Config;
use websocket_proto::{CloseCode, ProtocolError, WebSocket};

#[test]
fn a_reset_in_a_read_that_began_before_both_closes_is_not_an_error() {
    let mut websocket = WebSocket::new(Server, Config::new(), Opened::new());
    let mut driver = Driver::new();
    websocket.input().extend_from_slice(&messages::From::Client.close(1000, "bye"));
    assert!(websocket.receive().unwrap().is_some());
    let output = websocket.output();
    output.advance(output.remaining());
    let (receiver, sender) = websocket.halves();
    driver.handle_written(&Ok(()), sender);
    assert_eq!(sender.state(), State::Closed);
    driver.handle_read(Err(ErrorKind::ConnectionReset.into()), receiver, sender);
    driver.handle_shutdown(&Ok(()));
    assert!(driver.wants(sender).done);
    assert!(driver.take_error(sender).is_none());
    assert!(websocket.close_info().unwrap().is_clean);
}

#[test]
fn a_reset_in_a_read_that_began_before_a_time_limit_ended_does_not_hide_the_time_limit() {
    let timeout = Duration::from_secs(3);
    let config = Config::new().close_timeout(timeout);
    let mut websocket = WebSocket::new(Server, config, Opened::new());
    let mut driver = Driver::new();
    websocket.close(CloseCode::NORMAL, "").unwrap();
    let (receiver, sender) = websocket.halves();
    let due = driver.deadline(Duration::ZERO, sender, None).unwrap();
    driver.handle_deadline(due, sender, None);
    driver.handle_read(Err(ErrorKind::ConnectionReset.into()), receiver, sender);
    assert!(driver.wants(sender).done);
    let error = driver.take_error(sender).unwrap();
    let expected = ProtocolError::CloseTimeout { timeout };
    assert!(matches!(error, Error::Protocol(error) if error == expected), "{error:?}");
}

/// Returns whether bytes were lost when a write fails after the Close and the end of the peer, with
/// a reply that was not written, accepted but not flushed, or not sent.
#[track_caller]
fn loses_bytes(reply: Option<&str>, is_accepted: bool) -> bool {
    let config = Config::new().answer_close(false);
    let mut websocket = WebSocket::new(Server, config, Opened::new());
    let mut driver = Driver::new();
    websocket.input().extend_from_slice(&messages::From::Client.close(1000, "bye"));
    assert!(websocket.receive().unwrap().is_some());
    let (receiver, sender) = websocket.halves();
    driver.handle_written(&Ok(()), sender);
    driver.handle_read(Ok(0), receiver, sender);
    if let Some(reply) = reply {
        sender.send(reply.into()).unwrap();
    }
    if is_accepted {
        let output = sender.output();
        output.advance(output.remaining());
        driver.handle_accepted();
    }
    assert!(Driver::output_lost(sender).is_none());
    driver.handle_written(&Err(ErrorKind::BrokenPipe.into()), sender);
    assert!(driver.wants(sender).done, "nobody can answer the Close");
    Driver::output_lost(sender).is_some()
}

#[test]
fn the_bytes_of_a_connection_that_can_no_longer_be_answered_are_lost() {
    assert!(loses_bytes(Some("reply"), false));
    assert!(loses_bytes(Some("reply"), true));
    assert!(!loses_bytes(None, false));
}
