//! Both ends of every time limit over TCP: zero, which a socket refuses as a time-out, and times
//! beyond the range of the clock.

use std::time::Duration;

use crate::loopback::*;
use websocket_proto::blocking::{Acceptor, Error, connect};
use websocket_proto::io::AcceptError;
use websocket_proto::websocket::{Config, Keepalive};
use websocket_proto::{CloseCode, Message, ProtocolError};

const ZERO: Duration = Duration::ZERO;
const NEVER: [Duration; 3] = [
    Duration::MAX,
    Duration::MAX.saturating_sub(Duration::from_nanos(1)),
    Duration::from_secs(1 << 62),
];

fn limited(time: Duration) -> Config {
    Config::new()
        .write_timeout(time)
        .message_timeout(time)
        .close_timeout(time)
        .keepalive(Keepalive { interval: time, timeout: time })
}

#[track_caller]
fn assert_fails<T: std::fmt::Debug>(result: Result<T, Error>, expected: ProtocolError) {
    match result {
        Err(Error::Protocol(error)) => assert_eq!(error, expected),
        result => panic!("{result:?}"),
    }
}

#[test]
fn limits_beyond_the_clock_never_end_a_conversation() {
    bounded(|| {
        for never in NEVER {
            let (address, server) = serve(move |stream| {
                let mut acceptor =
                    Acceptor::new(stream).handshake_timeout(never).config(limited(never));
                let mut socket = acceptor.accept().unwrap();
                while let Some(message) = socket.read().unwrap() {
                    if message.is_data() {
                        socket.send(message).unwrap();
                    }
                }
                socket.finish().unwrap();
            });
            let options = options(address)
                .connect_timeout(never)
                .refusal_body_timeout(never)
                .config(limited(never));
            let mut client = connect(options.clone()).unwrap();
            client.send("whole").unwrap();
            assert_eq!(client.read().unwrap(), Some(Message::text("whole")));
            let (mut reader, mut writer) = client.into_split().unwrap();
            writer.send("halves").unwrap();
            assert_eq!(reader.read().unwrap(), Some(Message::text("halves")));
            writer.close(CloseCode::NORMAL, "").unwrap();
            while reader.read().unwrap().is_some() {}
            reader.finish().unwrap();
            server.join().unwrap();
        }
    });
}

#[test]
fn limits_of_zero_end_every_wait_at_once() {
    bounded(|| {
        let (mut server, _client) = connected(Config::new().close_timeout(ZERO), Config::new());
        assert_fails(server.finish(), ProtocolError::CloseTimeout { timeout: ZERO });

        let keepalive = Keepalive { interval: ZERO, timeout: ZERO };
        let (mut server, _client) = connected(Config::new().keepalive(keepalive), Config::new());
        assert_fails(server.read(), ProtocolError::KeepaliveTimeout { timeout: ZERO });
        let (server, _client) = connected(Config::new().keepalive(keepalive), Config::new());
        let (mut reader, _writer) = server.into_split().unwrap();
        assert_fails(reader.read(), ProtocolError::KeepaliveTimeout { timeout: ZERO });

        // The socket buffers of the system are smaller than this.
        let large = vec![7; 64 << 20];
        let (mut server, _client) = connected(Config::new().write_timeout(ZERO), Config::new());
        assert_fails(server.send(large.clone()), ProtocolError::WriteTimeout { timeout: ZERO });
        let (server, _client) = connected(Config::new().write_timeout(ZERO), Config::new());
        let (_reader, mut writer) = server.into_split().unwrap();
        assert_fails(writer.send(large), ProtocolError::WriteTimeout { timeout: ZERO });

        let (mut server, client) = connected(Config::new().message_timeout(ZERO), Config::new());
        let mut client = client.into_parts().stream;
        std::io::Write::write_all(&mut client, &[0x82, 0xfe]).unwrap();
        assert_fails(server.read(), ProtocolError::MessageTimeout { timeout: ZERO });
    });
}

#[test]
fn an_opening_handshake_without_time_is_over_at_once() {
    bounded(|| {
        let (address, server) = serve(|stream| {
            let accepted = Acceptor::new(stream).handshake_timeout(ZERO).accept();
            assert!(matches!(accepted, Err(AcceptError::TimedOut { limit: ZERO })), "{accepted:?}");
        });
        let mut silent = raw(address);
        assert!(read_head(&mut silent).starts_with("HTTP/1.1 408 "));
        server.join().unwrap();
    });
}
