//! The waits of the blocking adapter have a limit: for the end of the connection, for a peer that is
//! silent, and for one that reads nothing. The peers that do not let a connection end run at the same
//! time, so the test takes only as long as the slowest of them.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::limited::{LIMIT, limited as config, protocol};
use crate::loopback::{bounded, connected, raw, serve};
use websocket_proto::blocking::{Acceptor, Error, Transport, WebSocketStream};
use websocket_proto::connection::Server;
use websocket_proto::websocket::{Config, Keepalive};
use websocket_proto::{CloseCode, Message, ProtocolError};

/// A client whose server says good-bye and does not end the transport.
fn a_server_that_does_not_hang_up() {
    let (server, mut client) = connected(config(), config());
    let mut server = server.into_parts().stream;
    server.write_all(&[0x88, 0x02, 0x03, 0xe8]).unwrap();
    assert!(matches!(client.read(), Ok(Some(Message::Close(_)))));
    assert!(matches!(client.read(), Ok(None)), "the end is clean");
    client.close(CloseCode::NORMAL, "").unwrap();
    client.finish().unwrap();
}

/// The same, for halves.
fn a_server_that_does_not_hang_up_on_halves() {
    let (server, client) = connected(config(), config());
    let (mut reader, mut writer) = client.into_split().unwrap();
    let mut server = server.into_parts().stream;
    server.write_all(&[0x88, 0x02, 0x03, 0xe8]).unwrap();
    assert!(matches!(reader.read(), Ok(Some(Message::Close(_)))));
    assert!(matches!(reader.read(), Ok(None)), "the end is clean");
    writer.close(CloseCode::NORMAL, "").unwrap();
    reader.finish().unwrap();
}

/// A server whose peer does not answer its Close.
fn a_peer_that_does_not_answer() {
    let (mut server, client) = connected(config(), config());
    let error = server.finish().unwrap_err();
    assert_eq!(protocol(error), ProtocolError::CloseTimeout { timeout: LIMIT });
    server.finish().unwrap();
    drop(client);
}

/// A writer closes while the reader is already waiting.
fn a_peer_that_does_not_answer_a_half() {
    let (server, client) = connected(config(), config());
    let (mut reader, mut writer) = server.into_split().unwrap();
    let reading = thread::spawn(move || reader.read());
    thread::sleep(Duration::from_millis(50));
    writer.close(CloseCode::NORMAL, "").unwrap();
    let error = reading.join().unwrap().unwrap_err();
    assert_eq!(protocol(error), ProtocolError::CloseTimeout { timeout: LIMIT });
    drop(client);
}

/// A server whose peer broke the protocol, and stays.
fn a_faulty_peer_that_stays() {
    let (mut server, client) = connected(config(), config());
    let mut peer = client.into_parts().stream;
    peer.write_all(&[0xff]).unwrap();
    assert_eq!(protocol(server.read().unwrap_err()), ProtocolError::ReservedOpCode { opcode: 15 });
    assert!(matches!(server.read(), Ok(None)));
    server.finish().unwrap();
}

/// A server whose peer reads nothing, and so keeps the thread that writes from ending.
fn a_peer_that_reads_nothing() {
    let (server, client) = connected(config(), config());
    let (mut reader, mut writer) = server.into_split().unwrap();
    let mut peer = client.into_parts().stream;
    let writing = thread::spawn(move || writer.send(vec![7; 32 << 20]));
    peer.read_exact(&mut [0; 10]).unwrap();
    peer.write_all(&[0xff]).unwrap();
    assert_eq!(protocol(reader.read().unwrap_err()), ProtocolError::ReservedOpCode { opcode: 15 });
    // The writer has been let go.
    writing.join().unwrap().unwrap_err();
    drop(peer);
}

/// The keepalive runs in the blocking adapter too, whole and in halves, in both directions.
fn a_silent_peer() {
    let keepalive = Keepalive { interval: LIMIT / 4, timeout: LIMIT / 4 };
    let error = ProtocolError::KeepaliveTimeout { timeout: LIMIT / 4 };
    let watching = || {
        let (server, client) = connected(Config::new().keepalive(keepalive), config());
        (server, client.into_parts().stream)
    };
    let (mut server, peer) = watching();
    assert_eq!(protocol(server.read().unwrap_err()), error);
    drop(peer);

    let (server, peer) = watching();
    let (mut reader, _writer) = server.into_split().unwrap();
    assert_eq!(protocol(reader.read().unwrap_err()), error);
    drop(peer);

    let stuck = ProtocolError::WriteTimeout { timeout: LIMIT / 2 };
    let (mut server, peer) = watching();
    assert_eq!(protocol(server.send(vec![7; 32 << 20]).unwrap_err()), stuck);
    drop(peer);

    let (server, peer) = watching();
    let (_reader, mut writer) = server.into_split().unwrap();
    assert_eq!(protocol(writer.send(vec![7; 32 << 20]).unwrap_err()), stuck);
    drop(peer);
}

/// A server that refused a request of somebody who stays.
fn a_refused_client_that_does_not_hang_up() {
    let (address, server) = serve(|stream| {
        let mut acceptor = Acceptor::new(stream).config(config());
        acceptor.accept().unwrap_err();
        acceptor.finish().unwrap_err().kind()
    });
    let mut stream = raw(address);
    stream.write_all(b"\x16\x03\x01").unwrap();
    assert_eq!(server.join().unwrap(), ErrorKind::TimedOut);
    drop(stream);
}

#[test]
fn a_peer_that_does_not_let_the_connection_end_is_given_up() {
    let peers: [fn(); 8] = [
        a_server_that_does_not_hang_up,
        a_server_that_does_not_hang_up_on_halves,
        a_peer_that_does_not_answer,
        a_peer_that_does_not_answer_a_half,
        a_faulty_peer_that_stays,
        a_peer_that_reads_nothing,
        a_silent_peer,
        a_refused_client_that_does_not_hang_up,
    ];
    bounded(move || {
        let begin = Instant::now();
        for thread in peers.map(thread::spawn) {
            thread.join().unwrap();
        }
        assert!(begin.elapsed() >= LIMIT);
    });
}

/// A client that floods with Pings and reads nothing must not keep the half that reads from
/// reading.
#[test]
fn a_flood_of_pings_does_not_stop_the_half_that_reads() {
    bounded(|| {
        let (server, client) = connected(Config::new(), Config::new());
        let (mut reader, _writer) = server.into_split().unwrap();
        let mut peer: TcpStream = client.into_parts().stream;
        let flood = thread::spawn(move || {
            let ping = [&[0x89, 0x80 | 125, 0, 0, 0, 0][..], &[b'p'; 125]].concat();
            let burst = ping.repeat(1000);
            for _ in 0..150 {
                peer.write_all(&burst).unwrap();
            }
            peer.write_all(&[0x81, 0x80, 0, 0, 0, 0]).unwrap();
            peer
        });
        let mut pings = 0;
        while let Some(Message::Ping(_)) = reader.read().unwrap() {
            pings += 1;
        }
        assert_eq!(pings, 150_000);
        drop(flood.join().unwrap());
    });
}

/// The adapter changes the time-outs of the socket while it waits, and no longer.
#[test]
fn the_time_outs_that_the_application_has_set_stay() {
    bounded(|| {
        let keepalive = Keepalive { interval: LIMIT, timeout: LIMIT };
        let (mut server, _client) = connected(Config::new().keepalive(keepalive), Config::new());
        let own = Some(Duration::from_millis(40));
        TcpStream::set_read_timeout(server.stream(), own).unwrap();
        for _ in 0..2 {
            assert!(server.read().unwrap_err().is_would_block());
        }
        server.send("text").unwrap();
        assert_eq!(TcpStream::read_timeout(server.stream()).unwrap(), own);
        let (mut reader, mut writer) = server.into_split().unwrap();
        assert!(reader.read().unwrap_err().is_would_block());
        writer.send("text").unwrap();
        let server = reader.reunite(writer).unwrap();
        assert_eq!(TcpStream::read_timeout(server.stream()).unwrap(), own);
        assert_eq!(TcpStream::write_timeout(server.stream()).unwrap(), None);
    });
}

/// An application that reads with a short time-out has the same limits as one that waits.
#[test]
fn a_short_read_time_out_of_the_application_does_not_delay_a_limit() {
    bounded(|| {
        let mut threads = Vec::new();
        for own in [Duration::from_millis(1), LIMIT / 10] {
            for split in [false, true] {
                let keepalive = Keepalive { interval: LIMIT, timeout: LIMIT };
                let limits = [
                    (config().keepalive(keepalive), &[][..]),
                    (config().message_timeout(LIMIT), &[0x82, 0xfe]),
                    (config(), &[0x88, 0x80, 0, 0, 0, 0]),
                ];
                for (config, bytes) in limits {
                    let test = move || ends_with_a_short_read_time_out(own, split, config, bytes);
                    threads.push(thread::spawn(test));
                }
            }
        }
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

fn ends_with_a_short_read_time_out(own: Duration, split: bool, config: Config, bytes: &[u8]) {
    let (mut server, client) = connected(config.answer_close(false), Config::new());
    let mut peer = client.into_parts().stream;
    peer.write_all(bytes).unwrap();
    TcpStream::set_read_timeout(server.stream(), Some(own)).unwrap();
    let begin = Instant::now();
    let is_over = |read: Result<Option<Message>, Error>| match read {
        Ok(Some(Message::Close(_))) => false,
        Err(error) if error.is_would_block() => {
            assert!(begin.elapsed() < 40 * LIMIT, "it goes on");
            false
        }
        Ok(None) | Err(Error::Protocol(_)) => true,
        read => panic!("{read:?}"),
    };
    if split {
        let (mut reader, _writer) = server.into_split().unwrap();
        while !is_over(reader.read()) {}
    } else {
        while !is_over(server.read()) {}
    }
    assert!(begin.elapsed() >= LIMIT);
    drop(peer);
}

/// A transport that cannot be limited in time is not waited for at the end.
#[test]
fn a_transport_without_time_outs_ends_at_once() {
    #[derive(Debug)]
    struct Silent(&'static [u8]);

    impl Transport for Silent {}

    impl Read for Silent {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            assert!(!self.0.is_empty(), "this read would block for ever");
            self.0.read(buffer)
        }
    }

    impl Write for Silent {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    for (bytes, is_clean) in [(&[0x88, 0x80, 0, 0, 0, 0][..], true), (&[0xff], false)] {
        let stream = Silent(bytes);
        let mut socket = WebSocketStream::from_parts(
            stream,
            Server,
            Config::new(),
            Default::default(),
            Default::default(),
        );
        let first = socket.read();
        assert_eq!(first.is_ok(), is_clean, "{first:?}");
        assert!(matches!(socket.read(), Ok(None)));
    }
}
