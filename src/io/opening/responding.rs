//! The responses of a server's opening handshake
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4.2.2).

use bytes::BytesMut;

use crate::deflate::Preferences;
use crate::handshake::{Incoming, Opened, Refusal};
use crate::io::{AcceptError, Reply, encode_head};

/// Writes the answer. Returns the length of the request, and the result for the caller.
pub(super) fn respond(
    incoming: &Incoming<'_>,
    answer: impl FnOnce(&Incoming<'_>) -> Reply,
    deflate: Option<Preferences>,
    output: &mut BytesMut,
) -> (usize, Result<Opened, AcceptError>) {
    let head_len = match incoming {
        Incoming::WebSocket(request) => request.head_len(),
        Incoming::Http(request) => request.head_len,
    };
    let reply = answer(incoming);
    let status = reply.status();
    let outcome = match (reply.write(incoming, deflate, output), incoming) {
        (Ok(Some(opened)), _) => Ok(opened),
        (Ok(None), Incoming::Http(_)) => Err(AcceptError::NotWebSocket { status }),
        (Ok(None), Incoming::WebSocket(_)) => Err(AcceptError::Refused { status }),
        (Err(error), _) => {
            refuse(Refusal::new(500), output);
            Err(AcceptError::Reply(error))
        }
    };
    (head_len, outcome)
}

/// Writes a refusal of this crate.
pub(super) fn refuse(refusal: Refusal<'_>, output: &mut BytesMut) {
    // This does not fail: the status and the headers of these refusals are valid.
    let _ = encode_head(output, |out| refusal.write(out));
}

/// Returns the reply to a request that does not ask for a WebSocket: status 426, and a line of
/// text.
pub fn upgrade_required() -> Reply {
    Reply::refuse(426)
        .header("Upgrade", "websocket")
        .header("Content-Type", "text/plain; charset=utf-8")
        .body("this is a WebSocket endpoint: ask for an upgrade\n")
}
