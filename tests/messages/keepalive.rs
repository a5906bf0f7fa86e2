//! The keepalive, in virtual time: by hand, and on tokio's paused clock.

use std::time::Duration;
use support::messages::ReceiveFrom;

use bytes::{Buf, BytesMut};
use websocket_proto::connection::{Server, State, TransportAction};
use websocket_proto::handshake::Opened;
use websocket_proto::websocket::{Config, Keepalive};
use websocket_proto::{CloseCode, Message, ProtocolError, WebSocket};

const INTERVAL: Duration = Duration::from_secs(20);
const TIMEOUT: Duration = Duration::from_secs(5);

fn watching() -> WebSocket<Server> {
    let keepalive = Keepalive { interval: INTERVAL, timeout: TIMEOUT };
    WebSocket::new(Server, Config::new().keepalive(keepalive), Opened::new())
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn write(websocket: &mut WebSocket<Server>, now: Duration) -> Vec<u8> {
    let output = websocket.output();
    let written = output.copy_to_bytes(output.remaining()).to_vec();
    websocket.handle_written(now);
    written
}

#[test]
fn without_a_keepalive_there_is_no_deadline() {
    let mut websocket = WebSocket::new(Server, Config::new(), Opened::new());
    assert_eq!(websocket.deadline(), None);
    websocket.handle_deadline(Duration::MAX);
    assert!(websocket.output().is_empty());
    assert_eq!(websocket.state(), State::Open);
}

#[test]
fn a_silent_peer_is_pinged_after_the_interval_and_not_before() {
    let mut websocket = watching();
    assert_eq!(websocket.deadline(), Some(INTERVAL));
    websocket.handle_deadline(INTERVAL - Duration::from_nanos(1));
    assert!(websocket.output().is_empty());
    websocket.handle_deadline(INTERVAL);
    assert_eq!(write(&mut websocket, INTERVAL), [0x89, 0x00]);
}

#[test]
fn whatever_comes_puts_the_ping_off() {
    let mut websocket = watching();
    websocket.handle_received(seconds(19));
    assert_eq!(websocket.deadline(), Some(seconds(39)));
    websocket.handle_deadline(seconds(38));
    assert!(websocket.output().is_empty());
}

#[test]
fn the_time_for_an_answer_runs_from_when_the_ping_was_written() {
    let mut websocket = watching();
    websocket.handle_deadline(seconds(20));
    assert_eq!(websocket.deadline(), None, "a slow reader is not one that has gone");
    write(&mut websocket, seconds(100));
    assert_eq!(websocket.deadline(), Some(seconds(105)));
}

#[test]
fn anything_that_comes_is_an_answer() {
    let mut websocket = watching();
    websocket.handle_deadline(seconds(20));
    write(&mut websocket, seconds(20));
    websocket.handle_received(seconds(24));
    assert_eq!(websocket.deadline(), Some(seconds(44)));
    websocket.handle_deadline(seconds(25));
    assert_eq!(websocket.receive_from(&mut BytesMut::new()), Ok(None));
}

#[test]
fn a_peer_that_stays_silent_fails_the_connection_with_1006_and_no_close() {
    let mut websocket = watching();
    websocket.handle_deadline(seconds(20));
    write(&mut websocket, seconds(20));
    websocket.handle_deadline(seconds(25));
    let error = ProtocolError::KeepaliveTimeout { timeout: TIMEOUT };
    assert_eq!(websocket.receive_from(&mut BytesMut::new()), Err(error));
    assert_eq!(error.close_code(), CloseCode::ABNORMAL);
    assert_eq!(error.to_string(), "the peer sent nothing within 5s after a Ping");
    assert!(websocket.output().is_empty());
    assert_eq!(
        (websocket.state(), websocket.transport_action()),
        (State::Closed, TransportAction::Drop)
    );
    assert_eq!(websocket.deadline(), None);
    assert!(websocket.send(Message::text("too late")).is_err());
}

#[test]
fn a_connection_that_is_closing_is_not_pinged() {
    let mut websocket = watching();
    websocket.close(CloseCode::NORMAL, "").expect("it is open");
    write(&mut websocket, seconds(1));
    assert_eq!(websocket.deadline(), None);
    websocket.handle_deadline(seconds(1000));
    assert!(websocket.output().is_empty());
}

#[test]
fn a_split_keeps_the_keepalive() {
    let (receiver, mut sender) = watching().into_split();
    assert_eq!(sender.deadline(), Some(INTERVAL));
    sender.handle_deadline(INTERVAL);
    let mut websocket = WebSocket::reunite(receiver, sender).expect("they are of one connection");
    assert_eq!(write(&mut websocket, INTERVAL), [0x89, 0x00]);
    assert_eq!(websocket.deadline(), Some(INTERVAL + TIMEOUT));
}

#[cfg(feature = "tokio")]
mod on_tokio {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::{Instant, timeout};
    use websocket_proto::io::Error;
    use websocket_proto::tokio::WebSocketStream;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_has_gone_is_found_out_once_and_in_time() {
        let (mut peer, stream) = duplex(1024);
        let keepalive = Keepalive { interval: INTERVAL, timeout: TIMEOUT };
        let config = Config::new().keepalive(keepalive);
        let mut socket =
            WebSocketStream::from_parts(stream, Server, config, Opened::new(), BytesMut::new());
        let start = Instant::now();
        let received = timeout(seconds(3600), socket.next()).await.expect("in time");
        assert!(matches!(
            received,
            Some(Err(Error::Protocol(ProtocolError::KeepaliveTimeout { timeout: TIMEOUT })))
        ));
        let took = start.elapsed();
        assert!(took >= INTERVAL + TIMEOUT && took < INTERVAL + TIMEOUT + seconds(1), "{took:?}");
        assert!(timeout(seconds(3600), socket.next()).await.expect("in time").is_none());
        let mut ping = [0; 2];
        peer.read_exact(&mut ping).await.expect("it was pinged");
        assert_eq!(ping, [0x89, 0x00]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_answers_is_left_alone() {
        let (mut peer, stream) = duplex(1024);
        let keepalive = Keepalive { interval: INTERVAL, timeout: TIMEOUT };
        let config = Config::new().keepalive(keepalive);
        let mut socket =
            WebSocketStream::from_parts(stream, Server, config, Opened::new(), BytesMut::new());
        let answers = tokio::spawn(async move {
            for _ in 0..3 {
                let mut ping = [0; 2];
                peer.read_exact(&mut ping).await.expect("it was pinged");
                peer.write_all(&[0x8a, 0x80, 1, 2, 3, 4]).await.expect("it reads");
            }
            peer
        });
        for _ in 0..3 {
            let received = socket.next().await;
            assert!(matches!(received, Some(Ok(Message::Pong(_)))), "{received:?}");
        }
        drop(answers.await.expect("three answers"));
        let received = socket.next().await;
        assert!(
            matches!(received, Some(Err(Error::Protocol(ProtocolError::UnexpectedEof)))),
            "{received:?}"
        );
    }
}
