//! Servers and raw clients over the loopback interface, for the tests of the blocking adapter.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use websocket_proto::blocking::{self, Acceptor, WebSocketStream};
use websocket_proto::connection::{Client, Role, Server, State};
use websocket_proto::io::ConnectOptions;
use websocket_proto::websocket::Config;
use websocket_proto::{CloseCode, Message};

/// How long anything may take before a test fails for it: much longer than it does.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// An error that goes from one thread to another.
pub(crate) type AnyError = Box<dyn Error + Send + Sync>;

/// Runs `test` in a thread of its own, and fails when that hangs.
#[track_caller]
pub(crate) fn bounded<T: Send + 'static>(test: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, wait) = mpsc::channel();
    let thread = thread::spawn(move || {
        let result = test();
        let _ = done.send(());
        result
    });
    if wait.recv_timeout(LIMIT) == Err(mpsc::RecvTimeoutError::Timeout) {
        panic!("it hangs");
    }
    match thread.join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// A server for one connection, in a thread.
pub(crate) fn serve<T: Send + 'static>(
    serve: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (SocketAddr, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let thread = thread::spawn(move || serve(listener.accept().expect("a client").0));
    (address, thread)
}

/// The loop of `examples/echo_server.rs`.
pub(crate) fn echo(stream: TcpStream, config: Config) -> Result<(), AnyError> {
    stream.set_nodelay(true)?;
    let mut acceptor = Acceptor::new(stream).config(config);
    let mut socket = match acceptor.accept() {
        Ok(socket) => socket,
        Err(error) => {
            acceptor.finish()?;
            return Err(error.into());
        }
    };
    let ended = loop {
        match socket.read() {
            Ok(Some(message)) if message.is_data() => socket.feed(message)?,
            Ok(Some(_)) => {}
            Ok(None) => break Ok(()),
            Err(error) => break Err(error.into()),
        }
    };
    socket.finish()?;
    ended
}

/// A server that echoes over one connection.
pub(crate) fn echo_server(config: Config) -> (SocketAddr, JoinHandle<Result<(), AnyError>>) {
    serve(|stream| echo(stream, config))
}

pub(crate) fn url(address: SocketAddr) -> String {
    format!("ws://{address}/")
}

pub(crate) fn options(address: SocketAddr) -> ConnectOptions {
    ConnectOptions::new(&url(address)).unwrap()
}

/// Both ends of a connection whose opening handshake is over.
pub(crate) fn connected(
    server: Config,
    client: Config,
) -> (WebSocketStream<TcpStream, Server>, WebSocketStream<TcpStream, Client>) {
    let (address, accepted) = serve(|stream| {
        stream.set_nodelay(true).expect("a TCP stream");
        Acceptor::new(stream).config(server).accept().expect("a good request")
    });
    let options = ConnectOptions::new(&url(address)).expect("a good URL").config(client);
    let client = blocking::connect(options).expect("a good response");
    (accepted.join().expect("accepted"), client)
}

pub(crate) fn both() -> (WebSocketStream<TcpStream, Server>, WebSocketStream<TcpStream, Client>) {
    connected(Config::new(), Config::new())
}

#[track_caller]
pub(crate) fn assert_closed<R: Role>(
    socket: &mut WebSocketStream<TcpStream, R>,
    code: CloseCode,
    reason: &str,
) {
    let close = Message::close(code, reason).unwrap();
    assert_eq!(socket.read().unwrap(), Some(close));
    assert_eq!(socket.state(), State::Closed);
}

/// The request that the hostile ones are made of.
pub(crate) const REQUEST: &str = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

/// A TCP connection to a server, and nothing more.
pub(crate) fn raw(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("a listener");
    stream.set_nodelay(true).expect("a TCP stream");
    stream.set_read_timeout(Some(LIMIT)).expect("a TCP stream");
    stream.set_write_timeout(Some(LIMIT)).expect("a TCP stream");
    stream
}

/// A TCP connection on which the server has opened the WebSocket.
pub(crate) fn raw_open(address: SocketAddr) -> TcpStream {
    let mut stream = raw(address);
    stream.write_all(REQUEST.as_bytes()).expect("it reads");
    let head = read_head(&mut stream);
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    stream
}

/// A response's head, and nothing behind it.
pub(crate) fn read_head(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        assert_eq!(stream.read(&mut byte).expect("a response"), 1, "{}", head.escape_ascii());
        head.push(byte[0]);
    }
    String::from_utf8(head).expect("heads are ASCII here")
}

/// All that comes up to the FIN, which is awaited with our own side open.
pub(crate) fn read_to_fin(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("a FIN, and no RST");
    bytes
}
