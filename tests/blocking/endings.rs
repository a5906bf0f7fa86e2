//! Every ending of the blocking adapter comes in time and is right, whole and in halves, over TCP.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::halves::STUCK;
use crate::limited::{LIMIT, LONG, limited, protocol, server, soon};
use crate::loopback::bounded;
use support::messages::{self, TEXT, close_code, decode};
use websocket_proto::blocking::{Error, WebSocketStream};
use websocket_proto::connection::Server;
use websocket_proto::websocket::{Config, Keepalive};
use websocket_proto::{CloseCode, Message, ProtocolError};

#[test]
fn finish_ends_in_time_though_the_peer_never_stops_sending() {
    for split in [false, true] {
        let (mut server, mut peer) = server(limited());
        let flood = thread::spawn(move || {
            let burst = messages::From::Client.frame(TEXT, "x".repeat(1000)).repeat(100);
            while peer.write_all(&burst).is_ok() {}
        });
        let error = soon(move || {
            if split {
                let (mut reader, _writer) = server.into_split().unwrap();
                reader.finish()
            } else {
                server.finish()
            }
        })
        .unwrap_err();
        assert_eq!(protocol(error), ProtocolError::CloseTimeout { timeout: LIMIT });
        flood.join().unwrap();
    }
}

#[test]
fn a_flush_that_a_slow_peer_keeps_alive_ends_with_the_close_time_out() {
    for split in [false, true] {
        let (mut server, mut peer) = server(limited());
        let slow = thread::spawn(move || {
            while peer.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {
                thread::sleep(Duration::from_millis(1));
            }
        });
        soon(move || {
            server.feed(vec![7; STUCK]).unwrap();
            if split {
                let (_reader, mut writer) = server.into_split().unwrap();
                writer.close(CloseCode::NORMAL, "")
            } else {
                server.close(CloseCode::NORMAL, "")
            }
        })
        .unwrap_err();
        slow.join().unwrap();
    }
}

#[test]
fn a_client_that_sends_more_behind_its_close_sees_the_answer_and_no_reset() {
    for split in [false, true] {
        for _ in 0..20 {
            let (mut server, mut peer) = server(limited());
            let mut bytes = messages::From::Client.close(1000, "");
            bytes.resize(300_000, 0);
            let sending = thread::spawn(move || {
                peer.write_all(&bytes).unwrap();
                let mut answer = Vec::new();
                peer.read_to_end(&mut answer).expect("no reset");
                answer
            });
            bounded(move || {
                if split {
                    let (mut reader, _writer) = server.into_split().unwrap();
                    while reader.read().unwrap().is_some() {}
                } else {
                    while server.read().unwrap().is_some() {}
                }
            });
            let answer = sending.join().unwrap();
            assert_eq!(close_code(&decode(&answer)[0]), Some(1000));
        }
    }
}

#[test]
fn a_read_loop_is_a_right_ending_with_much_unread_behind_a_fault() {
    for split in [false, true] {
        for _ in 0..20 {
            let (mut server, mut peer) = server(Config::new());
            let mut bytes = messages::From::Server.frame(TEXT, "not masked");
            bytes.resize(300_000, 0);
            let serving = thread::spawn(move || {
                let mut serve = || -> Result<(), Error> {
                    while let Some(message) = server.read()? {
                        server.send(message)?;
                    }
                    Ok(())
                };
                if !split {
                    return serve();
                }
                let (mut reader, mut writer) = server.into_split().unwrap();
                while let Some(message) = reader.read()? {
                    writer.send(message)?;
                }
                Ok(())
            });
            let answer = bounded(move || {
                peer.write_all(&bytes).unwrap();
                let mut answer = Vec::new();
                peer.read_to_end(&mut answer).expect("no reset");
                answer
            });
            assert_eq!(close_code(&decode(&answer)[0]), Some(1002));
            assert_eq!(
                protocol(serving.join().unwrap().unwrap_err()),
                ProtocolError::UnmaskedFrame
            );
        }
    }
}

/// An application that limits only its writes must not wait in a read while it has something to
/// write.
#[test]
fn a_write_that_ran_out_of_time_goes_on_before_the_peer_speaks() {
    let (mut server, mut peer) = server(Config::new());
    server.stream().set_write_timeout(Some(Duration::from_millis(20))).unwrap();
    let answering = thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        peer.read_exact(&mut vec![0; STUCK + 10]).unwrap();
        peer.write_all(&messages::From::Client.frame(TEXT, "thanks")).unwrap();
        peer
    });
    let message = soon(move || {
        server.feed(vec![7; STUCK]).unwrap();
        loop {
            match server.read() {
                Err(error) if error.is_would_block() => {}
                read => break read,
            }
        }
    });
    assert_eq!(message.unwrap(), Some(Message::text("thanks")));
    drop(answering.join().unwrap());
}

/// Bytes that are lost are not a reason to try again.
#[test]
fn a_flush_that_lost_its_bytes_is_not_to_be_repeated() {
    let (mut server, mut peer) = server(limited());
    let error = soon(move || {
        server.feed(vec![7; STUCK]).unwrap();
        peer.write_all(&messages::From::Client.close(1000, "")).unwrap();
        let error = loop {
            match server.read() {
                Ok(Some(_)) => {}
                Ok(None) => break server.flush().unwrap_err(),
                Err(error) => panic!("{error:?}"),
            }
        };
        drop(peer);
        error
    });
    assert!(!error.is_would_block(), "{error:?}");
    assert!(error.is_disconnected(), "{error:?}");
}

/// Time that the application takes is not silence of the peer: what has come is read before a peer
/// is given up.
#[test]
fn a_peer_that_answered_while_the_application_was_busy_is_not_given_up() {
    for split in [false, true] {
        let keepalive =
            Keepalive { interval: Duration::from_millis(100), timeout: Duration::from_millis(400) };
        let (mut server, peer) = server(Config::new().keepalive(keepalive));
        server.stream().set_read_timeout(Some(Duration::from_millis(150))).unwrap();
        bounded(move || {
            peer.set_nonblocking(true).unwrap();
            let is_asked = || peer.peek(&mut [0]).is_ok();
            let answer = |mut peer: &TcpStream| {
                let mut ping = [0; 2];
                peer.read_exact(&mut ping).unwrap();
                assert_eq!(ping, [0x89, 0]);
                peer.write_all(&messages::From::Client.frame(TEXT, "here")).unwrap();
                thread::sleep(Duration::from_secs(1));
            };
            if split {
                let (mut reader, _writer) = server.into_split().unwrap();
                while !is_asked() {
                    assert!(reader.read().unwrap_err().is_would_block());
                }
                answer(&peer);
                assert_eq!(reader.read().unwrap(), Some(Message::text("here")));
            } else {
                while !is_asked() {
                    assert!(server.read().unwrap_err().is_would_block());
                }
                answer(&peer);
                assert_eq!(server.read().unwrap(), Some(Message::text("here")));
            }
        });
    }
}

#[test]
fn a_close_that_came_while_the_application_was_busy_is_a_clean_end() {
    for split in [false, true] {
        let (mut server, mut peer) = server(limited());
        server.stream().set_read_timeout(Some(LIMIT / 10)).unwrap();
        bounded(move || {
            let late = |peer: &mut TcpStream| {
                peer.write_all(&messages::From::Client.close(1000, "")).unwrap();
                thread::sleep(2 * LIMIT);
            };
            if split {
                let (mut reader, mut writer) = server.into_split().unwrap();
                writer.close(CloseCode::NORMAL, "").unwrap();
                assert!(reader.read().unwrap_err().is_would_block());
                late(&mut peer);
                assert!(matches!(reader.read(), Ok(Some(Message::Close(_)))));
                assert!(matches!(reader.read(), Ok(None)));
            } else {
                server.close(CloseCode::NORMAL, "").unwrap();
                assert!(server.read().unwrap_err().is_would_block());
                late(&mut peer);
                assert!(matches!(server.read(), Ok(Some(Message::Close(_)))));
                assert!(matches!(server.read(), Ok(None)));
            }
        });
    }
}

#[test]
fn a_socket_that_does_not_block_is_told_of_and_goes_on_whole_and_in_halves() {
    for split in [false, true] {
        let (mut server, mut peer) = server(Config::new());
        server.stream().set_nonblocking(true).unwrap();
        let reading = thread::spawn(move || {
            thread::sleep(LIMIT / 5);
            peer.read_exact(&mut vec![0; STUCK + 10]).unwrap();
            peer.write_all(&messages::From::Client.frame(TEXT, "thanks")).unwrap();
            peer
        });
        let thanks = bounded(move || {
            let is_pending = |result: &Result<(), Error>| match result {
                Err(error) => {
                    assert!(error.is_would_block(), "{error:?}");
                    thread::sleep(Duration::from_millis(1));
                    true
                }
                Ok(()) => false,
            };
            if split {
                let (mut reader, mut writer) = server.into_split().unwrap();
                assert!(reader.read().unwrap_err().is_would_block());
                assert!(is_pending(&writer.send(vec![7; STUCK])));
                while is_pending(&writer.flush()) {}
                loop {
                    match reader.read() {
                        Err(error) if error.is_would_block() => {}
                        read => break read,
                    }
                }
            } else {
                assert!(server.read().unwrap_err().is_would_block());
                assert!(is_pending(&server.send(vec![7; STUCK])));
                while is_pending(&server.flush()) {}
                loop {
                    match server.read() {
                        Err(error) if error.is_would_block() => {}
                        read => break read,
                    }
                }
            }
        });
        assert_eq!(thanks.unwrap(), Some(Message::text("thanks")));
        drop(reading.join().unwrap());
    }
}

fn assert_reads_close_and_end(mut server: WebSocketStream<TcpStream, Server>, split: bool) {
    let [close, end] = if split {
        let (mut reader, _writer) = server.into_split().unwrap();
        [reader.read(), reader.read()]
    } else {
        [server.read(), server.read()]
    };
    assert!(matches!(close, Ok(Some(Message::Close(_)))), "{close:?}");
    assert_eq!(end.unwrap(), None);
}

/// The peer has ended its side, so nothing can be read while the rest is written.
#[test]
fn a_read_reports_the_end_and_not_a_time_out_though_the_peer_takes_the_rest_late() {
    for split in [false, true] {
        let (mut server, mut peer) = server(Config::new());
        let slow = thread::spawn(move || {
            peer.write_all(&messages::From::Client.close(1000, "")).unwrap();
            peer.shutdown(Shutdown::Write).unwrap();
            thread::sleep(LIMIT / 2);
            let mut sent = Vec::new();
            peer.read_to_end(&mut sent).unwrap();
            sent.len()
        });
        soon(move || {
            server.feed(vec![7; STUCK]).unwrap();
            assert_reads_close_and_end(server, split);
        });
        assert_eq!(slow.join().unwrap(), STUCK + 10 + 4);
    }
}

/// A server does not wait for a client that has sent nothing after its Close.
#[test]
fn a_server_ends_at_once_after_a_clean_close_though_the_client_stays() {
    for split in [false, true] {
        // On a busy machine one attempt can take long.
        let fastest = (0..5).map(|_| time_of_a_clean_close(split)).min().unwrap();
        assert!(fastest < LIMIT / 2, "{fastest:?}");
    }
}

fn time_of_a_clean_close(split: bool) -> Duration {
    let (server, mut peer) = server(Config::new());
    server.stream().set_read_timeout(Some(LONG)).unwrap();
    peer.write_all(&messages::From::Client.close(1000, "")).unwrap();
    let begin = Instant::now();
    bounded(move || assert_reads_close_and_end(server, split));
    drop(peer);
    begin.elapsed()
}
