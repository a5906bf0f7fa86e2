//! TLS over a scripted byte stream, in the transport of the adapter for tokio. The clock of the
//! `World` replaces the clock of tokio.

use std::cell::RefCell;
use std::future::Future;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};
use websocket_proto::asynchronous::Transport;
use websocket_proto::tokio::TokioTransport;
use websocket_proto::websocket::Incoming;

use crate::certificate::{NAME, configs};
use crate::plain::Refusal;
use crate::scripted::{Stream, World};

#[derive(Debug)]
pub struct Tls {
    transport: TokioTransport<TlsStream<Stream>>,
    refusal: Refusal,
    world: Rc<RefCell<World>>,
    side: usize,
}

/// Does the handshake of TLS between a client and a server.
pub fn handshake([client, server]: [Stream; 2]) -> [TlsStream<Stream>; 2] {
    let (client_config, server_config) = configs();
    let name = NAME.try_into().expect("a name");
    let connector = TlsConnector::from(Arc::clone(client_config));
    let mut connecting = pin!(connector.connect(name, client));
    let mut accepting = pin!(TlsAcceptor::from(Arc::clone(server_config)).accept(server));
    let mut context = Context::from_waker(Waker::noop());
    let (mut client, mut server) = (None, None);
    for _ in 0..10 {
        if client.is_none()
            && let Poll::Ready(connected) = connecting.as_mut().poll(&mut context)
        {
            client = Some(connected.expect("a client"));
        }
        if server.is_none()
            && let Poll::Ready(accepted) = accepting.as_mut().poll(&mut context)
        {
            server = Some(accepted.expect("a server"));
        }
    }
    [client.expect("a client").into(), server.expect("a server").into()]
}

impl Transport for Tls {
    type Stream = TlsStream<Stream>;

    fn new(stream: TlsStream<Stream>) -> Self {
        let Stream { world, side } = stream.get_ref().0;
        let (world, side) = (Rc::clone(world), *side);
        Self { world, side, transport: TokioTransport::new(stream), refusal: Refusal::default() }
    }

    fn stream(&self) -> &Self::Stream {
        self.transport.stream()
    }

    fn stream_mut(&mut self) -> &mut Self::Stream {
        self.transport.stream_mut()
    }

    fn into_stream(self) -> Self::Stream {
        self.transport.into_stream()
    }

    fn poll_read(
        &mut self,
        buffer: &mut [u8],
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        self.transport.poll_read(buffer, context)
    }

    fn poll_fill(
        &mut self,
        input: Incoming<'_>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        self.transport.poll_fill(input, context)
    }

    fn poll_write(
        &mut self,
        slices: &[IoSlice<'_>],
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        assert!(!slices.is_empty() && slices.iter().all(|slice| !slice.is_empty()));
        let Self { transport, refusal, .. } = self;
        refusal.check(|| transport.poll_write(slices, context), Some(0))
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { transport, refusal, .. } = self;
        refusal.check(|| transport.poll_flush(context), None)
    }

    fn poll_shutdown(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.transport.poll_shutdown(context)
    }

    fn now(&mut self) -> Duration {
        self.world.borrow().now
    }

    fn poll_until(
        &mut self,
        deadline: Duration,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        self.world.borrow_mut().poll_until(self.side, deadline, context)
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Stream::poll_read(self.get_mut(), buffer.initialize_unfilled(), context);
        read.map_ok(|len| buffer.advance(len))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        write(self.get_mut(), &[IoSlice::new(bytes)], context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        write(self.get_mut(), slices, context)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Stream::poll_flush(self.get_mut(), context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Stream::poll_shutdown(self.get_mut(), context)
    }
}

/// `tokio_rustls` waits after a write of 0 bytes, and nothing wakes it.
fn write(
    stream: &mut Stream,
    slices: &[IoSlice<'_>],
    context: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    match stream.poll_write(slices, context) {
        Poll::Ready(Ok(0)) => Poll::Ready(Err(ErrorKind::WriteZero.into())),
        written => written,
    }
}
