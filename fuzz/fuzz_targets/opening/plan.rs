//! Random options, requests and replies, and how a transport behaves.

use arbitrary::Arbitrary;
use websocket_proto::deflate::DeflateConfig;
use websocket_proto::handshake::Incoming;
use websocket_proto::io::{ConnectOptions, Reply};
use websocket_proto::websocket::Config;

/// How the bytes of a transport are cut, and when the clock moves.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Plan<'a> {
    pub cuts: &'a [u8],
    /// How many bytes one write takes.
    pub writes: u8,
    /// How the transport ends: with an error, or as it should.
    pub fails: bool,
    /// How much time passes after each read, in milliseconds.
    pub times: &'a [u8],
}

/// What a client is told to ask for.
#[derive(Arbitrary, Clone, Debug)]
pub struct Options<'a> {
    pub url: Url<'a>,
    pub proxy: Option<&'a str>,
    pub subprotocols: Vec<&'a str>,
    pub require_subprotocol: bool,
    pub origin: Option<&'a str>,
    pub headers: Vec<(Name<'a>, &'a [u8])>,
    pub deflate: bool,
    pub max_refusal_body: Option<u8>,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Url<'a> {
    Any(&'a str),
    Ws(&'a str),
    Wss(&'a str),
    Path(&'a str),
}

#[derive(Arbitrary, Clone, Debug)]
pub struct ReplyPlan<'a> {
    pub refuses: Option<u16>,
    pub subprotocol: bool,
    pub headers: Vec<(Name<'a>, &'a [u8])>,
    pub body: &'a [u8],
}

/// The name of a header: one that has a meaning, or any.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Name<'a> {
    Known(u8),
    Any(&'a str),
}

#[derive(Arbitrary, Clone, Debug)]
pub struct HttpRequest<'a> {
    pub method: u8,
    pub uri: &'a str,
    pub version: u8,
    /// Whether the headers of a handshake are there before the others.
    pub is_websocket: bool,
    pub headers: Vec<(Name<'a>, &'a [u8])>,
}

#[derive(Arbitrary, Clone, Debug)]
pub struct HttpResponse<'a> {
    pub status: u16,
    /// Whether the headers that open a WebSocket are there before the others.
    pub is_upgrade: bool,
    pub headers: Vec<(Name<'a>, &'a [u8])>,
}

pub const NAMES: [&str; 20] = [
    "Authorization",
    "Connection",
    "Content-Length",
    "Content-Type",
    "Cookie",
    "Date",
    "Expect",
    "Host",
    "Keep-Alive",
    "Origin",
    "Proxy-Connection",
    "Sec-WebSocket-Accept",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Version",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
];

impl Options<'_> {
    /// Leaves out what the options do not take.
    pub fn build(&self) -> Option<ConnectOptions> {
        let url = match self.url {
            Url::Any(url) => url.to_owned(),
            Url::Ws(rest) => format!("ws://{rest}"),
            Url::Wss(rest) => format!("wss://{rest}"),
            Url::Path(path) => format!("ws://a.test:9001/{path}"),
        };
        let mut options = match ConnectOptions::new(&url) {
            Ok(options) => options,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                return None;
            }
        };
        assert!(!options.host().is_empty());
        if let Some(proxy) = self.proxy {
            let proxied = options.clone().proxy(proxy);
            options = proxied
                .or_else(|_| options.clone().proxy(&format!("http://{proxy}")))
                .unwrap_or(options);
        }
        for name in &self.subprotocols {
            options = options.clone().subprotocol(name).unwrap_or(options);
        }
        if let Some(origin) = self.origin {
            options = options.clone().origin(origin).unwrap_or(options);
        }
        for (name, value) in self.headers.iter().take(50) {
            options = options.clone().header(name.text(), value).unwrap_or(options);
        }
        if let Some(bytes) = self.max_refusal_body {
            options = options.max_refusal_body(bytes.into());
        }
        let mut config = Config::new();
        if self.deflate {
            config = config.deflate(DeflateConfig::new());
        }
        assert!(!format!("{options:?}").is_empty());
        Some(options.require_subprotocol(self.require_subprotocol).config(config))
    }
}

impl<'a> Name<'a> {
    pub fn text(self) -> &'a str {
        match self {
            Self::Known(index) => NAMES[usize::from(index) % NAMES.len()],
            Self::Any(name) => name,
        }
    }
}

impl ReplyPlan<'_> {
    pub fn build(&self, incoming: &Incoming<'_>) -> Reply {
        let mut reply = match (self.refuses, incoming) {
            (None, Incoming::WebSocket(request)) => {
                let subprotocol = request.subprotocols().last().filter(|_| self.subprotocol);
                Reply::accept().subprotocol(subprotocol)
            }
            (status, _) => Reply::refuse(status.unwrap_or(404)).body(self.body.to_vec()),
        };
        for (name, value) in self.headers.iter().take(50) {
            reply = reply.header(name.text(), value);
        }
        reply
    }
}

impl HttpRequest<'_> {
    pub fn build(&self) -> Option<http::Request<()>> {
        let mut builder = http::Request::builder()
            .method(match self.method % 4 {
                0 => http::Method::GET,
                1 => http::Method::CONNECT,
                2 => http::Method::POST,
                _ => http::Method::HEAD,
            })
            .uri(self.uri)
            .version(match self.version % 4 {
                0 => http::Version::HTTP_11,
                1 => http::Version::HTTP_2,
                2 => http::Version::HTTP_3,
                _ => http::Version::HTTP_10,
            });
        if self.is_websocket {
            builder = builder.header("Sec-WebSocket-Version", "13");
            if self.version.is_multiple_of(4) {
                builder = builder
                    .header("Host", "a.test")
                    .header("Upgrade", "websocket")
                    .header("Connection", "Upgrade")
                    .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
            }
        }
        for (name, value) in self.headers.iter().take(50) {
            builder = builder.header(name.text(), *value);
        }
        builder.body(()).ok()
    }
}

impl HttpResponse<'_> {
    pub fn build(&self, key: &[u8]) -> Option<http::Response<()>> {
        let mut builder = http::Response::builder().status(self.status());
        if self.is_upgrade {
            builder =
                builder.header("Upgrade", "websocket").header("Connection", "Upgrade").header(
                    "Sec-WebSocket-Accept",
                    websocket_proto::handshake::accept_key(key).as_slice(),
                );
        }
        for (name, value) in self.headers.iter().take(50) {
            builder = builder.header(name.text(), *value);
        }
        builder.body(()).ok()
    }

    fn status(&self) -> u16 {
        [101, 200, self.status][usize::from(self.status) % 3]
    }
}
