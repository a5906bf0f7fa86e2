//! The handshake with an HTTP proxy as steps, for any way to read and write
//! ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110), section 9.3.6).

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;

use bytes::BytesMut;

use super::Step;
use crate::handshake::{ClientHandshake, HttpAnswer};
use crate::io::answer::KeptBody;
use crate::io::url::Authority;
use crate::io::{ConnectError, ConnectOptions, ConnectPhase, ConnectStep, ProxyError};

/// A `CONNECT` request in progress. It has no `Debug`, which would show the credentials in
/// `output`.
pub(crate) struct Tunneling {
    /// The host and the port of the proxy.
    proxy: String,
    handshake: ClientHandshake,
    /// The body of a response that does not open a tunnel.
    body: Option<KeptBody>,
    /// The bytes that have been read.
    pub(crate) input: BytesMut,
    /// The bytes of the request that have not been written.
    pub(crate) output: BytesMut,
    /// Whether the request must still be written and flushed.
    pub(crate) unflushed: bool,
    eof: bool,
}

impl Tunneling {
    /// Creates a request to `proxy` for a tunnel to `server`.
    pub(in crate::io) fn new(
        server: &Authority,
        proxy: &Authority,
        options: &ConnectOptions,
    ) -> Self {
        let authority = server.authority();
        // [RFC 9112](https://www.rfc-editor.org/rfc/rfc9112), section 3.2.3 and RFC 9110, section
        // 7.2: the target and the `Host` header are the authority. Both come from a URL, so they
        // contain no byte that could end a line.
        let request = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n");
        let mut output = BytesMut::from(request.as_bytes());
        if let Some(authorization) = &proxy.authorization {
            for part in [b"Proxy-Authorization: ", authorization.as_bytes(), b"\r\n"] {
                output.extend_from_slice(part);
            }
        }
        output.extend_from_slice(b"\r\n");
        Self {
            proxy: proxy.authority(),
            handshake: ClientHandshake::with_limits(options.limits),
            body: None,
            input: BytesMut::new(),
            output,
            unflushed: true,
            eof: false,
        }
    }

    /// Records that the transport has ended. The body of a refusal is then complete.
    pub(crate) const fn receive_eof(&mut self) {
        self.eof = true;
    }

    /// Continues until the transport is needed or the handshake is over.
    pub(crate) fn step(&mut self) -> Step<Result<(), ConnectError>> {
        if self.unflushed {
            return Step::Write;
        }
        // Each call below parses the head again, so this waits until the body is complete.
        if !self.eof && self.body.is_some_and(|body| !body.is_whole(&self.input)) {
            return Step::Read;
        }
        let error = match self.handshake.receive_http(&self.input) {
            // RFC 9110, section 9.3.6: any 2xx status opens the tunnel, and the headers that
            // describe a body have no meaning.
            Ok(Some(response)) if (200..300).contains(&response.status) => {
                if response.body.is_empty() {
                    return Step::Done(Ok(()));
                }
                ProxyError::EarlyBytes
            }
            Ok(Some(response)) => {
                let body = KeptBody::of(&response);
                if !self.eof && !body.is_whole(&self.input) {
                    self.body = Some(body);
                    return Step::Read;
                }
                ProxyError::Refused(Box::new(HttpAnswer::new(&response, body.kept(&self.input))))
            }
            Ok(None) if self.eof => {
                let step = ConnectStep::new(ConnectPhase::Proxy, self.proxy.as_str());
                let received = self.input.len();
                return Step::Done(Err(ConnectError::Ended { step, received }));
            }
            Ok(None) => return Step::Read,
            Err(error) => ProxyError::Response(error),
        };
        Step::Done(Err(ConnectError::Proxy { proxy: self.proxy.clone(), error }))
    }
}
