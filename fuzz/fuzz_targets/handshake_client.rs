//! Any bytes as the answer to one request: the same is made of them however they are cut, and no
//! WebSocket opens without the right key.
//!
//! The input is the number of cuts, the length of the piece before each cut, and the bytes: what
//! stands on the wire can be written into a corpus file as it is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use support::handshake::request;
use websocket_proto::handshake::{Answer, ClientHandshake};

fuzz_target!(|input: &[u8]| {
    let [cuts, rest @ ..] = input else { return };
    let (cuts, bytes) = rest.split_at(usize::from(*cuts).min(rest.len()));

    let whole = made(bytes, std::iter::empty());
    assert_eq!(made(bytes, cuts.iter().map(|&len| usize::from(len))), whole, "cut as asked");
    assert_eq!(made(bytes, std::iter::repeat_n(1, bytes.len())), whole, "a byte at a time");

    let (head_len, headers) = match ClientHandshake::new().receive(&request(), bytes) {
        Ok(Some(Answer::WebSocket(response))) => {
            let accept = response.headers().first("Sec-WebSocket-Accept");
            assert_eq!(accept, Some(&b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="[..]));
            assert!(matches!(response.subprotocol(), None | Some("chat" | "superchat")));
            let offered = |name| matches!(name, "permessage-deflate" | "x-foo");
            assert!(response.extensions().all(|extension| offered(extension.name())));
            (response.head_len(), response.headers())
        }
        Ok(Some(Answer::Http(response))) => {
            assert!((200..1000).contains(&response.status));
            assert_eq!(response.body, &bytes[response.head_len..]);
            let _ = response.content_length();
            (response.head_len, response.headers)
        }
        Ok(None) | Err(_) => return,
    };
    assert!(bytes[..head_len].ends_with(b"\r\n\r\n"));
    for header in headers {
        assert!(!header.name.is_empty() && header.name.bytes().all(|byte| byte.is_ascii_graphic()));
        let is_text = |&byte: &u8| byte == b'\t' || byte >= b' ' && byte != 0x7f;
        assert!(header.value.iter().all(is_text), "{header:?}");
    }
});

/// What becomes of bytes that come in these pieces, and then the rest.
fn made(bytes: &[u8], pieces: impl Iterator<Item = usize>) -> String {
    let mut handshake = ClientHandshake::new();
    let mut end = 0;
    for len in pieces {
        end = bytes.len().min(end + len);
        if !matches!(handshake.receive(&request(), &bytes[..end]), Ok(None)) {
            break;
        }
        assert_eq!(handshake.received(), end);
    }
    format!("{:?}", handshake.receive(&request(), bytes))
}
