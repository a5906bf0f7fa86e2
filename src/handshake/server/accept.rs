//! The server's answer that opens the WebSocket
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4.2.2).

use super::request::Request;
use crate::deflate::{Preferences, Terms};
use crate::extension::{Extension, Extensions};
#[cfg(feature = "alloc")]
use crate::handshake::Opened;
use crate::handshake::error::WriteError;
use crate::handshake::headers::{is_handshake_header, write_extensions};
use crate::handshake::key::accept_key;
use crate::http1::{HeadWriter, Header};

/// A response with status 101. Complete it with the methods below, then write it.
///
/// ```
/// # use websocket_proto::handshake::{Incoming, ServerHandshake, WriteError};
/// use websocket_proto::http1::Header;
///
/// # let received = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
/// #     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
/// # let Ok(Some(Incoming::WebSocket(request))) = ServerHandshake::new().receive(received) else {
/// #     panic!()
/// # };
/// let accept = request.accept();
/// let cookie = [Header::new("Set-Cookie", "a=1")];
///
/// let mut out = [0; 256];
/// let len = accept.headers(&cookie).write(&mut out)?;
/// assert!(out[..len].ends_with(b"Set-Cookie: a=1\r\n\r\n"));
///
/// // The answer may only contain what the client offered.
/// let error = accept.subprotocol("chat").write(&mut out).unwrap_err();
/// assert_eq!(error, WriteError::SubprotocolNotOffered);
/// # Ok::<(), WriteError>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "an answer does nothing until it is written"]
pub struct Accept<'a> {
    request: Request<'a>,
    subprotocol: Option<&'a str>,
    extensions: Option<&'a str>,
    deflate: Option<Terms>,
    headers: &'a [Header<'a>],
}

impl<'b> Request<'b> {
    /// Creates the answer that opens the WebSocket. Complete the answer and write it.
    pub const fn accept(self) -> Accept<'b> {
        Accept::new(self)
    }
}

impl<'a> Accept<'a> {
    const fn new(request: Request<'a>) -> Self {
        Self { request, subprotocol: None, extensions: None, deflate: None, headers: &[] }
    }

    /// Agrees to one of the subprotocols that the client offered. Without this call, or with
    /// `None`, the answer names no subprotocol. [`Request::choose_subprotocol`] returns one.
    pub fn subprotocol(mut self, subprotocol: impl Into<Option<&'a str>>) -> Self {
        self.subprotocol = subprotocol.into();
        self
    }

    /// Agrees to extensions that the client offered. Without this call the answer lists none of
    /// them.
    ///
    /// `extensions` is the value of `Sec-WebSocket-Extensions`, in the order in which the
    /// extensions apply. The parameters are not compared with the offer: the specification of each
    /// extension defines whether they fit.
    pub const fn extensions(mut self, extensions: &'a str) -> Self {
        self.extensions = Some(extensions);
        self
    }

    /// Agrees to permessage-deflate ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)) if the
    /// client offers it on terms that fit `preferences`. The answer lists it after the other
    /// extensions. With `None` the answer does not agree to it.
    ///
    /// ```
    /// # use websocket_proto::handshake::{Incoming, ServerHandshake, WriteError};
    /// use websocket_proto::deflate::Preferences;
    ///
    /// # let received = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    /// #     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
    /// #     Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
    /// # let Ok(Some(Incoming::WebSocket(request))) = ServerHandshake::new().receive(received) else {
    /// #     panic!()
    /// # };
    /// let accept = request.accept().deflate(Preferences::new());
    /// assert!(accept.deflate_terms().is_some());
    ///
    /// let mut out = [0; 256];
    /// let len = accept.write(&mut out)?;
    /// assert!(out[..len].ends_with(b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"));
    /// # Ok::<(), WriteError>(())
    /// ```
    pub fn deflate(mut self, preferences: impl Into<Option<Preferences>>) -> Self {
        let preferences = preferences.into();
        self.deflate = preferences.and_then(|wanted| wanted.accept(self.request.extensions()));
        self
    }

    /// Sets other headers to send, such as cookies.
    pub const fn headers(mut self, headers: &'a [Header<'a>]) -> Self {
        self.headers = headers;
        self
    }

    /// Writes the response and returns its length in bytes.
    ///
    /// # Errors
    ///
    /// The client did not offer the subprotocol or an extension, the extensions or a header are
    /// malformed, a header is one that the crate writes itself, or the response does not fit into
    /// `out`. [`WriteError::BufferTooSmall`] contains the needed length. After an error, the
    /// contents of `out` are unspecified.
    pub fn write(&self, out: &mut [u8]) -> Result<usize, WriteError> {
        let mut writer = HeadWriter::new(out);
        writer.text(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
        );
        writer.header("Sec-WebSocket-Accept", &accept_key(self.request.key()));
        if let Some(subprotocol) = self.subprotocol {
            require_offered_subprotocol(subprotocol, self.request.subprotocols())?;
            writer.header("Sec-WebSocket-Protocol", subprotocol.as_bytes());
        }
        if let Some(extensions) = self.extensions {
            require_offered_extensions(extensions, self.request.extensions())?;
        }
        let deflate = self.deflate.map(|terms| terms.response());
        write_extensions(&mut writer, self.extensions, deflate.as_deref());
        writer.headers(self.headers, is_handshake_header)?;
        writer.text("\r\n");
        Ok(writer.finish()?)
    }

    /// Returns the terms on which the connection will use permessage-deflate, or `None` if it will
    /// not use it.
    #[must_use]
    pub const fn deflate_terms(&self) -> Option<&Terms> {
        self.deflate.as_ref()
    }

    /// Returns what this answer agrees to. Create the [`WebSocket`](crate::WebSocket) with it,
    /// after [`write`](Self::write) has accepted the answer.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn opened(&self) -> Opened {
        Opened::new().with_subprotocol(self.subprotocol).with_deflate_terms(self.deflate)
    }
}

/// Checks that the client offered the chosen subprotocol (RFC 6455, section 4.2.2, step 5.5).
/// Otherwise the client would fail the connection.
fn require_offered_subprotocol<'b>(
    chosen: &str,
    mut offered: impl Iterator<Item = &'b str>,
) -> Result<(), WriteError> {
    if offered.any(|offered| offered == chosen) {
        return Ok(());
    }
    Err(WriteError::SubprotocolNotOffered)
}

/// Checks that the client offered each extension (RFC 6455, section 9.1). Otherwise the client
/// would fail the connection.
pub(crate) fn require_offered_extensions<'b>(
    agreed: &str,
    offered: impl Iterator<Item = Extension<'b>> + Clone,
) -> Result<(), WriteError> {
    for extension in Extensions::parse(agreed.as_bytes()) {
        let name = extension?.name();
        if !offered.clone().any(|offered| offered.name() == name) {
            return Err(WriteError::ExtensionNotOffered);
        }
    }
    Ok(())
}
