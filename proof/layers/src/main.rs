//! Proves that the layers of the library's core are complete: this program builds the next ones on
//! them, and uses only public items.
//!
//! - [`rotate`] is an extension on RSV2, negotiated by its name.
//! - [`messages`] is a message layer.
//! - [`pipe`] is an adapter with its own transport.
//! - [`opening`] is an adapter on the opening handshakes of `io` and on `WebSocket`.

mod messages;
mod opening;
mod pipe;
mod rotate;

use std::sync::Arc;

use websocket_proto::connection::{AnyRole, Client, Role, Server};
use websocket_proto::frame::FrameHeader;
use websocket_proto::mask::{Mask, MaskKeys};
use websocket_proto::{CloseCode, ProtocolError};

use messages::{Message, Messages};
use pipe::{Socket, open, pipe};
use rotate::Rotate;

fn main() {
    for agrees in [false, true] {
        converse(open(pipe(), (client(), Server), Rotate::new(13), agrees));
        let roles = (AnyRole::from(client()), AnyRole::from(Server));
        converse(open(pipe(), roles, Rotate::new(200), agrees));
    }
    transformed_text_is_validated_when_it_is_readable();
    a_shared_payload_is_not_copied();
    opening::a_websocket_is_opened_in_steps();
    opening::a_silent_client_is_given_up();
    opening::a_refusal_keeps_its_status();
    println!("the conversations went as they should");
}

fn client() -> Client {
    Client::new([7; 32]) // in real code: from the system's random generator
}

fn converse<C: Role, S: Role>((mut client, mut server): (Socket<C>, Socket<S>)) {
    let large: Arc<[u8]> = (0..1000).map(|at| at as u8).collect();
    let sent = [
        Message::Text("Grüße, 世界".to_owned()),
        Message::Binary(large.to_vec()),
        Message::Binary(b"in pieces".to_vec()),
        Message::Binary(large.to_vec()),
        Message::Text(String::new()),
    ];
    client.messages.send_text("Grüße, 世界").expect("open");
    client.messages.send_binary(&large).expect("open");
    client.messages.send_pieces([&b"in "[..], b"", b"pieces"]).expect("open");
    client.messages.send_shared(Arc::clone(&large)).expect("open");
    client.messages.ping(b"still there?").expect("open");
    client.messages.send_text("").expect("open");
    client.messages.close(CloseCode::NORMAL).expect("open");

    // The server echoes until the Close.
    let (mut at_server, mut at_client) = (Vec::new(), Vec::new());
    while !(client.is_over() && server.is_over()) {
        for message in server.run().expect("a valid peer") {
            match &message {
                Message::Text(text) => server.messages.send_text(text).expect("open"),
                Message::Binary(bytes) if bytes.len() < 500 => {
                    server.messages.send_binary(bytes).expect("open");
                }
                Message::Binary(bytes) => {
                    server.messages.send_shared(bytes.as_slice().into()).expect("open");
                }
                Message::Pong(_) | Message::Close(_) => {}
            }
            at_server.push(message);
        }
        at_client.extend(client.run().expect("a valid peer"));
    }

    let close = Message::Close(Some(CloseCode::NORMAL));
    assert_eq!(at_server.pop(), Some(close), "the server hears the Close last");
    assert_eq!(at_server, sent);
    let close = Message::Close(Some(CloseCode::NORMAL));
    assert_eq!(at_client.pop(), Some(close), "and the client its answer");
    let pong = at_client.iter().position(|message| matches!(message, Message::Pong(_)));
    let pong = at_client.remove(pong.expect("the Ping is answered"));
    assert_eq!(pong, Message::Pong(b"still there?".to_vec()));
    assert_eq!(at_client, sent);
}

/// A peer sends RSV2 and a text that is not UTF-8 after it is decoded. The frame is made from the
/// wire layer alone.
fn transformed_text_is_validated_when_it_is_readable() {
    let rotate = Rotate::new(1);
    let mut server = Messages::new(Server, Some(rotate));
    let mut keys = MaskKeys::new([9; 32]);

    let mut payload = *b"ab\xff";
    rotate.encode(&mut payload);
    let key = keys.next_key();
    Mask::new(key).apply(&mut payload);
    let header = FrameHeader {
        fin: true,
        rsv: Rotate::BIT,
        opcode: websocket_proto::frame::OpCode::Text,
        mask: Some(key),
        payload_len: payload.len() as u64,
    };
    let mut frame = [&*header.to_bytes(), &payload].concat();

    let error = ProtocolError::InvalidUtf8 { offset: 2 };
    assert_eq!(server.receive(&mut frame), Err(error));
    assert_eq!(server.receive(&mut []), Err(error), "the error stays");
    let sent = server.output().chunk().to_vec();
    let (header, header_len) =
        FrameHeader::parse_from_server(&sent).expect("valid").expect("whole");
    assert_eq!(header.opcode, websocket_proto::frame::OpCode::Close);
    assert_eq!(sent[header_len..header_len + 2], 1007_u16.to_be_bytes());
}

fn a_shared_payload_is_not_copied() {
    let payload: Arc<[u8]> = vec![1; 5000].into();
    let mut server = Messages::new(Server, None);
    server.send_shared(Arc::clone(&payload)).expect("open");
    let header_len = server.output().chunk().len();
    assert_eq!(header_len, 4);
    server.output().advance(header_len);
    assert!(std::ptr::eq(server.output().chunk(), &*payload), "it is the caller's own memory");
}
