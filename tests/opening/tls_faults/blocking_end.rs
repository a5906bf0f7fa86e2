//! An echo over TLS with the blocking adapter. The handshake of TLS runs in the first read or
//! write.

use std::fmt::Debug;
use std::io::{self, ErrorKind, Read, Write};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use support::transport::Transport;
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConnection, ServerConnection, StreamOwned};
use websocket_proto::blocking::{self, Acceptor, Connector, WebSocketStream};
use websocket_proto::connection::Role;
use websocket_proto::io::ConnectOptions;
use websocket_proto::tokio::tokio_rustls;

use super::far_end::FarEnd;
use super::{Ended, Problem, config};
use crate::identity::Identity;

/// A transport that blocks. The other end runs while this one waits.
#[derive(Debug)]
struct Blocking {
    stream: Transport,
    shared: Arc<Mutex<Shared>>,
}

/// What a transport shares with the TLS stream over it and with the test.
#[derive(Debug)]
struct Shared {
    far: FarEnd,
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
    waited: Duration,
}

impl Blocking {
    /// Does a step. If it has to wait, the other end runs, and then the time limit passes.
    fn step<T>(
        &mut self,
        limit: impl Fn(&Shared) -> Option<Duration>,
        mut step: impl FnMut(Pin<&mut Transport>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> io::Result<T> {
        let context = &mut Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(done) = step(Pin::new(&mut self.stream), context) {
                return done;
            }
            let mut shared = self.shared.lock().expect("no panic");
            if !shared.far.pump() {
                let limit = limit(&shared).expect("it would wait for ever");
                assert!(limit < Duration::from_secs(1), "it waits without a reason");
                shared.waited += limit;
                assert!(shared.waited < Duration::from_secs(5), "it waits for ever");
                thread::sleep(limit);
                return Err(ErrorKind::WouldBlock.into());
            }
        }
    }
}

impl Read for Blocking {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let limit = |shared: &Shared| shared.read_timeout;
        self.step(limit, |stream, context| {
            let mut room = ReadBuf::new(room);
            stream.poll_read(context, &mut room).map_ok(|()| room.filled().len())
        })
    }
}

impl Write for Blocking {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let limit = |shared: &Shared| shared.write_timeout;
        self.step(limit, |stream, context| stream.poll_write(context, bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        let limit = |shared: &Shared| shared.write_timeout;
        self.step(limit, |stream, context| stream.poll_flush(context))
    }
}

trait Stream: Read + Write + Debug {}

impl<S: Read + Write + Debug> Stream for S {}

/// A TLS stream over [`Blocking`]. It passes the time limits on to the transport.
#[derive(Debug)]
struct Tls {
    stream: Box<dyn Stream>,
    shared: Arc<Mutex<Shared>>,
}

impl Read for Tls {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.stream.read(room)
    }
}

impl Write for Tls {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl blocking::Transport for Tls {
    fn read_timeout(&self) -> io::Result<Option<Duration>> {
        Ok(self.shared.lock().expect("no panic").read_timeout)
    }

    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.shared.lock().expect("no panic").read_timeout = timeout;
        Ok(())
    }

    fn write_timeout(&self) -> io::Result<Option<Duration>> {
        Ok(self.shared.lock().expect("no panic").write_timeout)
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.shared.lock().expect("no panic").write_timeout = timeout;
        Ok(())
    }
}

pub(super) fn client(
    identity: &Identity,
    far: FarEnd,
    near: Transport,
    limit: Duration,
) -> (Ended, FarEnd) {
    let name = ServerName::try_from("localhost").expect("a name");
    let tls = ClientConnection::new(identity.client(), name).expect("a good setup");
    run(
        far,
        near,
        |blocking| Box::new(StreamOwned::new(tls, blocking)),
        |tls| {
            let options = ConnectOptions::new("wss://localhost/").expect("a good URL");
            let options = options.connect_timeout(limit).config(config(limit));
            let mut connector = Connector::new(tls, options).expect("a good request");
            match connector.connect() {
                Ok(socket) => echo(socket),
                Err(error) => Ended::with(Problem::of_connect(&error)),
            }
        },
    )
}

pub(super) fn server(
    identity: &Identity,
    far: FarEnd,
    near: Transport,
    limit: Duration,
) -> (Ended, FarEnd) {
    let tls = ServerConnection::new(identity.server().config().clone()).expect("a good setup");
    run(
        far,
        near,
        |blocking| Box::new(StreamOwned::new(tls, blocking)),
        |tls| {
            let acceptor = Acceptor::new(tls).config(config(limit));
            let mut acceptor = acceptor.handshake_timeout(limit);
            match acceptor.accept() {
                Ok(socket) => echo(socket),
                Err(error) => Ended::with(Problem::of_accept(&error)),
            }
        },
    )
}

fn run(
    far: FarEnd,
    near: Transport,
    stream: impl FnOnce(Blocking) -> Box<dyn Stream>,
    serve: impl FnOnce(Tls) -> Ended,
) -> (Ended, FarEnd) {
    let shared = Shared { far, read_timeout: None, write_timeout: None, waited: Duration::ZERO };
    let shared = Arc::new(Mutex::new(shared));
    let stream = stream(Blocking { stream: near, shared: Arc::clone(&shared) });
    let mut ended = serve(Tls { stream, shared: Arc::clone(&shared) });
    let shared = Arc::into_inner(shared).expect("the stream is dropped");
    let Shared { far, waited, .. } = shared.into_inner().expect("no panic");
    ended.waited = waited;
    (ended, far)
}

fn echo<R: Role>(mut socket: WebSocketStream<Tls, R>) -> Ended {
    let mut ended = Ended::default();
    loop {
        match socket.read() {
            Ok(Some(message)) => {
                ended.received.push(message.clone());
                if message.is_data()
                    && let Err(error) = socket.send(message)
                {
                    ended.errors.push(Problem::of_error(&error));
                    break;
                }
            }
            Ok(None) => break,
            Err(error) => ended.errors.push(Problem::of_error(&error)),
        }
    }
    if ended.errors.is_empty()
        && let Err(error) = socket.finish()
    {
        ended.errors.push(Problem::of_error(&error));
    }
    ended
}
