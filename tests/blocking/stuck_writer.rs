//! The half that reads goes on, and ends in time, while the half that writes is stuck.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

use crate::halves::STUCK;
use crate::limited::{LIMIT, limited, protocol, server, soon};
use crate::loopback::bounded;
use support::messages::{self, TEXT};
use websocket_proto::blocking::{Error, ReadHalf, WriteHalf};
use websocket_proto::connection::Server;
use websocket_proto::websocket::Config;
use websocket_proto::{Message, ProtocolError};

/// A half that writes, and what its send came to.
type Written = (WriteHalf<Server>, Result<(), Error>);

/// The halves of a server whose writer is stuck, because the peer reads nothing.
fn stuck(config: Config) -> (ReadHalf<Server>, thread::JoinHandle<Written>, TcpStream) {
    let (server, mut peer) = server(config);
    let (reader, mut writer) = server.into_split().unwrap();
    let writing = thread::spawn(move || {
        let sent = writer.send(vec![7; STUCK]);
        (writer, sent)
    });
    peer.read_exact(&mut [0; 10]).unwrap();
    thread::sleep(Duration::from_millis(100));
    (reader, writing, peer)
}

#[test]
fn the_end_of_the_transport_is_told_in_time_though_the_writer_is_stuck() {
    let (mut reader, writing, peer) = stuck(limited());
    peer.shutdown(Shutdown::Write).unwrap();
    let error = soon(move || reader.read()).unwrap_err();
    assert_eq!(protocol(error), ProtocolError::UnexpectedEof);
    soon(move || writing.join().unwrap()).1.unwrap_err();
    drop(peer);
}

#[test]
fn finish_of_the_half_that_reads_ends_in_time_though_the_writer_is_stuck() {
    let (mut reader, writing, peer) = stuck(limited());
    let error = soon(move || reader.finish()).unwrap_err();
    assert_eq!(protocol(error), ProtocolError::CloseTimeout { timeout: LIMIT });
    soon(move || writing.join().unwrap()).1.unwrap_err();
    drop(peer);
}

#[test]
fn what_a_faulty_peer_sends_on_is_not_kept_though_the_writer_is_stuck() {
    let (mut reader, writing, mut peer) = stuck(Config::new().close_timeout(2 * LIMIT));
    let flood = thread::spawn(move || {
        let _ = peer.write_all(&[0xff]);
        while peer.write_all(&[0; 1 << 16]).is_ok() {}
    });
    let (reader, error) = bounded(move || {
        let error = reader.read().unwrap_err();
        (reader, error)
    });
    assert_eq!(protocol(error), ProtocolError::ReservedOpCode { opcode: 15 });
    let (writer, sent) = bounded(move || writing.join().unwrap());
    sent.unwrap_err();
    let kept = reader.reunite(writer).unwrap().into_parts().input.len();
    assert!(kept <= 1 << 20, "{kept} bytes");
    flood.join().unwrap();
}

#[test]
fn the_half_that_reads_goes_on_while_the_other_is_stuck_though_the_peer_floods_it_with_pings() {
    let (mut reader, writing, mut peer) = stuck(limited());
    let flood = thread::spawn(move || {
        let ping = messages::From::Client.frame(messages::PING, "x".repeat(125));
        for _ in 0..20 {
            peer.write_all(&ping.repeat(1000)).unwrap();
        }
        peer.write_all(&messages::From::Client.frame(TEXT, "last")).unwrap();
        peer
    });
    let (reader, pings) = bounded(move || {
        let mut pings = 0;
        while let Some(Message::Ping(_)) = reader.read().unwrap() {
            pings += 1;
        }
        (reader, pings)
    });
    assert_eq!(pings, 20_000);
    // The peer takes what waits after all, and one Pong for all of the Pings.
    let mut peer = flood.join().unwrap();
    let (_, sent) = bounded(move || {
        peer.read_exact(&mut vec![0; STUCK]).unwrap();
        let mut pong = vec![0; 127];
        peer.read_exact(&mut pong).unwrap();
        assert_eq!(pong[..2], [0x8a, 125]);
        writing.join().unwrap()
    });
    sent.unwrap();
    drop(reader);
}
