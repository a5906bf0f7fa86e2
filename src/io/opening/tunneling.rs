//! A way through an HTTP proxy (RFC 9110 9.3.6), as steps, for any way of reading and writing.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;

use bytes::BytesMut;

use super::Step;
use crate::handshake::{ClientHandshake, HttpAnswer};
use crate::io::answer::KeptBody;
use crate::io::url::Authority;
use crate::io::{ConnectError, ConnectOptions, ConnectPhase, ConnectStep, ProxyError};

/// A `CONNECT` under way. It has no `Debug`, which would show the credentials in `output`.
pub(crate) struct Tunneling {
    /// The host and the port of the proxy.
    proxy: String,
    handshake: ClientHandshake,
    /// Of a response that opens no way.
    body: Option<KeptBody>,
    /// All that has been read.
    pub(crate) input: BytesMut,
    /// What is still to be written of the request.
    pub(crate) output: BytesMut,
    /// Whether the request is still to be written and flushed.
    pub(crate) unflushed: bool,
    eof: bool,
}

impl Tunneling {
    /// Asks `proxy` for a way to the server of the options.
    pub(in crate::io) fn new(
        server: &Authority,
        proxy: &Authority,
        options: &ConnectOptions,
    ) -> Self {
        let authority = server.authority();
        // RFC 9112 3.2.3: the target is the authority, and so is the Host (RFC 9110 7.2). Both
        // have come out of a URL, which has none of the bytes that could end a line.
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

    /// Takes note that the proxy has hung up: what has come of a refusal is all of it.
    pub(crate) const fn receive_eof(&mut self) {
        self.eof = true;
    }

    /// Goes on as far as it can.
    pub(crate) fn step(&mut self) -> Step<Result<(), ConnectError>> {
        if self.unflushed {
            return Step::Write;
        }
        // The head is parsed anew each time it is asked for: not while more of the body is awaited.
        if !self.eof && self.body.is_some_and(|body| !body.is_whole(&self.input)) {
            return Step::Read;
        }
        let error = match self.handshake.receive_http(&self.input) {
            // RFC 9110 9.3.6: any 2xx opens the way, and what a header says of a body has no
            // meaning then.
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
