//! Two halves in two threads: what the reader owes is sent whatever the writer does.
#![cfg(feature = "std")]

#[path = "common/loopback.rs"]
mod loopback;
#[path = "common/messages.rs"]
mod messages;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc;
use std::thread;

use bytes::Bytes;
use loopback::*;
use messages::{BINARY, CLOSE, PING, PONG, TEXT, close_code, decode, decode_one};
use websocket_proto::adapter::Error;
use websocket_proto::blocking::{ReadHalf, WebSocketStream, WriteHalf};
use websocket_proto::connection::{Client, Role, Server, State};
use websocket_proto::frame::Kind;
use websocket_proto::websocket::{Config, Prepared};
use websocket_proto::{CloseCode, Message, ProtocolError, SendError};

/// More than the buffers of a connection over loopback hold.
const STUCK: usize = 32 << 20;

/// The halves of one end, and the bare transport of the other.
fn halves<R: Role>(
    open: impl FnOnce() -> (WebSocketStream<TcpStream, R>, TcpStream),
) -> (ReadHalf<R>, WriteHalf<R>, TcpStream) {
    let (socket, peer) = open();
    peer.set_read_timeout(Some(LIMIT)).unwrap();
    let (reader, writer) = socket.into_split().unwrap();
    (reader, writer, peer)
}

fn server() -> (WebSocketStream<TcpStream, Server>, TcpStream) {
    let (server, client) = connected(Config::new(), Config::new());
    (server, client.into_stream())
}

fn client() -> (WebSocketStream<TcpStream, Client>, TcpStream) {
    let (server, client) = connected(Config::new(), Config::new());
    (client, server.into_stream())
}

/// The next frame of the bare transport.
fn read_frame(stream: &mut TcpStream) -> messages::Frame {
    let mut bytes = Vec::new();
    loop {
        if let Some((frame, _)) = decode_one(&bytes) {
            return frame;
        }
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        bytes.push(byte[0]);
    }
}

/// Reads the header of a frame that is larger than the buffers, so that its writer is stuck.
fn read_large_header(stream: &mut TcpStream, masked: bool) {
    let mut header = [0; 14];
    stream.read_exact(&mut header[..if masked { 14 } else { 10 }]).unwrap();
    assert_eq!(header[2..10], (STUCK as u64).to_be_bytes());
}

fn pings_are_answered_while_the_writer_is_idle<R: Role + Send + 'static>(
    (mut reader, writer, mut peer): (ReadHalf<R>, WriteHalf<R>, TcpStream),
    from: messages::From,
) {
    let reading = thread::spawn(move || {
        for n in 0..10 {
            assert_eq!(reader.read().unwrap(), Some(Message::Ping(Bytes::from(vec![n]))));
        }
    });
    for n in 0..10 {
        peer.write_all(&from.frame(PING, [n])).unwrap();
        let pong = read_frame(&mut peer);
        assert_eq!((pong.opcode, pong.payload), (PONG, vec![n]));
    }
    reading.join().unwrap();
    drop(writer);
}

#[test]
fn a_server_answers_pings_while_its_writer_is_idle() {
    bounded(|| pings_are_answered_while_the_writer_is_idle(halves(server), messages::From::Client));
}

#[test]
fn a_client_answers_pings_while_its_writer_is_idle() {
    bounded(|| pings_are_answered_while_the_writer_is_idle(halves(client), messages::From::Server));
}

#[test]
fn pings_are_answered_when_the_writer_is_gone() {
    bounded(|| {
        let (mut reader, writer, mut peer) = halves(server);
        drop(writer);
        peer.write_all(&messages::From::Client.frame(PING, "?")).unwrap();
        assert!(reader.read().unwrap().is_some());
        assert_eq!(read_frame(&mut peer).opcode, PONG);
    });
}

#[test]
fn pings_are_answered_however_low_the_high_water_mark() {
    bounded(|| {
        let (socket, client) = connected(Config::new().high_water_mark(0), Config::new());
        let (mut reader, mut writer) = socket.into_split().unwrap();
        let mut peer = client.into_stream();
        peer.write_all(&messages::From::Client.frame(PING, "?")).unwrap();
        assert!(reader.read().unwrap().is_some());
        assert_eq!(read_frame(&mut peer).opcode, PONG);
        writer.send("and messages are sent").unwrap();
        assert_eq!(read_frame(&mut peer).opcode, TEXT);
    });
}

#[test]
fn pings_are_left_alone_when_the_configuration_says_so() {
    bounded(|| {
        let (socket, client) = connected(Config::new().answer_pings(false), Config::new());
        let (mut reader, mut writer) = socket.into_split().unwrap();
        let mut peer = client.into_stream();
        peer.write_all(&messages::From::Client.frame(PING, "?")).unwrap();
        assert!(reader.read().unwrap().is_some());
        writer.send("first").unwrap();
        assert_eq!(read_frame(&mut peer).opcode, TEXT);
    });
}

fn reading_goes_on_while_the_writer_is_stuck<R: Role + Send + 'static>(
    (mut reader, mut writer, mut peer): (ReadHalf<R>, WriteHalf<R>, TcpStream),
    from: messages::From,
) {
    let writing = thread::spawn(move || {
        writer.send(vec![7; STUCK]).unwrap();
        writer
    });
    read_large_header(&mut peer, from == messages::From::Server);
    let (heard, hears) = mpsc::channel();
    let reading = thread::spawn(move || {
        while let Some(message) = reader.read().unwrap() {
            heard.send(message).unwrap();
        }
        reader
    });
    // The writer waits for us to read, and yet everything is heard.
    for frame in [from.frame(PING, "1"), from.frame(TEXT, "x"), from.frame(PING, "2")] {
        peer.write_all(&frame).unwrap();
        hears.recv_timeout(LIMIT).unwrap();
    }
    let mut payload = vec![0; STUCK];
    peer.read_exact(&mut payload).unwrap();
    // RFC 6455 5.5.3: the newest Ping is answered, once the frame under way has ended.
    let pong = read_frame(&mut peer);
    assert_eq!((pong.opcode, &pong.payload[..]), (PONG, &b"2"[..]));
    writing.join().unwrap();

    peer.write_all(&from.close(1000, "")).unwrap();
    assert_eq!(close_code(&read_frame(&mut peer)), Some(1000));
    peer.shutdown(Shutdown::Both).unwrap();
    reading.join().unwrap().finish().unwrap();
}

#[test]
fn a_server_reads_on_while_its_writer_is_stuck_and_answers_when_it_is_not() {
    bounded(|| reading_goes_on_while_the_writer_is_stuck(halves(server), messages::From::Client));
}

#[test]
fn a_client_reads_on_while_its_writer_is_stuck_and_answers_when_it_is_not() {
    bounded(|| reading_goes_on_while_the_writer_is_stuck(halves(client), messages::From::Server));
}

#[test]
fn a_close_that_comes_while_the_writer_is_stuck_is_answered_behind_its_message() {
    bounded(|| {
        let (mut reader, mut writer, mut peer) = halves(server);
        let writing = thread::spawn(move || {
            writer.send(vec![7; STUCK]).unwrap();
            // Whoever goes on is told.
            let refused = writer.send("more").unwrap_err();
            assert!(
                matches!(&refused, Error::Rejected(r) if r.error == SendError::Closing),
                "{refused:?}"
            );
        });
        read_large_header(&mut peer, false);
        let from = messages::From::Client;
        peer.write_all(&[from.frame(PING, "?"), from.close(1001, "")].concat()).unwrap();
        assert!(matches!(reader.read(), Ok(Some(Message::Ping(_)))));
        assert!(matches!(reader.read(), Ok(Some(Message::Close(_)))));
        assert_eq!(reader.read().unwrap(), None);
        let finishing = thread::spawn(move || reader.finish());
        let mut payload = vec![0; STUCK];
        peer.read_exact(&mut payload).unwrap();
        let rest = decode(&read_to_fin(&mut peer));
        // The Pong may have been in time or not; the Close is the last.
        let opcodes: Vec<_> = rest.iter().map(|frame| frame.opcode).collect();
        assert_eq!(opcodes.last(), Some(&CLOSE));
        assert!(opcodes.len() <= 2, "{opcodes:?}");
        drop(peer);
        finishing.join().unwrap().unwrap();
        writing.join().unwrap();
    });
}

#[test]
fn an_error_is_reported_while_the_writer_is_idle() {
    bounded(|| {
        let (mut reader, mut writer, mut peer) = halves(server);
        peer.write_all(&[0x83, 0x80, 0xff]).unwrap();
        for _ in 0..2 {
            let error = reader.read().unwrap_err();
            let expected = ProtocolError::ReservedOpCode { opcode: 3 };
            assert!(matches!(&error, Error::Protocol(error) if *error == expected), "{error:?}");
        }
        let refused = writer.send("too late");
        assert!(matches!(refused, Err(Error::Rejected(_))), "{refused:?}");
        let finishing = thread::spawn(move || reader.finish());
        let [close] = &decode(&read_to_fin(&mut peer))[..] else { panic!("one Close") };
        assert_eq!(close_code(close), Some(1002));
        drop(peer);
        finishing.join().unwrap().unwrap();
    });
}

#[test]
fn a_transport_that_ends_is_told_to_the_reader() {
    bounded(|| {
        let (mut reader, _writer, peer) = halves(client);
        peer.shutdown(Shutdown::Write).unwrap();
        for _ in 0..2 {
            let error = reader.read().unwrap_err();
            assert!(matches!(error, Error::Protocol(ProtocolError::UnexpectedEof)), "{error:?}");
        }
        drop(peer);
        reader.finish().unwrap();
    });
}

#[test]
fn a_message_half_read_and_a_queue_half_written_go_on_in_the_halves() {
    bounded(|| {
        let (server, client) = connected(Config::new(), Config::new());
        let mut peer = client.into_stream();
        let mut server = server;
        let from = messages::From::Client;
        let early = [from.frame(TEXT, "whole"), from.part(TEXT, "one ")].concat();
        peer.write_all(&early).unwrap();
        assert_eq!(server.read().unwrap(), Some(Message::text("whole")));
        server.feed("queued").unwrap();
        let (mut reader, mut writer) = server.into_split().unwrap();
        writer.send_fragment(Kind::Text, false, &b"frag"[..]).unwrap();
        writer.send_fragment(Kind::Text, true, &b"ment"[..]).unwrap();
        writer.send_prepared(&Prepared::binary(&b"prepared"[..])).unwrap();
        let sent: Vec<_> = (0..4).map(|_| read_frame(&mut peer).payload).collect();
        assert_eq!(sent, [&b"queued"[..], b"frag", b"ment", b"prepared"]);
        peer.write_all(&from.frame(messages::CONTINUATION, "two")).unwrap();
        assert_eq!(reader.read().unwrap(), Some(Message::text("one two")));
    });
}

#[test]
fn what_a_writer_cannot_send_comes_back() {
    bounded(|| {
        let (_reader, mut writer, _peer) = halves(server);
        let refused = writer.send(Message::Ping(vec![0; 126].into()));
        assert!(matches!(refused, Err(Error::Rejected(_))), "{refused:?}");
        let refused = writer.send_fragment(Kind::Text, true, &b"\xff"[..]);
        assert!(matches!(refused, Err(Error::Send(SendError::InvalidUtf8 { offset: 0 }))));
        let refused = writer.close(CloseCode::NO_STATUS, "");
        assert!(matches!(refused, Err(Error::Send(SendError::UnsendableCloseCode { .. }))));
        writer.close(CloseCode::NORMAL, "").unwrap();
        let refused = writer.send_prepared(&Prepared::text("x"));
        assert!(matches!(refused, Err(Error::Send(SendError::Closing))));
        writer.flush().unwrap();
    });
}

/// Sends numbered messages of many sizes, with a Ping behind each tenth.
fn talk<R: Role>(writer: &mut WriteHalf<R>, count: u32) {
    for n in 0..count {
        let mut payload = n.to_be_bytes().to_vec();
        payload.resize(4 + (n as usize * 37) % 9000, n as u8);
        writer.send(payload).unwrap();
        if n % 10 == 9 {
            writer.send(Message::Ping(Bytes::copy_from_slice(&n.to_be_bytes()))).unwrap();
        }
    }
}

/// Reads to the end: the numbers of the messages and of the Pongs.
fn listen<R: Role>(reader: &mut ReadHalf<R>) -> (Vec<u32>, Vec<u32>) {
    let number = |bytes: &[u8]| u32::from_be_bytes(*bytes.first_chunk().unwrap());
    let (mut heard, mut pongs) = (Vec::new(), Vec::new());
    while let Some(message) = reader.read().unwrap() {
        match message {
            Message::Binary(bytes) => {
                let n = number(&bytes);
                assert_eq!(bytes.len(), 4 + (n as usize * 37) % 9000);
                assert!(bytes[4..].iter().all(|byte| *byte == n as u8));
                heard.push(n);
            }
            Message::Pong(payload) => pongs.push(number(&payload)),
            Message::Ping(_) | Message::Close(_) => {}
            Message::Text(text) => panic!("{text}"),
        }
    }
    (heard, pongs)
}

#[test]
fn four_threads_talk_and_listen_at_once_and_close() {
    bounded(|| {
        const COUNT: u32 = 1000;
        let (server, client) = connected(Config::new(), Config::new());
        let (mut server_reader, mut server_writer) = server.into_split().unwrap();
        let (mut client_reader, mut client_writer) = client.into_split().unwrap();
        let server_talking = thread::spawn(move || talk(&mut server_writer, COUNT));
        let client_talking = thread::spawn(move || {
            talk(&mut client_writer, COUNT);
            client_writer
        });
        let server_listening = thread::spawn(move || {
            let heard = listen(&mut server_reader);
            server_reader.finish().unwrap();
            heard
        });
        let client_listening = thread::spawn(move || {
            let heard = listen(&mut client_reader);
            client_reader.finish().unwrap();
            heard
        });
        server_talking.join().unwrap();
        client_talking.join().unwrap().close(CloseCode::NORMAL, "").unwrap();
        for listening in [server_listening, client_listening] {
            let (heard, pongs) = listening.join().unwrap();
            assert!(heard.into_iter().eq(0..COUNT));
            // A Pong may give way to a newer one, and comes in order, and at most once.
            assert!(pongs.is_sorted_by(|one, next| one < next), "{pongs:?}");
            assert!(pongs.iter().all(|n| n % 10 == 9));
        }
    });
}

#[test]
fn a_writer_closes_and_its_reader_completes_the_handshake() {
    bounded(|| {
        let (server, client) = connected(Config::new(), Config::new());
        let (mut server_reader, mut server_writer) = server.into_split().unwrap();
        let (mut client_reader, client_writer) = client.into_split().unwrap();
        drop(client_writer);
        let reading = thread::spawn(move || {
            assert_eq!(client_reader.read().unwrap(), Some(Message::text("bye")));
            let close = Message::close(CloseCode::GOING_AWAY, "restart").unwrap();
            assert_eq!(client_reader.read().unwrap(), Some(close));
            assert_eq!(client_reader.read().unwrap(), None);
            assert_eq!(client_reader.read().unwrap(), None);
            client_reader.finish().unwrap();
        });
        server_writer.send("bye").unwrap();
        server_writer.close(CloseCode::GOING_AWAY, "restart").unwrap();
        let close = Message::close(CloseCode::GOING_AWAY, "").unwrap();
        assert_eq!(server_reader.read().unwrap(), Some(close));
        assert_eq!(server_reader.read().unwrap(), None);
        server_reader.finish().unwrap();
        reading.join().unwrap();
    });
}

#[test]
fn large_messages_cross_without_waiting_for_each_other() {
    // Were the readers to wait for the writers, all four would wait for ever.
    bounded(|| {
        let (server, client) = connected(Config::new(), Config::new());
        let (mut server_reader, mut server_writer) = server.into_split().unwrap();
        let (mut client_reader, mut client_writer) = client.into_split().unwrap();
        let large = || Bytes::from(vec![1; 16 << 20]);
        let talking = [
            thread::spawn(move || server_writer.send(large()).unwrap()),
            thread::spawn(move || client_writer.send(large()).unwrap()),
        ];
        let reading = thread::spawn(move || client_reader.read().unwrap().unwrap());
        let at_server = server_reader.read().unwrap().unwrap();
        let at_client = reading.join().unwrap();
        for message in [at_server, at_client] {
            assert_eq!(message.payload().map(<[u8]>::len), Some(16 << 20));
        }
        talking.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn halves_that_are_reunited_go_on_where_they_were() {
    bounded(|| {
        let (mut reader, mut writer, mut peer) = halves(server);
        let from = messages::From::Client;
        let early = [from.frame(PING, "?"), from.part(TEXT, "one ")].concat();
        peer.write_all(&early).unwrap();
        assert!(matches!(reader.read(), Ok(Some(Message::Ping(_)))));
        writer.send_fragment(Kind::Binary, false, &b"half"[..]).unwrap();
        let mut socket = reader.reunite(writer).unwrap();
        assert_eq!(socket.state(), State::Open);

        peer.write_all(&from.frame(messages::CONTINUATION, "two")).unwrap();
        assert_eq!(socket.read().unwrap(), Some(Message::text("one two")));
        let refused = socket.send("not between fragments");
        assert!(matches!(refused, Err(Error::Rejected(_))), "{refused:?}");
        socket.send_fragment(Kind::Binary, true, &b"whole"[..]).unwrap();
        // And answers by itself again.
        peer.write_all(&[from.frame(PING, "!"), from.close(1000, "")].concat()).unwrap();
        while socket.read().unwrap().is_some() {}
        assert_eq!(socket.state(), State::Closed);
        let finishing = thread::spawn(move || socket.finish());
        let sent = decode(&read_to_fin(&mut peer));
        let opcodes: Vec<_> = sent.iter().map(|frame| frame.opcode).collect();
        assert_eq!(opcodes, [PONG, BINARY, messages::CONTINUATION, PONG, CLOSE]);
        drop(peer);
        finishing.join().unwrap().unwrap();
    });
}

#[test]
fn a_pong_that_found_the_queue_full_leaves_after_the_halves_are_reunited() {
    bounded(|| {
        let (mut reader, mut writer, mut peer) = halves(|| {
            let config = Config::new().high_water_mark(1);
            let (server, client) = connected(config, Config::new());
            server.stream().set_nonblocking(true).unwrap();
            (server, client.into_stream())
        });
        let sent = writer.send(vec![7; STUCK]);
        assert!(matches!(sent, Err(Error::Io(_))), "{sent:?}");
        peer.write_all(&messages::From::Client.frame(PING, "?")).unwrap();
        while reader.read().is_err() {}

        let mut socket = reader.reunite(writer).unwrap();
        socket.stream().set_nonblocking(false).unwrap();
        let flushing = thread::spawn(move || socket.flush().map(|()| socket));
        read_large_header(&mut peer, false);
        peer.read_exact(&mut vec![0; STUCK]).unwrap();
        let pong = read_frame(&mut peer);
        assert_eq!((pong.opcode, &pong.payload[..]), (PONG, &b"?"[..]));
        flushing.join().unwrap().unwrap();
    });
}

#[test]
fn halves_that_have_failed_are_reunited_as_such() {
    bounded(|| {
        let (mut reader, writer, mut peer) = halves(server);
        peer.write_all(&[0x83, 0x80]).unwrap();
        reader.read().unwrap_err();
        let mut socket = reader.reunite(writer).unwrap();
        assert_eq!(socket.state(), State::Closed);
        assert!(matches!(socket.read(), Err(Error::Protocol(_))));
        assert!(matches!(socket.send("x"), Err(Error::Rejected(_))));
    });
}

#[test]
fn halves_of_two_connections_are_handed_back() {
    bounded(|| {
        let (mut one_reader, mut one_writer, mut one_peer) = halves(server);
        let (other_reader, other_writer, _other_peer) = halves(server);
        let error = one_reader.reunite(other_writer).unwrap_err();
        assert_eq!(error.to_string(), "the two halves are not of one websocket");
        let other_writer = error.1;
        one_reader = error.0;
        // All of them are as good as before.
        one_writer.send("x").unwrap();
        assert_eq!(read_frame(&mut one_peer).opcode, TEXT);
        assert!(one_reader.reunite(one_writer).is_ok());
        assert!(other_reader.reunite(other_writer).is_ok());
    });
}

#[test]
fn binary_frames_of_a_client_are_masked_in_the_halves_too() {
    bounded(|| {
        let (_reader, mut writer, mut peer) = halves(client);
        writer.send(vec![1; 10]).unwrap();
        let frame = read_frame(&mut peer);
        assert!(frame.opcode == BINARY && frame.key.is_some() && frame.payload == [1; 10]);
    });
}

/// Who has held the writer for a moment sees to what became due meanwhile.
#[cfg(feature = "deflate")]
#[test]
fn a_ping_that_comes_while_the_writer_chooses_or_releases_is_answered() {
    use websocket_proto::deflate::Compress;

    bounded(|| {
        let (mut reader, mut writer, mut peer) = halves(server);
        peer.set_read_timeout(Some(LIMIT / 4)).unwrap();
        let reading =
            thread::spawn(move || while let Ok(Some(Message::Ping(_))) = reader.read() {});
        let asking = thread::spawn(move || {
            for _ in 0..2000 {
                peer.write_all(&messages::From::Client.frame(PING, "?")).unwrap();
                assert_eq!(read_frame(&mut peer).opcode, PONG);
            }
            peer.shutdown(Shutdown::Both).unwrap();
        });
        while !asking.is_finished() {
            writer.compress(Compress::Auto);
            writer.release();
        }
        asking.join().expect("every ping is answered");
        reading.join().unwrap();
    });
}
