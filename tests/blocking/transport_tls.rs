//! Transports that behave as a TLS stream may: a write reads and a read writes, accepted bytes wait
//! for a flush, and a flush may never end.

use std::cell::Cell;
use std::io::{self, ErrorKind, Read, Write};
use std::thread;
use std::time::Duration;

use websocket_proto::blocking::{self, Connector, WebSocketStream};
use websocket_proto::connection::Server;
use websocket_proto::handshake::Opened;
use websocket_proto::io::{AcceptError, ConnectError, ConnectOptions, Error};
use websocket_proto::websocket::Config;
use websocket_proto::{CloseCode, ProtocolError};

/// Behaves as a TLS stream over a transport that accepts nothing more: it accepts bytes and cannot
/// flush them, and it reads in a write and writes in a read. A call without both time-outs would
/// wait for ever.
#[derive(Debug, Default)]
struct Coupled {
    read_timeout: Cell<Option<Duration>>,
    write_timeout: Cell<Option<Duration>>,
    /// Whether the next flush fails.
    fails: Cell<bool>,
}

impl Coupled {
    fn wait(&self) -> io::Error {
        for timeout in [&self.read_timeout, &self.write_timeout] {
            thread::sleep(timeout.get().expect("it would wait for ever"));
        }
        ErrorKind::WouldBlock.into()
    }
}

impl Read for Coupled {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(self.wait())
    }
}

impl Write for Coupled {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.fails.take() {
            return Err(ErrorKind::ConnectionReset.into());
        }
        Err(self.wait())
    }
}

impl blocking::Transport for Coupled {
    fn read_timeout(&self) -> io::Result<Option<Duration>> {
        Ok(self.read_timeout.get())
    }

    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.read_timeout.set(timeout);
        Ok(())
    }

    fn write_timeout(&self) -> io::Result<Option<Duration>> {
        Ok(self.write_timeout.get())
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.write_timeout.set(timeout);
        Ok(())
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_flush_that_never_ends_has_a_limit_and_is_not_tried_again() {
    let limit = Duration::from_millis(50);
    let config = Config::new().write_timeout(limit);
    let stream = Coupled::default();
    let mut socket =
        WebSocketStream::from_parts(stream, Server, config, Opened::new(), Default::default());
    let error = socket.send("text").unwrap_err();
    let expected = ProtocolError::WriteTimeout { timeout: limit };
    assert!(matches!(error, Error::Protocol(error) if error == expected), "{error:?}");
    // The next calls do not wait for the transport.
    assert!(socket.flush().is_err());
    assert!(matches!(socket.read(), Err(Error::Protocol(error)) if error == expected));
    assert!(matches!(socket.read(), Ok(None)));
}

#[test]
fn a_transport_whose_flush_has_failed_is_not_written_to_again() {
    let limit = Duration::from_millis(50);
    let config = Config::new().close_timeout(limit);
    let stream = Coupled { fails: Cell::new(true), ..Coupled::default() };
    let mut socket =
        WebSocketStream::from_parts(stream, Server, config, Opened::new(), Default::default());
    assert_reset(socket.send("text"));
    // From now on a flush of this transport would wait.
    assert_reset(socket.flush());
    assert_reset(socket.send("text"));
    assert_reset(socket.close(CloseCode::NORMAL, ""));
    assert_reset(socket.close(CloseCode::NORMAL, ""));
    let expected = ProtocolError::CloseTimeout { timeout: limit };
    assert!(matches!(socket.read(), Err(Error::Protocol(error)) if error == expected));
    assert!(matches!(socket.read(), Ok(None)));
}

#[track_caller]
fn assert_reset(result: Result<(), Error>) {
    let error = result.unwrap_err();
    assert!(matches!(&error, Error::Io(error) if error.kind() == ErrorKind::ConnectionReset));
}

/// A transport that keeps the accepted bytes until a flush, as a TLS stream may do.
#[derive(Debug, Default)]
struct Buffered {
    held: Vec<u8>,
    written: Vec<u8>,
    is_broken: bool,
}

impl Buffered {
    const CAPACITY: usize = 1000;
}

impl Read for Buffered {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(ErrorKind::WouldBlock.into())
    }
}

impl Write for Buffered {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = bytes.len().min(Self::CAPACITY - self.held.len());
        self.held.extend_from_slice(&bytes[..len]);
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.is_broken {
            return Err(ErrorKind::ConnectionReset.into());
        }
        self.written.append(&mut self.held);
        Ok(())
    }
}

impl blocking::Transport for Buffered {}

#[test]
fn a_transport_whose_buffer_is_full_is_flushed() {
    let mut socket = WebSocketStream::from_parts(
        Buffered::default(),
        Server,
        Config::new(),
        Opened::new(),
        Default::default(),
    );
    socket.send(vec![7; 100_000]).unwrap();
    assert_eq!(socket.stream().written.len(), 100_010);
    // A read writes what is queued.
    socket.feed(vec![7; 50_000]).unwrap();
    assert!(socket.read().unwrap_err().is_would_block());
    assert_eq!(socket.stream().written.len(), 150_014);
}

#[test]
fn a_request_that_is_larger_than_the_buffer_of_the_transport_is_written() {
    let options = ConnectOptions::new("wss://localhost/").unwrap();
    let options = options.header("X-Token", "x".repeat(5000)).unwrap();
    let mut connector = Connector::new(Buffered::default(), options).unwrap();
    let error = connector.connect().unwrap_err();
    let ConnectError::Io { error, .. } = error else { panic!("{error:?}") };
    assert_eq!(error.kind(), ErrorKind::WouldBlock, "it waits for the response");
}

#[test]
fn a_flush_that_failed_while_the_program_received_is_an_error_of_the_next_flush() {
    let mut socket = WebSocketStream::from_parts(
        Buffered::default(),
        Server,
        Config::new(),
        Opened::new(),
        Default::default(),
    );
    socket.stream_mut().is_broken = true;
    socket.feed("text").unwrap();
    assert!(socket.read().unwrap_err().is_would_block());
    assert_reset(socket.flush());
    assert_reset(socket.flush());
}

#[test]
fn a_handshake_limits_reads_and_writes_of_a_transport_that_does_both_in_one_call() {
    let limit = Duration::from_millis(50);
    let options = ConnectOptions::new("wss://localhost/").unwrap().connect_timeout(limit);
    let error = Connector::new(Coupled::default(), options).unwrap().connect().unwrap_err();
    assert!(matches!(error, ConnectError::TimedOut { .. }), "{error:?}");
    let mut acceptor = blocking::Acceptor::new(Coupled::default())
        .handshake_timeout(limit)
        .config(Config::new().close_timeout(limit));
    let error = acceptor.accept().unwrap_err();
    assert!(matches!(error, AcceptError::TimedOut { .. }), "{error:?}");
    let error = acceptor.finish().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}
