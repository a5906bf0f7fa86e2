//! How each crate compresses.

use ::wtx::web_socket::compression::{
    self as wtx_compression, Compression as Negotiate, DeflateConfig as WtxDeflate, Flate2,
    NegotiatedFlate2, WindowBits,
};
use futures_util::{SinkExt, StreamExt as _};
use sockudo_ws::CompressedWebSocketStream;
use sockudo_ws::deflate::DeflateConfig as SockudoDeflate;
use tokio::io::{AsyncRead, AsyncWrite};
use websocket_proto::WebSocket;
use websocket_proto::connection::Server;
use websocket_proto::deflate::{DeflateConfig, Preferences};
use websocket_proto::extension::Extensions;
use websocket_proto::handshake::Opened;
use websocket_proto::websocket::Config;
use yawc::{CompressionLevel, Options};

use crate::contestant::{Receiver, Sender};
use crate::memory::Memory;
use crate::peers::ours::{adapters, web_socket};
use crate::peers::{sockudo, wtx, yawc as plain_yawc};
use crate::poll;
use crate::report::Side;
use crate::tally::Tally;

/// A way to use a crate as a server that compresses.
#[derive(Clone, Copy)]
pub struct Way {
    /// The name of the crate, and of the way if there are several.
    pub name: &'static str,
    /// Whether it is our crate, a peer or a limit.
    pub side: Side,
    /// How it is driven.
    pub how: &'static str,
    /// Creates a server that receives, with context takeover both ways or without.
    pub receiver: fn(Memory, bool) -> Box<dyn Receiver>,
    /// Creates a server that sends.
    pub sender: fn(Memory, bool) -> Box<dyn Sender>,
}

/// Returns all ways, ours first.
#[must_use]
pub fn all() -> [Way; 5] {
    [
        Way {
            name: "ours/websocket",
            side: Side::Ours,
            how: "`WebSocket::receive`, `send`; threshold 0",
            receiver: |memory, takeover| {
                Box::new(web_socket::Owned::with(memory, websocket(takeover)))
            },
            sender: |memory, takeover| {
                Box::new(web_socket::Sending::with(memory, websocket(takeover)))
            },
        },
        Way {
            name: "ours/tokio",
            side: Side::Ours,
            how: "`tokio::WebSocketStream::next`, `feed` and `flush`; threshold 0",
            receiver: |memory, takeover| {
                Box::new(adapters::Tokio::with(memory, websocket(takeover)))
            },
            sender: |memory, takeover| Box::new(adapters::Tokio::with(memory, websocket(takeover))),
        },
        Way {
            name: "yawc",
            side: Side::Peer,
            how: "as in the codec, and `with_compression_level` 6",
            receiver: |memory, takeover| Box::new(yawc(memory, takeover)),
            sender: |memory, takeover| Box::new(yawc(memory, takeover)),
        },
        Way {
            name: "sockudo-ws",
            side: Side::Peer,
            how: "`CompressedWebSocketStream` as `Stream` and `Sink`; threshold 0",
            receiver: |memory, takeover| Box::new(sockudo(memory, takeover)),
            sender: |memory, takeover| Box::new(sockudo(memory, takeover)),
        },
        Way {
            name: "wtx",
            side: Side::Peer,
            how: "as in the codec, with `Flate2`; it never takes over the context",
            receiver: |memory, takeover| Box::new(wtx(memory, takeover)),
            sender: |memory, takeover| Box::new(wtx(memory, takeover)),
        },
    ]
}

/// Our configuration. The connections that share one share a pool of coders.
#[must_use]
pub fn config() -> Config {
    Config::new().deflate(DeflateConfig::new().level(6).threshold(0))
}

/// Returns the result of a handshake that agreed on compression.
#[must_use]
pub fn opened(takeover: bool) -> Opened {
    let preferences = Preferences::new()
        .server_no_context_takeover(!takeover)
        .client_no_context_takeover(!takeover);
    let offers = Extensions::parse(b"permessage-deflate").map_while(Result::ok);
    let terms = preferences.accept(offers).expect("an offer without demands");
    Opened::new().with_deflate_terms(terms)
}

fn websocket(takeover: bool) -> WebSocket<Server> {
    WebSocket::new(Server, config(), opened(takeover))
}

fn yawc(memory: Memory, takeover: bool) -> yawc::WebSocket<Memory> {
    yawc_with(memory, takeover, plain_yawc::options())
}

/// Creates a connection of yawc that compresses, and otherwise has `options`.
pub fn yawc_with<S>(stream: S, takeover: bool, options: Options) -> yawc::WebSocket<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let options =
        options.with_compression_level(CompressionLevel::new(6)).with_compression_threshold(0);
    let (options, agreed) = if takeover {
        (options, "permessage-deflate")
    } else {
        (
            options.server_no_context_takeover().client_no_context_takeover(),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
        )
    };
    let role = yawc::Role::Server;
    yawc::WebSocket::from_stream_with_extensions(stream, role, Some(agreed), options)
        .expect("terms that both sides support")
}

/// Creates a connection of sockudo-ws that compresses.
pub fn sockudo<S>(stream: S, takeover: bool) -> CompressedWebSocketStream<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let deflate = SockudoDeflate {
        server_no_context_takeover: !takeover,
        client_no_context_takeover: !takeover,
        compression_level: 6,
        compression_threshold: 0,
        ..SockudoDeflate::default()
    };
    CompressedWebSocketStream::server(stream, sockudo::config(), deflate)
}

fn wtx(memory: Memory, takeover: bool) -> wtx::Connection<Option<NegotiatedFlate2>, false> {
    assert!(!takeover, "it never takes over the context");
    let config = WtxDeflate {
        client_max_window_bits: WindowBits::Fifteen,
        compression_level: wtx_compression::CompressionLevel::Six,
        server_max_window_bits: WindowBits::Fifteen,
    };
    let offer: [&[u8]; 2] = [b"sec-websocket-extensions", b"permessage-deflate"];
    let agreed = Negotiate::<false>::negotiate(Flate2::from(config), [offer].into_iter());
    wtx::Connection::new(memory, agreed.expect("an offer without demands"))
}

impl Receiver for CompressedWebSocketStream<Memory> {
    fn receive(&mut self, messages: usize, tally: &mut Tally<'_>) {
        poll::now(async {
            for _ in 0..messages {
                sockudo::take(&self.next().await.expect("open").expect("a message"), tally);
            }
        });
    }
}

impl Sender for CompressedWebSocketStream<Memory> {
    fn send(&mut self, payloads: &[bytes::Bytes], batch: usize) {
        poll::now(async {
            for batch in payloads.chunks(batch) {
                for payload in batch {
                    let message = sockudo_ws::Message::Binary(payload.clone());
                    self.feed(message).await.expect("the sink takes all");
                }
                SinkExt::<sockudo_ws::Message>::flush(self).await.expect("the sink takes all");
            }
        });
    }
}
