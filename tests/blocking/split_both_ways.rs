//! Two halves at each end: both ends send and receive at once, and close.

use std::thread;

use crate::loopback::*;
use bytes::Bytes;
use websocket_proto::blocking::{ReadHalf, WriteHalf};
use websocket_proto::connection::Role;
use websocket_proto::websocket::Config;
use websocket_proto::{CloseCode, Message};

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
        match &message {
            Message::Binary(bytes) => {
                let n = number(bytes);
                assert_eq!(bytes.len(), 4 + (n as usize * 37) % 9000);
                assert!(bytes[4..].iter().all(|byte| *byte == n as u8));
                heard.push(n);
            }
            Message::Pong(payload) => pongs.push(number(payload)),
            Message::Ping(_) | Message::Close(_) => {}
            Message::Text(_) | Message::Oversized { .. } => panic!("{message}"),
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
        let close = Message::close(CloseCode::GOING_AWAY, "restart").unwrap();
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
