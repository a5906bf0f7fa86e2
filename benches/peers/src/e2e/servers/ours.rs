//! The echo servers of the crate of this repository.

use std::io::IoSlice;
use std::net::TcpStream;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use websocket_proto::connection::{
    Connection, ConnectionConfig, Event, Input, Server, SliceOutput,
};
use websocket_proto::frame::{FrameHeader, Kind, Rsv};
use websocket_proto::handshake::Opened;
use websocket_proto::websocket::Config;
use websocket_proto::{WebSocket, blocking, tokio as adapter};

use super::{Echo, Serve, echo};
use crate::e2e::serve::Stream;
use crate::memory::READ;
use crate::report::Side;

/// Returns the servers, from the lowest layer to the adapters.
pub fn servers() -> [Echo; 4] {
    let ours = |name, how, serve| echo(name, Side::Ours, how, serve);
    [
        ours(
            "ours/connection",
            "`Connection` over a slice of 64 KiB on tokio; all replies to a read in one write, \
             those from 64 KiB on with `begin` and a vectored write",
            Serve::Tokio(|stream| Box::pin(connection(stream))),
        ),
        ours(
            "ours/websocket",
            "`WebSocket` on tokio: `lend`, `receive`, `send`, one vectored write of `output()`",
            Serve::Tokio(|stream| Box::pin(websocket(stream))),
        ),
        ours(
            "ours/tokio",
            "`tokio::WebSocketStream`: `next` and `feed`",
            Serve::Tokio(|stream| Box::pin(tokio_adapter(stream))),
        ),
        ours(
            "ours/blocking",
            "`blocking::WebSocketStream`: `read` and `feed`, a thread for each connection",
            Serve::Blocking(blocking_adapter),
        ),
    ]
}

async fn tokio_adapter(stream: Stream) {
    let (config, opened, input) = (Config::new(), Opened::new(), BytesMut::new());
    let mut socket = adapter::WebSocketStream::from_parts(stream, Server, config, opened, input);
    while let Some(Ok(message)) = socket.next().await {
        if message.is_data() && socket.feed(message).await.is_err() {
            return;
        }
    }
}

fn blocking_adapter(stream: TcpStream) {
    let (config, opened, input) = (Config::new(), Opened::new(), BytesMut::new());
    let mut socket = blocking::WebSocketStream::from_parts(stream, Server, config, opened, input);
    while let Ok(Some(message)) = socket.read() {
        if message.is_data() && socket.feed(message).is_err() {
            return;
        }
    }
}

async fn websocket(mut stream: Stream) {
    let config = Config::new().high_water_mark(u64::MAX);
    let mut websocket = WebSocket::new(Server, config, Opened::new());
    loop {
        let mut free = websocket.input().lend();
        let Ok(1..) = stream.read_buf(&mut free).await else { return };
        websocket.input().give_back(free);
        while let Some(message) = websocket.receive().expect("valid") {
            websocket.send(message).expect("there is room");
        }
        let output = websocket.output();
        while output.has_remaining() {
            let mut slices = [IoSlice::new(&[]); 16];
            let filled = output.chunks_vectored(&mut slices);
            let written = match &slices[..filled] {
                [single] => stream.write(single).await,
                several => stream.write_vectored(several).await,
            };
            let Ok(written) = written else { return };
            output.advance(written);
        }
    }
}

async fn connection(mut stream: Stream) {
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    // A message that began in an earlier read has room beside the replies to one read.
    let (mut read, mut reply) = (vec![0; READ], vec![0; 2 * READ]);
    // The message in progress, if its bytes are not all in one piece.
    let mut message = Vec::new();
    while let Ok(len @ 1..) = stream.read(&mut read).await {
        let mut input = Input::new(&mut read[..len]);
        let mut out = SliceOutput::new(&mut reply);
        while let Some(event) = connection.receive(&mut input).expect("valid") {
            let Event::Data(data) = event else { panic!("received {event:?}") };
            if !(data.first && data.last) {
                message.extend_from_slice(data.bytes);
                if !data.last {
                    continue;
                }
            }
            let payload = if data.first { &*data.bytes } else { &message[..] };
            let fits = out.written().len() + payload.len() + FrameHeader::MAX_LEN <= 2 * READ;
            if !fits || payload.len() >= READ {
                let len = payload.len() as u64;
                let start = connection.begin(Kind::Binary, len, Rsv::NONE).expect("open");
                let header = start.header();
                if write_all(&mut stream, [out.written(), &header, payload]).await.is_err() {
                    return;
                }
                out.clear();
            } else {
                connection.send_binary(payload, &mut out).expect("there is room");
            }
            message.clear();
        }
        if !out.written().is_empty() && stream.write_all(out.written()).await.is_err() {
            return;
        }
    }
}

/// Writes all pieces, in one call if the transport takes them.
pub(super) async fn write_all(stream: &mut Stream, pieces: [&[u8]; 3]) -> std::io::Result<()> {
    let mut slices = pieces.map(IoSlice::new);
    let mut slices = &mut slices[..];
    IoSlice::advance_slices(&mut slices, 0);
    while !slices.is_empty() {
        let written = stream.write_vectored(slices).await?;
        IoSlice::advance_slices(&mut slices, written);
    }
    Ok(())
}
