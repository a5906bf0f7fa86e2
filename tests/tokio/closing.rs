//! The closing handshake in the tokio adapter: its time-out, who closes TCP first, peers that
//! vanish or misbehave.

use std::io::ErrorKind;
use std::time::Duration;
use support::closed;

use bytes::BytesMut;
use support::transport::{Transport, messages, open, open_with, run, within};
use support::{Frame, SEED, Side, stream};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};
use websocket_proto::connection::{Client, Role, Server, State};
use websocket_proto::handshake::Opened;
use websocket_proto::io::Error;
use websocket_proto::tokio::WebSocketStream;
use websocket_proto::websocket::Config;
use websocket_proto::{CloseCode, CloseFrame, Message, ProtocolError, SendError};

#[track_caller]
fn received<R: Role>(socket: &mut WebSocketStream<Transport, R>) -> Message {
    run(socket.next()).expect("it has come").expect("it is open").expect("a good peer")
}

#[track_caller]
fn is_over<R: Role>(socket: &mut WebSocketStream<Transport, R>) {
    for _ in 0..3 {
        assert!(matches!(run(socket.next()), Some(None)));
    }
}

fn close_message(code: u16, reason: &str) -> Message {
    Message::close(CloseCode(code), reason).expect("sendable")
}

/// Both ends of a TCP connection, of which the first is to be the WebSocket's.
async fn tcp() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let address = listener.local_addr().expect("bound");
    let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
    (near.expect("connected"), far.expect("accepted").0)
}

fn over<S: AsyncRead + AsyncWrite + Unpin, R: Role>(
    transport: S,
    role: R,
) -> WebSocketStream<S, R> {
    WebSocketStream::from_parts(transport, role, Config::new(), Opened::new(), BytesMut::new())
}

async fn read_frame(stream: &mut TcpStream, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    stream.read_exact(&mut bytes).await.expect("a frame");
    bytes
}

fn protocol(error: Error) -> ProtocolError {
    let Error::Protocol(error) = error else { panic!("{error:?}") };
    error
}

async fn read_end(stream: &mut TcpStream) {
    let mut nothing = [0; 1];
    assert_eq!(stream.read(&mut nothing).await.expect("no reset"), 0);
}

#[tokio::test(start_paused = true)]
async fn close_waits_for_a_silent_peer_as_long_as_is_configured() {
    for (config, seconds) in
        [(Config::new(), 10), (Config::new().close_timeout(Duration::from_secs(3)), 3)]
    {
        let (mut socket, peer) = open_with(Server, config);
        let begin = Instant::now();
        let error = within(closed(&mut socket, CloseCode::GOING_AWAY, "bye"))
            .await
            .expect_err("it is silent");
        let timeout = Duration::from_secs(seconds);
        assert_eq!(protocol(error), ProtocolError::CloseTimeout { timeout });
        assert_eq!(begin.elapsed().as_secs(), seconds);
        assert_eq!(peer.take_messages(Client::new(SEED)), [close_message(1001, "bye")]);
    }
}

#[tokio::test(start_paused = true)]
async fn close_gives_up_on_a_peer_that_takes_nothing() {
    let (mut socket, peer) = open(Server);
    peer.room(0);
    let begin = Instant::now();
    let error =
        within(closed(&mut socket, CloseCode::NORMAL, "")).await.expect_err("it takes nothing");
    let timeout = Duration::from_secs(10);
    assert_eq!(protocol(error), ProtocolError::CloseTimeout { timeout });
    assert_eq!(begin.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_client_gives_up_on_a_server_that_does_not_close_the_transport() {
    let (mut socket, peer) = open(Client::new(SEED));
    peer.give(Frame::close(1000, "").bytes(Side::Client));
    let begin = Instant::now();
    within(closed(&mut socket, CloseCode::NORMAL, "")).await.expect("a clean end");
    assert_eq!(begin.elapsed().as_secs(), 10);
    assert!(peer.state().shut, "the server learns that nobody waits any more");
}

#[tokio::test(start_paused = true)]
async fn the_half_that_receives_gives_up_too() {
    let (socket, peer) = open(Client::new(SEED));
    let (mut reader, mut writer) = socket.into_split();
    within(writer.close(CloseCode::NORMAL, "")).await.expect("it is sent");
    peer.give(stream(Side::Client, &[Frame::text("late"), Frame::close(1000, "")]));
    let begin = Instant::now();
    within(reader.finish()).await.expect("a clean end");
    assert_eq!(begin.elapsed().as_secs(), 10);
    within(reader.finish()).await.expect("a clean end");
}

#[tokio::test(start_paused = true)]
async fn close_gives_up_on_a_faulty_peer_that_sends_on_for_ever() {
    let (near, mut far) = duplex(1024);
    let mut socket = over(near, Server);
    let flood = tokio::spawn(async move {
        let junk = Frame::text("not masked").unmasked().bytes(Side::Server);
        while far.write_all(&junk).await.is_ok() {
            sleep(Duration::from_millis(100)).await;
        }
    });
    let begin = Instant::now();
    let error = within(socket.next()).await.expect("open").expect_err("it is not masked");
    assert_eq!(protocol(error), ProtocolError::UnmaskedFrame);
    assert_eq!(begin.elapsed().as_secs(), 10);
    within(closed(&mut socket, CloseCode::NORMAL, "")).await.expect("there is nothing more to do");
    drop(socket);
    within(flood).await.expect("it ends with the socket");
}

#[tokio::test(start_paused = true)]
async fn close_passes_over_the_messages_that_still_come() {
    let (mut socket, peer) = open(Server);
    let frames = [Frame::text("late"), Frame::ping("late"), Frame::close(1000, "")];
    peer.give(stream(Side::Server, &frames));
    within(closed(&mut socket, CloseCode::NORMAL, "")).await.expect("a good peer");
    // RFC 6455 5.5.1: not even a Pong is sent behind a Close.
    assert_eq!(peer.take_messages(Client::new(SEED)), [close_message(1000, "")]);
    assert!(peer.state().shut);
    within(closed(&mut socket, CloseCode::NORMAL, "")).await.expect("it is closed already");
    assert_eq!(peer.take_written(), b"");
}

#[tokio::test(start_paused = true)]
async fn close_behind_the_close_of_the_peer_sees_its_answer_out() {
    let (mut socket, peer) = open(Server);
    peer.hesitate();
    peer.give(Frame::close(3001, "bye").bytes(Side::Server));
    assert_eq!(received(&mut socket), close_message(3001, "bye"));
    within(closed(&mut socket, CloseCode::NORMAL, "ignored")).await.expect("a good peer");
    assert_eq!(peer.take_messages(Client::new(SEED)), [close_message(3001, "bye")]);
    assert!(peer.state().shut);
}

#[tokio::test(start_paused = true)]
async fn a_code_or_reason_that_cannot_be_sent_leaves_the_connection_open() {
    let (mut socket, peer) = open(Server);
    let error = within(closed(&mut socket, CloseCode::ABNORMAL, "")).await;
    assert!(matches!(error, Err(Error::Send(SendError::UnsendableCloseCode { .. }))));
    let error = within(closed(&mut socket, CloseCode::NORMAL, &"x".repeat(124))).await;
    assert!(matches!(error, Err(Error::Send(SendError::CloseReasonTooLong { len: 124 }))));
    assert_eq!(socket.state(), State::Open);
    within(socket.send("still here")).await.expect("it is open");
    assert_eq!(peer.take_messages(Client::new(SEED)), [Message::text("still here")]);
}

#[test]
fn a_close_that_is_sent_as_a_message_lets_the_last_messages_be_seen() {
    let (mut socket, peer) = open(Server);
    run(socket.send(close_message(1000, "done"))).expect("there is room").expect("it is open");
    peer.give(stream(Side::Server, &[Frame::text("last"), Frame::close(1000, "")]));
    assert_eq!(received(&mut socket), Message::text("last"));
    assert_eq!(received(&mut socket), close_message(1000, ""));
    is_over(&mut socket);
    assert_eq!(peer.take_messages(Client::new(SEED)), [close_message(1000, "done")]);
}

#[test]
fn a_peer_that_vanishes_is_told_once_as_1006() {
    fn check<R: Role>(role: impl Fn() -> R, side: Side) {
        let cut = Frame::text("half a frame").bytes(side);
        for rest in [&[][..], &cut[..1], &cut[..cut.len() - 1]] {
            let (mut socket, peer) = open(role());
            peer.give(Frame::text("before").bytes(side));
            peer.give(rest);
            peer.end();
            assert_eq!(received(&mut socket), Message::text("before"));
            let error = run(socket.next()).expect("it ended").expect("once").expect_err("no Close");
            let Error::Protocol(error) = error else { panic!("{error:?}") };
            assert_eq!(error, ProtocolError::UnexpectedEof);
            assert_eq!(error.close_code(), CloseCode::ABNORMAL);
            is_over(&mut socket);
            assert_eq!(socket.state(), State::Closed);
        }
    }
    check(|| Server, Side::Server);
    check(|| Client::new(SEED), Side::Client);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_vanishes_while_it_should_answer_a_close_is_told_of() {
    let (mut socket, peer) = open(Server);
    peer.end();
    let error = within(closed(&mut socket, CloseCode::NORMAL, "")).await;
    assert!(matches!(error, Err(Error::Protocol(ProtocolError::UnexpectedEof))), "{error:?}");
    within(closed(&mut socket, CloseCode::NORMAL, "")).await.expect("there is nothing more to do");
    is_over(&mut socket);
}

#[test]
fn the_answer_to_a_close_leaves_though_the_transport_ended_with_it() {
    fn check<R: Role>(role: R, far: impl Role, side: Side) {
        let (mut socket, peer) = open(role);
        peer.room(0);
        run(socket.feed("before")).expect("there is room").expect("it is open");
        peer.give(Frame::close(1000, "").bytes(side));
        peer.end();
        assert_eq!(received(&mut socket), close_message(1000, ""));
        assert!(run(socket.next()).is_none(), "there is something to write");
        peer.open_room();
        is_over(&mut socket);
        let expected = [Message::text("before"), close_message(1000, "")];
        assert_eq!(peer.take_messages(far), expected);
        assert!(peer.state().shut);
    }
    check(Server, Client::new(SEED), Side::Server);
    check(Client::new(SEED), Server, Side::Client);
}

#[test]
fn a_reset_behind_both_closes_is_no_error_and_before_them_it_is() {
    fn check<R: Role>(role: impl Fn() -> R, side: Side) {
        let (mut socket, peer) = open(role());
        peer.give(Frame::close(1000, "").bytes(side));
        peer.fail_reads(ErrorKind::ConnectionReset);
        assert_eq!(received(&mut socket), close_message(1000, ""));
        is_over(&mut socket);

        let (mut socket, peer) = open(role());
        run(socket.send(close_message(1000, ""))).expect("there is room").expect("it is open");
        peer.fail_reads(ErrorKind::ConnectionReset);
        let error = run(socket.next()).expect("it failed").expect("once").expect_err("no Close");
        assert!(matches!(error, Error::Io(error) if error.kind() == ErrorKind::ConnectionReset));
        is_over(&mut socket);
    }
    check(|| Server, Side::Server);
    check(|| Client::new(SEED), Side::Client);
}

#[tokio::test]
async fn a_reset_of_tcp_behind_both_closes_is_no_error() {
    let (near, mut far) = tcp().await;
    let mut client = over(near, Client::new(SEED));
    far.write_all(&Frame::close(1000, "").bytes(Side::Client)).await.expect("it is read");
    let close = within(client.next()).await.expect("it came").expect("a good peer");
    assert_eq!(close, close_message(1000, ""));
    // The answer has not been read, if it has been written at all.
    far.set_zero_linger().expect("a socket");
    drop(far);
    within(closed(&mut client, CloseCode::NORMAL, "")).await.expect("all was said");
    assert!(within(client.next()).await.is_none());
}

#[tokio::test]
async fn a_server_closes_tcp_first_whoever_began() {
    for server_begins in [true, false] {
        let (mut client, near) = tcp().await;
        let server = tokio::spawn(async move {
            let mut server = over(near, Server);
            if server_begins {
                closed(&mut server, CloseCode::NORMAL, "").await.expect("a good client");
            } else {
                let close = server.next().await.expect("it came").expect("a good client");
                assert_eq!(close, close_message(1000, ""));
                assert!(server.next().await.is_none());
            }
            // It is not dropped: what the client sees is not due to that.
            server
        });
        let close = Frame::close(1000, "");
        let bytes = close.bytes(Side::Client);
        within(async {
            if server_begins {
                assert_eq!(read_frame(&mut client, bytes.len()).await, bytes);
                client.write_all(&close.bytes(Side::Server)).await.expect("it is read");
            } else {
                client.write_all(&close.bytes(Side::Server)).await.expect("it is read");
                assert_eq!(read_frame(&mut client, bytes.len()).await, bytes);
            }
            // The client has closed nothing yet.
            read_end(&mut client).await;
        })
        .await;
        within(server).await.expect("it does not panic");
    }
}

#[test]
fn a_client_leaves_the_transport_to_the_server() {
    let (mut socket, peer) = open(Client::new(SEED));
    run(socket.send(close_message(1000, ""))).expect("there is room").expect("it is open");
    peer.give(Frame::close(1000, "").bytes(Side::Client));
    assert_eq!(received(&mut socket), close_message(1000, ""));
    assert!(run(socket.next()).is_none(), "the server has not closed it");
    assert!(!peer.state().shut);
    peer.end();
    is_over(&mut socket);
}

#[tokio::test]
async fn both_ends_close_over_tcp_whoever_begins() {
    for server_begins in [true, false] {
        let (near, far) = tcp().await;
        let (mut client, mut server) = (over(near, Client::new(SEED)), over(far, Server));
        let frame = CloseFrame::new(CloseCode::GOING_AWAY, "bye").expect("sendable");
        let heard = Message::Close(Some(Box::new(frame)));
        let (begun, answered) = if server_begins {
            within(async {
                tokio::join!(closed(&mut server, CloseCode::GOING_AWAY, "bye"), async {
                    let next = client.next().await;
                    (next, client.next().await.is_none())
                })
            })
            .await
        } else {
            within(async {
                tokio::join!(closed(&mut client, CloseCode::GOING_AWAY, "bye"), async {
                    let next = server.next().await;
                    (next, server.next().await.is_none())
                })
            })
            .await
        };
        begun.expect("a good peer");
        let (next, is_over) = answered;
        assert_eq!(next.expect("it came").expect("a good peer"), heard);
        assert!(is_over);
        assert_eq!((client.state(), server.state()), (State::Closed, State::Closed));
    }
}

#[tokio::test]
async fn the_close_that_reports_a_fault_arrives_though_much_is_in_flight() {
    let (mut client, near) = tcp().await;
    let server = tokio::spawn(async move {
        let mut server = over(near, Server);
        let error = server.next().await.expect("open").expect_err("it is not masked");
        assert!(matches!(error, Error::Protocol(ProtocolError::UnmaskedFrame)));
        closed(&mut server, CloseCode::NORMAL, "").await.expect("the client ends it");
    });
    within(async {
        let mut bytes = Frame::text("not masked").unmasked().bytes(Side::Server);
        bytes.resize(1 << 20, 0xa5);
        client.write_all(&bytes).await.expect("the server reads all of it");
        let mut heard = Vec::new();
        client.read_to_end(&mut heard).await.expect("no reset");
        let sent = messages(Client::new(SEED), &heard);
        assert!(matches!(&sent[..], [Message::Close(Some(frame))] if frame.code().0 == 1002));
        drop(client);
        server.await.expect("it does not panic");
    })
    .await;
}

#[test]
fn the_close_that_reports_a_fault_is_written_before_the_error_is_told() {
    let (mut socket, peer) = open(Server);
    peer.give(Frame::text("not masked").unmasked().bytes(Side::Server));
    assert!(run(socket.next()).is_none(), "the peer has not ended the transport");
    peer.end();
    run(socket.next()).expect("it came").expect("open").expect_err("a fault");
    // Whoever drops the socket now has sent it nevertheless.
    drop(socket);
    let sent = peer.take_messages(Client::new(SEED));
    assert!(matches!(&sent[..], [Message::Close(Some(frame))] if frame.code().0 == 1002));
}

#[test]
fn what_is_queued_leaves_before_the_close_that_reports_a_fault() {
    let (mut socket, peer) = open(Server);
    peer.room(0);
    run(socket.feed("before")).expect("there is room").expect("it is open");
    peer.give(Frame::text("not masked").unmasked().bytes(Side::Server));
    assert!(run(socket.next()).is_none(), "it is still to be written");
    peer.give([0xa5; 10_000]);
    peer.end();
    assert!(run(socket.next()).is_none(), "it is still to be written");
    peer.open_room();
    let error = run(socket.next()).expect("it came").expect("open").expect_err("a fault");
    assert_eq!(protocol(error), ProtocolError::UnmaskedFrame);
    is_over(&mut socket);
    let sent = peer.take_messages(Client::new(SEED));
    assert_eq!(sent[0], Message::text("before"));
    assert!(matches!(&sent[1..], [Message::Close(Some(frame))] if frame.code().0 == 1002));
    assert!(peer.state().shut);
}
