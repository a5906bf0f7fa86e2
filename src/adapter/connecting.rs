//! The client's opening handshake as steps, for any way of reading and writing.

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;

use bytes::{Buf, Bytes, BytesMut};

use super::{ConnectError, ConnectOptions, HttpAnswer, Step, write_head};
use crate::handshake::{Answer, HttpResponse, Response, WriteError};

/// A handshake under way. What it needs next is [`step`](Self::step)'s to say; between two steps
/// it may be kept for as long as the transport has nothing to give or take.
#[derive(Debug)]
pub(crate) struct Connecting {
    options: ConnectOptions,
    nonce: [u8; 16],
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
        Ok(Self { options, nonce, input: BytesMut::new(), output, unflushed: true, eof: false })
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
        let Self { input, options, .. } = self;
        let answer = options.with_request(self.nonce, |request| {
            let mut handshake = request.handshake_with_limits(options.limits);
            let answer = match handshake.receive(input) {
                Ok(Some(answer)) => answer,
                Ok(None) => return None,
                Err(error) => return Some(Err(error.into())),
            };
            match answer {
                Answer::WebSocket(response) => {
                    inspect(&response);
                    let subprotocol = response.subprotocol().map(Box::from);
                    Some(Ok((Connected { subprotocol }, response.head_len())))
                }
                Answer::Http(response) if !self.eof && !is_whole(&response) => None,
                Answer::Http(response) => {
                    Some(Err(ConnectError::Refused(Box::new(to_owned(&response)))))
                }
            }
        });
        match answer {
            None if self.eof => {
                Step::Done(Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into()))
            }
            None => Step::Read,
            Some(Err(error)) => Step::Done(Err(error)),
            Some(Ok((connected, head_len))) => {
                self.input.advance(head_len);
                Step::Done(Ok(connected))
            }
        }
    }
}

/// Whether the body is as long as it will be, or as long as is kept.
fn is_whole(response: &HttpResponse<'_>) -> bool {
    let bodiless = matches!(response.status, 204 | 304);
    let announced = response.content_length().and_then(|len| usize::try_from(len).ok());
    // RFC 9112 7.1: the last chunk is empty. One that only looks so ends what is kept too early,
    // and costs nobody more.
    let ended = response.body == b"0\r\n\r\n" || response.body.ends_with(b"\r\n0\r\n\r\n");
    let last_chunk = announced.is_none() && ended;
    bodiless || last_chunk || response.body.len() >= announced.unwrap_or(MAX_BODY).min(MAX_BODY)
}

fn to_owned(response: &HttpResponse<'_>) -> HttpAnswer {
    let announced = response.content_length().and_then(|len| usize::try_from(len).ok());
    let kept = announced.unwrap_or(MAX_BODY).min(MAX_BODY);
    let body = response.body.get(..kept).unwrap_or(response.body);
    let headers: Vec<_> = response
        .headers
        .iter()
        .map(|header| (header.name.to_string(), Bytes::copy_from_slice(header.value)))
        .collect();
    HttpAnswer { status: response.status, headers, body: Bytes::copy_from_slice(body) }
}
