//! Every ending is right: answers leave, a read loop is enough, and nothing is told twice.

use std::future::poll_fn;
use std::pin::{Pin, pin};

use futures_core::Stream as _;
use futures_sink::Sink as _;
use support::transport::{Transport, messages, poll_and_drop, run, transport};
use support::{Frame, SEED, Side, stream};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use websocket_proto::connection::{Client, Server};
use websocket_proto::futures_io::{Error, ServerStream};
use websocket_proto::websocket::Config;
use websocket_proto::{CloseCode, Message, ProtocolError};

use crate::compat::{Compat, timed, untimed};

#[test]
fn an_answer_leaves_before_the_message_that_caused_it_is_returned() {
    let (near, peer) = transport();
    let mut socket = untimed(near, Server, Config::new());
    peer.give(stream(Side::Server, &[Frame::ping("a"), Frame::close(1000, "bye")]));
    run(socket.next()).expect("it came").expect("open").expect("a good peer");
    assert_eq!(peer.take_messages(Client::new(SEED)), [Message::Pong("a".into())]);
    run(socket.next()).expect("it came").expect("open").expect("a good peer");
    drop(socket);
    let close = Message::close(CloseCode::NORMAL, "bye").expect("sendable");
    assert_eq!(peer.take_messages(Client::new(SEED)), [close]);
}

#[test]
fn close_is_right_after_the_other_half_has_received_a_close() {
    let (near, peer) = transport();
    let (mut reader, mut writer) = untimed(near, Server, Config::new()).into_split();
    peer.room(0);
    peer.give(Frame::close(1000, "").bytes(Side::Server));
    run(reader.next()).expect("it came").expect("open").expect("a good peer");
    assert!(run(writer.close(CloseCode::NORMAL, "")).is_none(), "the answer is to be written");
    peer.open_room();
    run(writer.close(CloseCode::NORMAL, "")).expect("it is written").expect("a clean end");
    let close = Message::close(CloseCode::NORMAL, "").expect("sendable");
    assert_eq!(peer.take_messages(Client::new(SEED)), [close]);
}

#[test]
fn a_send_that_is_dropped_is_taken_over_by_the_half_that_reads() {
    let (near, peer) = transport();
    let (mut reader, mut writer) = untimed(near, Server, Config::new()).into_split();
    run(writer.flush()).expect("there is nothing").expect("a good transport");
    assert!(run(reader.next()).is_none());
    peer.room(1000);
    assert!(run(writer.send(vec![7; 5000])).is_none());
    let (task, waker) = support::transport::Task::new();
    let mut context = std::task::Context::from_waker(&waker);
    let mut next = pin!(reader.next());
    assert!(next.as_mut().poll(&mut context).is_pending());
    poll_and_drop(1, writer.flush());
    peer.open_room();
    assert!(task.take_woken(), "the half that reads takes over");
    assert!(next.as_mut().poll(&mut context).is_pending());
    assert_eq!(peer.take_messages(Client::new(SEED)), [Message::binary(vec![7; 5000])]);
}

#[test]
fn the_stream_and_the_sink_close_the_connection() {
    let (near, peer) = transport();
    let mut socket: ServerStream<Compat<Transport>> = untimed(near, Server, Config::new());
    run(poll_fn(|context| Pin::new(&mut socket).poll_close(context)))
        .expect("it is taken")
        .expect("it is open");
    peer.give(stream(Side::Server, &[Frame::text("last"), Frame::close(1000, "")]));
    let mut received = Vec::new();
    while let Some(next) =
        run(poll_fn(|context| Pin::new(&mut socket).poll_next(context))).expect("it is over")
    {
        received.push(next.expect("a good peer"));
    }
    let close = Message::close(CloseCode::NORMAL, "").expect("sendable");
    assert_eq!(received, [Message::text("last"), close.clone()]);
    assert_eq!(peer.take_messages(Client::new(SEED)), [close]);
    assert!(peer.state().shut);
}

async fn echo(mut socket: ServerStream<Compat<TcpStream>>) -> Result<(), Error> {
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_data() {
            socket.feed(message).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_read_loop_is_a_right_ending_with_much_unread_behind_a_fault() {
    for has_timer in [true, false] {
        for _ in 0..20 {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
            let address = listener.local_addr().expect("bound");
            let (client, server) = tokio::join!(TcpStream::connect(address), listener.accept());
            let (mut client, server) = (client.expect("connected"), server.expect("accepted").0);
            let config = Config::new();
            let socket = if has_timer {
                timed(server, Server, config)
            } else {
                untimed(server, Server, config)
            };
            let serving = tokio::spawn(echo(socket));
            let mut bytes = Frame::text("not masked").unmasked().bytes(Side::Server);
            bytes.resize(300_000, 0);
            client.write_all(&bytes).await.expect("the server reads all of it");
            let mut heard = Vec::new();
            client.read_to_end(&mut heard).await.expect("no reset");
            let sent = messages(Client::new(SEED), &heard);
            assert!(matches!(&sent[..], [Message::Close(Some(frame))] if frame.code().0 == 1002));
            drop(client);
            let error = serving.await.expect("no panic").expect_err("a fault");
            assert!(matches!(error, Error::Protocol(ProtocolError::UnmaskedFrame)), "{error:?}");
        }
    }
}
