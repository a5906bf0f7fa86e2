//! The client's opening handshake as steps, for any way of reading and writing.

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;

use bytes::{Buf, Bytes, BytesMut};

use super::{ConnectError, ConnectOptions, HttpAnswer, Step, write_head};
use crate::handshake::{Answer, ClientHandshake, HttpResponse, Response, WriteError};

/// A handshake under way. What it needs next is [`step`](Self::step)'s to say; between two steps
/// it may be kept for as long as the transport has nothing to give or take.
#[derive(Debug)]
pub(crate) struct Connecting {
    options: ConnectOptions,
    nonce: [u8; 16],
    handshake: ClientHandshake,
    /// Of a response that opens no WebSocket.
    body: Option<Body>,
    /// All that has been read; in the end, what belongs to the WebSocket.
    pub(crate) input: BytesMut,
    /// What is still to be written of the request.
    pub(crate) output: BytesMut,
    /// Whether the request is still to be written and flushed.
    pub(crate) unflushed: bool,
    eof: bool,
}

/// What came of a handshake.
#[derive(Debug)]
pub(crate) struct Connected {
    pub(crate) subprotocol: Option<Box<str>>,
}

/// The most of a refusal's body that is kept.
const MAX_BODY: usize = 64 * 1024;

impl Connecting {
    pub(crate) fn new(options: ConnectOptions, nonce: [u8; 16]) -> Result<Self, WriteError> {
        let mut output = BytesMut::new();
        options.with_request(nonce, |request| write_head(&mut output, |out| request.write(out)))?;
        let handshake = ClientHandshake::with_limits(options.limits);
        let input = BytesMut::new();
        let (body, unflushed, eof) = (None, true, false);
        Ok(Self { options, nonce, handshake, body, input, output, unflushed, eof })
    }

    pub(crate) const fn options(&self) -> &ConnectOptions {
        &self.options
    }

    /// Takes note that the transport has ended: what has come of a refusal is all of it.
    pub(crate) const fn receive_eof(&mut self) {
        self.eof = true;
    }

    /// Goes on as far as it can. `inspect` is shown the response that opens the WebSocket.
    pub(crate) fn step(
        &mut self,
        inspect: impl FnOnce(&Response<'_>),
    ) -> Step<Result<Connected, ConnectError>> {
        if self.unflushed {
            return Step::Write;
        }
        // The head is parsed anew each time it is asked for: not while more of the body is awaited.
        if !self.eof && self.body.is_some_and(|body| !body.is_whole(&self.input)) {
            return Step::Read;
        }
        let Self { options, handshake, input, .. } = self;
        match options.with_request(self.nonce, |request| handshake.receive(request, input)) {
            Ok(Some(Answer::WebSocket(response))) => {
                inspect(&response);
                let subprotocol = response.subprotocol().map(Box::from);
                let head_len = response.head_len();
                self.input.advance(head_len);
                Step::Done(Ok(Connected { subprotocol }))
            }
            Ok(Some(Answer::Http(response))) => {
                let body = Body::of(&response);
                if self.eof || body.is_whole(input) {
                    let answer = to_owned(&response, body.kept(input));
                    return Step::Done(Err(ConnectError::Refused(Box::new(answer))));
                }
                self.body = Some(body);
                Step::Read
            }
            Ok(None) if self.eof => {
                Step::Done(Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into()))
            }
            Ok(None) => Step::Read,
            Err(error) => Step::Done(Err(error.into())),
        }
    }
}

/// What a response's head says of its body.
#[derive(Clone, Copy, Debug)]
struct Body {
    start: usize,
    len: Option<usize>,
}

impl Body {
    fn of(response: &HttpResponse<'_>) -> Self {
        let len = match response.status {
            204 | 304 => Some(0),
            _ => response.content_length().and_then(|len| usize::try_from(len).ok()),
        };
        Self { start: response.head_len, len }
    }

    /// Whether the body is as long as it will be, or as long as is kept.
    fn is_whole(&self, input: &[u8]) -> bool {
        let body = input.get(self.start..).unwrap_or_default();
        // RFC 9112 7.1: the last chunk is empty. One that only looks so ends what is kept too
        // early, and costs nobody more.
        let ended = body == b"0\r\n\r\n" || body.ends_with(b"\r\n0\r\n\r\n");
        let last_chunk = self.len.is_none() && ended;
        last_chunk || body.len() >= self.kept_len()
    }

    /// What is kept of the body so far.
    fn kept<'b>(&self, input: &'b [u8]) -> &'b [u8] {
        let body = input.get(self.start..).unwrap_or_default();
        body.get(..self.kept_len()).unwrap_or(body)
    }

    fn kept_len(&self) -> usize {
        self.len.unwrap_or(MAX_BODY).min(MAX_BODY)
    }
}

fn to_owned(response: &HttpResponse<'_>, body: &[u8]) -> HttpAnswer {
    let headers: Vec<_> = response
        .headers
        .iter()
        .map(|header| (header.name.to_string(), Bytes::copy_from_slice(header.value)))
        .collect();
    HttpAnswer { status: response.status, headers, body: Bytes::copy_from_slice(body) }
}
