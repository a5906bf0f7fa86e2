//! The client's request for a WebSocket ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455),
//! section 4.1).

use core::error::Error;
use core::fmt::{self, Write};
use core::str::FromStr;

use crate::deflate::Preferences;
use crate::extension::Extensions;
use crate::handshake::error::WriteError;
use crate::handshake::headers::{VERSION, is_handshake_header, write_extensions};
use crate::handshake::key::{accept_key, key_from_nonce};
use crate::http1::grammar::{origin_text, token, visible};
use crate::http1::host::{is_host, is_host_and_port, is_ipv6};
use crate::http1::{HeadWriter, Header, ShownTarget};

/// A request for a WebSocket. Complete it with the methods below, then write it.
///
/// ```
/// use websocket_proto::deflate::Preferences;
/// use websocket_proto::handshake::{ClientRequest, Scheme};
/// use websocket_proto::http1::Header;
///
/// let nonce = [7; 16]; // in real code: from the system's random generator
/// let headers = [Header::new("Authorization", "Bearer x")];
/// let request = ClientRequest::new("::1", "/chat?room=1", nonce)
///     .port(8443, Scheme::Wss)
///     .subprotocols(&["chat", "superchat"])
///     .deflate(Preferences::new())
///     .headers(&headers);
///
/// let mut out = [0; 512];
/// let len = request.write(&mut out)?;
/// assert!(out[..len].starts_with(b"GET /chat?room=1 HTTP/1.1\r\nHost: [::1]:8443\r\n"));
/// # Ok::<(), websocket_proto::handshake::WriteError>(())
/// ```
#[derive(Clone, Copy)]
#[must_use = "a request does nothing until it is written"]
pub struct ClientRequest<'a> {
    host: &'a str,
    port: Option<u16>,
    pub(crate) target: &'a str,
    nonce: [u8; 16],
    pub(crate) subprotocols: &'a [&'a str],
    pub(crate) requires_subprotocol: bool,
    pub(crate) extensions: Option<&'a str>,
    pub(crate) deflate: Option<Preferences>,
    origin: Option<&'a str>,
    headers: &'a [Header<'a>],
}

impl<'a> ClientRequest<'a> {
    /// Creates a request to `host` for the resource name `target` (RFC 6455, section 3), such as
    /// `/chat?room=1`.
    ///
    /// `host` is the value of the `Host` header: a name or an address, followed by `:` and the port
    /// if it is not the default port. Leave the port out if you set it with [`port`](Self::port).
    /// An IPv6 address without brackets gets brackets.
    ///
    /// `nonce` must be 16 random bytes, new for each connection (RFC 6455, section 4.1).
    pub const fn new(host: &'a str, target: &'a str, nonce: [u8; 16]) -> Self {
        Self {
            host,
            port: None,
            target,
            nonce,
            subprotocols: &[],
            requires_subprotocol: false,
            extensions: None,
            deflate: None,
            origin: None,
            headers: &[],
        }
    }

    /// Sets the port. `Host` contains the port unless it is the default port of the scheme
    /// (RFC 6455, section 4.1, item 4).
    pub const fn port(mut self, port: u16, scheme: Scheme) -> Self {
        self.port = if port == scheme.default_port() { None } else { Some(port) };
        self
    }

    /// Sets the subprotocols to offer, in order of preference. Each must be a token, and no two may
    /// be equal.
    pub const fn subprotocols(mut self, subprotocols: &'a [&'a str]) -> Self {
        self.subprotocols = subprotocols;
        self
    }

    /// Sets whether the handshake fails when subprotocols were offered and the server chose none.
    ///
    /// The default is `false`, because RFC 6455 lets the server choose none. Browsers differ on
    /// this.
    pub const fn require_subprotocol(mut self, is_required: bool) -> Self {
        self.requires_subprotocol = is_required;
        self
    }

    /// Sets the extensions to offer: the value of `Sec-WebSocket-Extensions` (RFC 6455,
    /// section 9.1). To offer permessage-deflate, call [`deflate`](Self::deflate).
    pub const fn extensions(mut self, extensions: &'a str) -> Self {
        self.extensions = Some(extensions);
        self
    }

    /// Sets the preferences with which to offer permessage-deflate
    /// ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)), or `None` to not offer it. The request
    /// lists the offer after the other extensions.
    ///
    /// The answer of the server is checked against these preferences.
    /// [`Response::deflate_terms`](super::Response::deflate_terms) returns the agreed terms.
    pub fn deflate(mut self, preferences: impl Into<Option<Preferences>>) -> Self {
        self.deflate = preferences.into();
        self
    }

    /// Sets the origin of the page that opens the WebSocket. Browsers must send it (RFC 6455,
    /// section 4.1, item 8).
    pub const fn origin(mut self, origin: &'a str) -> Self {
        self.origin = Some(origin);
        self
    }

    /// Sets other headers to send, such as cookies or credentials.
    pub const fn headers(mut self, headers: &'a [Header<'a>]) -> Self {
        self.headers = headers;
        self
    }

    /// Writes the request and returns its length in bytes.
    ///
    /// # Errors
    ///
    /// A part of the request is malformed, two subprotocols are equal, a header is one that the
    /// crate writes itself, or the request does not fit into `out`. [`WriteError::BufferTooSmall`]
    /// contains the needed length. After an error, the contents of `out` are unspecified.
    pub fn write(&self, out: &mut [u8]) -> Result<usize, WriteError> {
        let mut writer = HeadWriter::new(out);
        self.write_target(&mut writer)?;
        self.write_host(&mut writer)?;
        writer.text("Upgrade: websocket\r\nConnection: Upgrade\r\n");
        writer.header("Sec-WebSocket-Key", &key_from_nonce(&self.nonce));
        if let Some(origin) = self.origin {
            origin_text(origin.as_bytes()).ok_or(WriteError::Origin)?;
            writer.header("Origin", origin.as_bytes());
        }
        self.write_subprotocols(&mut writer)?;
        writer.header("Sec-WebSocket-Version", VERSION.as_bytes());
        if let Some(extensions) = self.extensions {
            Extensions::parse(extensions.as_bytes()).try_for_each(|offer| offer.map(drop))?;
        }
        let deflate = self.deflate.map(|preferences| preferences.offer());
        write_extensions(&mut writer, self.extensions, deflate.as_deref());
        writer.headers(self.headers, is_request_header)?;
        writer.text("\r\n");
        Ok(writer.finish()?)
    }

    /// Returns the `Sec-WebSocket-Accept` that answers this request (RFC 6455, section 4.1, item 4
    /// of the last list).
    pub(crate) fn expected_accept(&self) -> [u8; 28] {
        accept_key(&key_from_nonce(&self.nonce))
    }

    /// Writes the request line (RFC 6455, section 4.1, items 1 to 3). RFC 6455, section 3, forbids
    /// a fragment in the target.
    fn write_target(&self, writer: &mut HeadWriter<'_>) -> Result<(), WriteError> {
        let target = visible(self.target.as_bytes())
            .filter(|target| target.starts_with('/') && !target.contains('#'))
            .ok_or(WriteError::Target)?;
        writer.text("GET ");
        writer.text(target);
        writer.text(" HTTP/1.1\r\n");
        Ok(())
    }

    /// Writes the `Host` header (RFC 6455, section 4.1, item 4).
    fn write_host(&self, writer: &mut HeadWriter<'_>) -> Result<(), WriteError> {
        let is_bare_ipv6 = is_ipv6(self.host);
        let is_valid = match self.port {
            _ if is_bare_ipv6 => true,
            Some(_) => is_host(self.host),
            None => is_host_and_port(self.host),
        };
        if !is_valid {
            return Err(WriteError::Host);
        }
        let (open, close) = if is_bare_ipv6 { ("[", "]") } else { ("", "") };
        for text in ["Host: ", open, self.host, close] {
            writer.text(text);
        }
        if let Some(port) = self.port {
            // Formatting into a `HeadWriter` cannot fail: it counts the bytes that do not fit.
            let _ = write!(writer, ":{port}");
        }
        writer.text("\r\n");
        Ok(())
    }

    /// Writes the `Sec-WebSocket-Protocol` header, if subprotocols are offered (RFC 6455,
    /// section 4.1, item 10).
    fn write_subprotocols(&self, writer: &mut HeadWriter<'_>) -> Result<(), WriteError> {
        for (index, subprotocol) in self.subprotocols.iter().enumerate() {
            check_subprotocol(subprotocol, self.subprotocols.iter().take(index))?;
        }
        if !self.subprotocols.is_empty() {
            writer.list("Sec-WebSocket-Protocol", self.subprotocols);
        }
        Ok(())
    }
}

/// Shows no query, no subprotocols, no header values and no nonce.
impl fmt::Debug for ClientRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientRequest")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("target", &ShownTarget(self.target))
            .field("subprotocols", &self.subprotocols.len())
            .field("extensions", &self.extensions)
            .field("deflate", &self.deflate)
            .field("origin", &self.origin)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}

/// Returns whether the crate writes this header of a request itself.
pub(crate) fn is_request_header(name: &str) -> bool {
    is_handshake_header(name) || name.eq_ignore_ascii_case("Origin")
}

/// Checks that a subprotocol is a token and equals none of the earlier ones (RFC 6455, section 4.1,
/// item 10).
pub(crate) fn check_subprotocol(
    subprotocol: &str,
    mut earlier: impl ExactSizeIterator<Item = impl AsRef<str>>,
) -> Result<(), WriteError> {
    let index = earlier.len();
    if token(subprotocol.as_bytes()).is_none() {
        return Err(WriteError::Subprotocol { index });
    }
    if earlier.any(|earlier| earlier.as_ref() == subprotocol) {
        return Err(WriteError::DuplicateSubprotocol { index });
    }
    Ok(())
}

/// The scheme of a WebSocket URI (RFC 6455, section 3).
///
/// This enum is exhaustive on purpose, because RFC 6455 has no other scheme.
///
/// ```
/// use websocket_proto::handshake::Scheme;
///
/// let scheme: Scheme = "WSS".parse()?;
/// assert_eq!((scheme, scheme.default_port()), (Scheme::Wss, 443));
/// assert_eq!(scheme.to_string(), "wss");
/// # Ok::<(), websocket_proto::handshake::ParseSchemeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `ws`: without TLS.
    Ws,
    /// `wss`: over TLS.
    Wss,
}

impl Scheme {
    /// Returns the port of a URI that does not contain a port.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Ws => 80,
            Self::Wss => 443,
        }
    }
    /// Returns `ws` or `wss`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ws => "ws",
            Self::Wss => "wss",
        }
    }
}

impl FromStr for Scheme {
    type Err = ParseSchemeError;

    /// Parses `ws` or `wss`, in any case (RFC 3986, section 3.1).
    fn from_str(text: &str) -> Result<Self, ParseSchemeError> {
        [Self::Ws, Self::Wss]
            .into_iter()
            .find(|scheme| text.eq_ignore_ascii_case(scheme.as_str()))
            .ok_or(ParseSchemeError(()))
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text is not a [`Scheme`]: it is neither `ws` nor `wss`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseSchemeError(());

impl fmt::Display for ParseSchemeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the scheme is neither ws nor wss")
    }
}

impl Error for ParseSchemeError {}
