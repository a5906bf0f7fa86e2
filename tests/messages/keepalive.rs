//! The keepalive, in virtual time: by hand, and on tokio's paused clock.

use std::time::Duration;
use support::messages::ReceiveFrom;

use bytes::{Buf, Bytes, BytesMut};
use websocket_proto::connection::{Client, Server, State, TransportAction};
use websocket_proto::handshake::Opened;
use websocket_proto::websocket::{Config, Keepalive, Waiting};
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

fn write(websocket: &mut WebSocket<Server>) -> Vec<u8> {
    let output = websocket.output();
    output.copy_to_bytes(output.remaining()).to_vec()
}

fn receive_pong(websocket: &mut WebSocket<Server>) {
    websocket.input().extend_from_slice(&[0x8a, 0x80, 1, 2, 3, 4]);
    assert_eq!(websocket.receive(), Ok(Some(Message::Pong(Bytes::new()))));
}

#[test]
fn without_a_keepalive_an_open_connection_has_no_deadline() {
    let mut websocket = WebSocket::new(Server, Config::new(), Opened::new());
    assert_eq!(websocket.deadline(seconds(1)), None);
    websocket.handle_deadline(Duration::MAX);
    assert!(websocket.output().is_empty());
    websocket.send(Message::text("it waits for a slow peer")).expect("it is open");
    assert_eq!(websocket.deadline(seconds(2)), None);
    assert_eq!(websocket.state(), State::Open);
}

#[test]
fn a_silent_peer_is_pinged_after_the_interval_and_not_before() {
    let mut websocket = watching();
    assert_eq!(websocket.deadline(seconds(0)), Some(INTERVAL));
    websocket.handle_deadline(INTERVAL - Duration::from_nanos(1));
    assert!(websocket.output().is_empty());
    websocket.handle_deadline(INTERVAL);
    assert_eq!(write(&mut websocket), [0x89, 0x00]);
}

#[test]
fn whatever_comes_puts_the_ping_off() {
    let mut websocket = watching();
    websocket.input().extend_from_slice(&[0x81]);
    assert_eq!(websocket.receive(), Ok(None));
    assert_eq!(websocket.deadline(seconds(19)), Some(seconds(39)));
    websocket.handle_deadline(seconds(38));
    assert!(websocket.output().is_empty());
}

#[test]
fn the_time_for_an_answer_runs_from_when_the_ping_was_written() {
    let mut websocket = watching();
    websocket.handle_deadline(seconds(20));
    assert_eq!(websocket.deadline(seconds(20)), Some(seconds(45)), "until it must be written");
    write(&mut websocket);
    assert_eq!(websocket.deadline(seconds(40)), Some(seconds(45)), "until it must be answered");
}

#[test]
fn anything_that_comes_is_an_answer() {
    let mut websocket = watching();
    websocket.handle_deadline(seconds(20));
    write(&mut websocket);
    assert_eq!(websocket.deadline(seconds(20)), Some(seconds(25)));
    receive_pong(&mut websocket);
    assert_eq!(websocket.deadline(seconds(24)), Some(seconds(44)));
    websocket.handle_deadline(seconds(25));
    assert_eq!(websocket.receive_from(&mut BytesMut::new()), Ok(None));
}

#[test]
fn a_peer_that_stays_silent_fails_the_connection_with_1006_and_no_close() {
    let mut websocket = watching();
    websocket.handle_deadline(seconds(20));
    write(&mut websocket);
    assert_eq!(websocket.deadline(seconds(20)), Some(seconds(25)));
    websocket.handle_deadline(seconds(25));
    let error = ProtocolError::KeepaliveTimeout { timeout: TIMEOUT };
    assert_eq!(websocket.receive_from(&mut BytesMut::new()), Err(error));
    assert_eq!(error.close_code(), CloseCode::ABNORMAL);
    assert_eq!(error.to_string(), "the peer sent nothing within 5s after a Ping");
    assert_over(&mut websocket);
}

fn assert_over(websocket: &mut WebSocket<Server>) {
    assert!(websocket.output().is_empty());
    assert_eq!(
        (websocket.state(), websocket.transport_action()),
        (State::Closed, TransportAction::Drop)
    );
    assert_eq!(websocket.deadline(seconds(3600)), None);
    assert!(websocket.send(Message::text("too late")).is_err());
}

#[test]
fn a_transport_that_accepts_no_byte_fails_the_connection() {
    let mut websocket = watching();
    websocket.send(Message::text("nobody reads this")).expect("it is open");
    assert_eq!(websocket.deadline(seconds(1)), Some(INTERVAL), "first for the silence");
    websocket.handle_deadline(INTERVAL);
    assert_eq!(websocket.deadline(INTERVAL), Some(seconds(26)), "then for the write");
    websocket.handle_deadline(seconds(26));
    let error = ProtocolError::WriteTimeout { timeout: INTERVAL + TIMEOUT };
    assert_eq!(websocket.receive(), Err(error));
    assert_eq!(error.to_string(), "the transport accepted no byte for 25s");
    assert_over(&mut websocket);
}

#[test]
fn a_peer_that_only_sends_is_failed_when_it_does_not_read() {
    let mut websocket = watching();
    websocket.send(Message::text("nobody reads this")).expect("it is open");
    for second in 0..25 {
        receive_pong(&mut websocket);
        assert!(websocket.deadline(seconds(second)) <= Some(seconds(25)), "{second}");
        websocket.handle_deadline(seconds(second));
        assert_eq!(websocket.state(), State::Open);
    }
    websocket.handle_deadline(seconds(25));
    assert_over(&mut websocket);
}

#[test]
fn a_peer_that_reads_slowly_but_steadily_is_never_failed() {
    let mut websocket = watching();
    websocket.send(Message::binary(vec![7; 1000])).expect("it is open");
    for step in 1..200 {
        let now = seconds(24 * step);
        assert!(websocket.deadline(now).is_some());
        websocket.output().advance(1);
        websocket.handle_deadline(now);
        assert_eq!(websocket.state(), State::Open, "{step}");
    }
}

#[test]
fn bytes_that_a_stuck_transport_accepts_put_the_ping_off() {
    let mut websocket = watching();
    assert_eq!(websocket.deadline(seconds(0)), Some(INTERVAL));
    websocket.send(Message::text("it reads late")).expect("it is open");
    assert_eq!(websocket.deadline(seconds(10)), Some(INTERVAL), "it is stuck");
    write(&mut websocket);
    assert_eq!(websocket.deadline(seconds(15)), Some(seconds(15) + INTERVAL));
}

/// The buffers of the system may accept bytes after the peer has disappeared.
#[test]
fn a_peer_whose_transport_accepts_bytes_at_once_is_pinged_as_if_nothing_was_sent() {
    let mut websocket = watching();
    for second in 0..20 {
        assert_eq!(websocket.deadline(seconds(second)), Some(INTERVAL));
        websocket.send(Message::text("is anybody there?")).expect("it is open");
        write(&mut websocket);
    }
    websocket.handle_deadline(INTERVAL);
    assert_eq!(write(&mut websocket), [0x89, 0x00]);
}

#[test]
fn the_write_time_out_works_without_a_keepalive() {
    let config = Config::new().write_timeout(seconds(3));
    let mut websocket = WebSocket::new(Server, config, Opened::new());
    assert_eq!(websocket.deadline(seconds(1)), None);
    websocket.send(Message::text("stuck")).expect("it is open");
    assert_eq!(websocket.deadline(seconds(10)), Some(seconds(13)));
    websocket.output().advance(1);
    assert_eq!(websocket.deadline(seconds(12)), Some(seconds(15)));
    websocket.handle_deadline(seconds(15));
    assert_eq!(websocket.receive(), Err(ProtocolError::WriteTimeout { timeout: seconds(3) }));
    assert_over(&mut websocket);
}

#[test]
fn a_write_of_no_bytes_is_not_progress() {
    let config = Config::new().write_timeout(seconds(3));
    let mut websocket = WebSocket::new(Server, config, Opened::new());
    websocket.send(Message::text("stuck")).expect("it is open");
    assert_eq!(websocket.deadline(seconds(10)), Some(seconds(13)));
    websocket.output().advance(0);
    assert_eq!(websocket.deadline(seconds(12)), Some(seconds(13)));
}

#[test]
fn a_sending_half_is_cut_if_a_deadline_ends_it_while_bytes_wait() {
    for (is_written, is_cut) in [(false, true), (true, false)] {
        let mut websocket = watching();
        websocket.close(CloseCode::NORMAL, "").expect("it is open");
        if is_written {
            write(&mut websocket);
        }
        let (_receiver, mut sender) = websocket.into_split();
        let waiting = Waiting { to_receive: false, to_flush: false, message: None };
        let due = sender.deadline(seconds(1), waiting).expect("the close time-out");
        assert!(!sender.is_cut());
        assert!(sender.handle_deadline(due, waiting));
        assert_eq!(sender.is_cut(), is_cut);
    }
}

#[test]
fn a_half_that_only_sends_does_not_judge_the_silence_of_the_peer() {
    let (_receiver, mut sender) = watching().into_split();
    let waiting = Waiting { to_receive: false, to_flush: false, message: None };
    assert_eq!(sender.deadline(seconds(0), waiting), None);
    sender.handle_deadline(seconds(3600), waiting);
    assert!(sender.output().is_empty());
    // Bytes that the transport holds back count like bytes in the queue.
    let waiting = Waiting { to_flush: true, ..waiting };
    assert_eq!(sender.deadline(seconds(1), waiting), Some(seconds(26)));
    sender.handle_deadline(seconds(26), waiting);
    assert!(sender.error().is_some());
}

#[test]
fn a_flush_that_completes_is_progress() {
    let (_receiver, mut sender) = watching().into_split();
    let waiting = Waiting { to_receive: false, to_flush: true, message: None };
    assert_eq!(sender.deadline(seconds(1), waiting), Some(seconds(26)));
    sender.handle_flushed();
    assert_eq!(sender.deadline(seconds(100), waiting), Some(seconds(125)));
}

#[test]
fn a_connection_that_is_closing_is_not_pinged() {
    let mut websocket = watching();
    websocket.close(CloseCode::NORMAL, "").expect("it is open");
    write(&mut websocket);
    assert_eq!(websocket.deadline(seconds(1)), Some(seconds(11)));
    websocket.handle_deadline(seconds(10));
    assert!(websocket.output().is_empty());
}

#[test]
fn a_peer_that_does_not_answer_a_close_fails_the_connection() {
    let mut websocket = WebSocket::new(Server, Config::new(), Opened::new());
    websocket.close(CloseCode::NORMAL, "").expect("it is open");
    assert_eq!(websocket.deadline(seconds(5)), Some(seconds(15)));
    websocket.handle_deadline(seconds(15));
    let error = ProtocolError::CloseTimeout { timeout: seconds(10) };
    assert_eq!(websocket.receive(), Err(error));
    assert_eq!(error.to_string(), "the peer did not complete the closing handshake within 10s");
    assert_eq!(websocket.close_info().map(|info| info.is_clean), Some(false));
    assert_over(&mut websocket);
}

#[test]
fn a_server_that_keeps_the_transport_open_is_not_waited_for_beyond_the_close_time_out() {
    let mut client = WebSocket::new(Client::new([7; 32]), Config::new(), Opened::new());
    client.input().extend_from_slice(&[0x88, 0x02, 0x03, 0xe8]);
    assert!(matches!(client.receive(), Ok(Some(Message::Close(Some(_))))));
    client.output().advance(8);
    assert_eq!(client.transport_action(), TransportAction::Keep);
    assert_eq!(client.deadline(seconds(1)), Some(seconds(11)));
    client.handle_deadline(seconds(11));
    assert_eq!(client.transport_action(), TransportAction::Drop);
    assert_eq!(client.receive(), Ok(None), "the end is clean");
    assert_eq!(client.close_info().map(|info| info.is_clean), Some(true));
}

#[test]
fn a_time_out_of_duration_max_means_never_and_of_zero_at_once() {
    let never = Duration::MAX;
    let keepalive = Keepalive { interval: never, timeout: never };
    let config = Config::new().keepalive(keepalive).close_timeout(never).write_timeout(never);
    let mut websocket = WebSocket::new(Server, config, Opened::new());
    websocket.send(Message::text("stuck")).expect("it is open");
    assert_eq!(websocket.deadline(seconds(1)), None);
    websocket.handle_deadline(Duration::MAX);
    websocket.close(CloseCode::NORMAL, "").expect("it is open");
    assert_eq!(websocket.deadline(seconds(2)), None);
    websocket.handle_deadline(Duration::MAX);
    assert_eq!(websocket.state(), State::LocalClosing);

    let config = Config::new().close_timeout(Duration::ZERO);
    let mut websocket = WebSocket::new(Server, config, Opened::new());
    websocket.close(CloseCode::NORMAL, "").expect("it is open");
    assert_eq!(websocket.deadline(seconds(2)), Some(seconds(2)));
    websocket.handle_deadline(seconds(2));
    assert_over(&mut websocket);
}

fn limited() -> WebSocket<Server> {
    WebSocket::new(Server, Config::new().message_timeout(seconds(30)), Opened::new())
}

fn receive_nothing(websocket: &mut WebSocket<Server>, bytes: &[u8]) {
    websocket.input().extend_from_slice(bytes);
    assert_eq!(websocket.receive(), Ok(None));
}

#[test]
fn a_message_that_drips_in_has_a_time_limit() {
    // A part of a header, a part of a frame, and a frame of a message in fragments.
    for begin in [&[0x82][..], &[0x82, 0x85, 0, 0, 0, 0, b'H'], &[0x02, 0x80, 0, 0, 0, 0]] {
        let mut websocket = limited();
        assert_eq!(websocket.deadline(seconds(1)), None);
        receive_nothing(&mut websocket, begin);
        assert_eq!(websocket.deadline(seconds(5)), Some(seconds(35)));
        // A Ping between the fragments is answered, and gives no more time.
        if begin.len() == 6 {
            websocket.input().extend_from_slice(&[0x89, 0x80, 0, 0, 0, 0]);
            assert_eq!(websocket.receive(), Ok(Some(Message::Ping(Bytes::new()))));
            assert_eq!(write(&mut websocket), [0x8a, 0]);
        }
        assert_eq!(websocket.deadline(seconds(34)), Some(seconds(35)));
        websocket.handle_deadline(seconds(35));
        let error = ProtocolError::MessageTimeout { timeout: seconds(30) };
        assert_eq!(error.close_code(), CloseCode::POLICY_VIOLATION);
        assert_eq!(error.to_string(), "a message did not arrive in full within 30s");
        assert_eq!(websocket.receive(), Err(error));
        let sent = write(&mut websocket);
        assert_eq!((sent[0], &sent[2..4]), (0x88, &1008_u16.to_be_bytes()[..]));
        assert_eq!(websocket.transport_action(), TransportAction::ShutdownWrite);
        assert_eq!(websocket.deadline(seconds(36)), Some(seconds(46)), "the close time-out");
    }
}

#[test]
fn the_time_of_two_messages_does_not_add_up() {
    let mut websocket = limited();
    for step in 0..20 {
        let now = seconds(29 * step);
        // The end of one message, and the beginning of the next.
        let (end, begin): (&[u8], &[u8]) = match step % 3 {
            0 => (b"!", &[0x82, 0x81, 0, 0]),
            1 => (&[0, 0, b'x'], &[0x02, 0x81, 0, 0, 0, 0, b'y']),
            _ => (&[0x80, 0x81, 0, 0, 0, 0, b'z'], &[0x82, 0x81, 0, 0, 0, 0]),
        };
        let end = if step > 0 { end } else { &[] };
        websocket.input().extend_from_slice(end);
        websocket.input().extend_from_slice(begin);
        while websocket.receive().expect("a good peer").is_some() {}
        assert_eq!(websocket.deadline(now), Some(now + seconds(30)), "{step}");
        websocket.handle_deadline(now);
        assert_eq!(websocket.state(), State::Open);
    }
}

#[test]
fn a_split_keeps_the_keepalive() {
    let (receiver, mut sender) = watching().into_split();
    let waiting = Waiting { to_receive: true, to_flush: false, message: None };
    assert_eq!(sender.deadline(seconds(0), waiting), Some(INTERVAL));
    sender.handle_deadline(INTERVAL, waiting);
    let mut websocket = WebSocket::reunite(receiver, sender).expect("they are of one connection");
    assert_eq!(write(&mut websocket), [0x89, 0x00]);
    assert_eq!(websocket.deadline(INTERVAL), Some(INTERVAL + TIMEOUT));
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
