//! TLS over a scripted transport. The first reads and writes do the handshake of TLS.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConnection, Connection, ServerConnection, Stream};
use websocket_proto::blocking::{ReadHalf, Transport, WebSocketStream, WriteHalf};
use websocket_proto::connection::Role;

use crate::certificate::{NAME, configs};
use crate::endpoint::Shape;
use crate::scripted::Scripted;
use crate::sockets::Splits;

pub struct Tls {
    connection: Connection,
    transport: Scripted,
}

/// Returns a client and a server of TLS over these transports.
pub fn pair([client, server]: [Scripted; 2]) -> [Tls; 2] {
    let (client_config, server_config) = configs();
    let name = NAME.try_into().expect("a name");
    let connection = ClientConnection::new(Arc::clone(client_config), name).expect("a client");
    let client = Tls { connection: connection.into(), transport: client };
    let connection = ServerConnection::new(Arc::clone(server_config)).expect("a server");
    [client, Tls { connection: connection.into(), transport: server }]
}

/// Calls a method of the TLS stream of a client or of a server.
macro_rules! stream {
    ($tls:expr, $stream:ident => $call:expr) => {{
        let Tls { connection, transport } = $tls;
        match connection {
            Connection::Client(connection) => {
                let mut $stream = Stream::new(connection, transport);
                $call
            }
            Connection::Server(connection) => {
                let mut $stream = Stream::new(connection, transport);
                $call
            }
        }
    }};
}

impl Read for Tls {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        stream!(self, stream => stream.read(buffer))
    }
}

impl Write for Tls {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        stream!(self, stream => stream.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        stream!(self, stream => stream.flush())
    }
}

impl Transport for Tls {
    fn read_timeout(&self) -> io::Result<Option<Duration>> {
        self.transport.read_timeout()
    }

    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.transport.set_read_timeout(timeout)
    }

    fn write_timeout(&self) -> io::Result<Option<Duration>> {
        self.transport.write_timeout()
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.transport.set_write_timeout(timeout)
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.transport.shutdown_write()
    }
}

impl Splits for Tls {
    fn split<R: Role>(whole: WebSocketStream<Self, R>) -> Shape<Self, R> {
        Shape::Whole(whole)
    }

    fn reunite<R: Role>(_: ReadHalf<R>, _: WriteHalf<R>) -> Shape<Self, R> {
        unreachable!("only sockets are split")
    }

    fn release(&self) {
        self.transport.release();
    }

    fn assert_own_timeouts(&self) {
        self.transport.assert_own_timeouts();
    }
}
