//! The blocking adapter: a [`WebSocket`] over a byte stream that blocks
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)).
//!
//! The guide has a page with a program for each of these questions: [two
//! threads](../guide/halves/index.html), [closing](../guide/closing/index.html),
//! [keepalive](../guide/keepalive/index.html),
//! [authentication](../guide/authentication/index.html).
//!
//! ```no_run
//! use std::net::TcpListener;
//! use websocket_proto::blocking::WebSocketStream;
//!
//! for stream in TcpListener::bind("127.0.0.1:9001")?.incoming() {
//!     let mut socket = WebSocketStream::accept(stream?)?;
//!     while let Some(message) = socket.read()? {
//!         if message.is_data() {
//!             socket.send(message)?;
//!         }
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A byte stream must implement [`Transport`]. TCP and Unix sockets do.
//!
//! This module also exports what an application needs of the rest of the crate, so that one `use`
//! line is enough: messages, close codes, roles, options, replies and errors.
//!
//! [`WebSocket`]: crate::WebSocket

mod accept;
mod compression;
mod connect;
mod opening;
mod split;
mod stream;
mod transport;
mod wire;
mod write_side;

use std::io::{self, ErrorKind, IoSlice, Write};

use bytes::Buf as _;

use crate::websocket::Outgoing;

pub use accept::Acceptor;
pub use connect::{Connector, connect, connect_tcp};
pub use split::{ReadHalf, WriteHalf};
pub use stream::WebSocketStream;
pub use transport::{OverTcp, Transport};

#[doc(no_inline)]
pub use crate::connection::{AnyRole, Client, CloseInfo, Endpoint, Oversized, Role, Server, State};
#[cfg(feature = "deflate")]
#[doc(no_inline)]
pub use crate::deflate::DeflateConfig;
#[doc(no_inline)]
pub use crate::deflate::{Compression, Preferences, Terms};
#[doc(no_inline)]
pub use crate::frame::Kind;
#[doc(no_inline)]
pub use crate::handshake::{
    HttpAnswer, Incoming, Opened, Request, RequestError, Response, ResponseError, Scheme,
    WriteError,
};
#[doc(no_inline)]
pub use crate::http1::{HeadLimits, Headers, HttpRequest};
#[doc(no_inline)]
pub use crate::io::{
    AcceptError, ConnectError, ConnectOptions, ConnectPhase, ConnectStep, Error, Parts, ProxyError,
    Reply, Unsent, UrlError, UrlErrorKind,
};
#[doc(no_inline)]
pub use crate::websocket::{
    Config, Keepalive, MessageRef, Part, Prepared, Rejected, ReuniteError, Stats, Traffic,
};
#[doc(no_inline)]
pub use crate::{
    CloseCode, CloseFrame, FromUtf8Error, Message, ProtocolError, SendError, Utf8Bytes,
};

/// A [`WebSocketStream`] in the role of the server.
pub type ServerStream<S> = WebSocketStream<S, Server>;

/// A [`WebSocketStream`] in the role of the client. The stream that [`connect()`] opens is a
/// `ClientStream<TcpStream>`.
pub type ClientStream<S> = WebSocketStream<S, Client>;

/// Writes as many bytes of `output` as the transport accepts in one call.
fn write_some(stream: &mut impl Write, output: &mut Outgoing) -> io::Result<()> {
    let written = write_or_flush(stream, |stream| {
        let mut slices = [IoSlice::new(&[]); 16];
        let filled = output.chunks_vectored(&mut slices);
        match slices.get(..filled).unwrap_or_default() {
            [single] => stream.write(single),
            several => stream.write_vectored(several),
        }
    })?;
    output.advance(written);
    Ok(())
}

/// Writes with `write`, and returns how many bytes the transport has accepted, at least one.
fn write_or_flush<S: Write>(
    stream: &mut S,
    write: impl Fn(&mut S) -> io::Result<usize>,
) -> io::Result<usize> {
    let mut written = retry(|| write(stream))?;
    if written == 0 {
        // A TLS stream accepts nothing while its buffer is full. A flush empties the buffer.
        retry(|| stream.flush())?;
        written = retry(|| write(stream))?;
    }
    if written == 0 { Err(ErrorKind::WriteZero.into()) } else { Ok(written) }
}

/// Repeats a call that a signal interrupted.
fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
