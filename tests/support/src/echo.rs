//! An echo over a transport of the tokio adapter, and a conversation for it.

use tokio::io::{AsyncRead, AsyncWrite};
use websocket_proto::connection::Role;
use websocket_proto::io::Error;
use websocket_proto::tokio::WebSocketStream;
use websocket_proto::{CloseCode, Message};

use crate::Frame;
use crate::transport::{payload, run};

/// Returns the frames that a peer sends, and the messages that they contain. One message is longer
/// than a record of TLS.
pub fn script() -> (Vec<Frame>, Vec<Message>) {
    let large = payload(20_000);
    let frames = vec![
        Frame::text("one"),
        Frame::ping("a"),
        Frame::text("tw").more(),
        Frame::ping("b"),
        Frame::continuation("o"),
        Frame::binary(&large),
        Frame::pong("unasked"),
        Frame::text("three"),
        Frame::close(1000, "done"),
    ];
    let messages = vec![
        Message::text("one"),
        Message::Ping("a".into()),
        Message::Ping("b".into()),
        Message::text("two"),
        Message::Binary(large),
        Message::Pong("unasked".into()),
        Message::text("three"),
        Message::close(CloseCode::NORMAL, "done").expect("sendable"),
    ];
    (frames, messages)
}

/// Echoes until the connection is over. Returns the messages that arrived, and the first error of
/// `send`. If no `send` failed, it returns the error of `next`.
pub fn echo_to_the_end<S: AsyncRead + AsyncWrite + Unpin, R: Role>(
    socket: &mut WebSocketStream<S, R>,
) -> (Vec<Message>, Option<Error>) {
    let (mut received, mut error) = (Vec::new(), None);
    while let Some(next) = run(socket.next()).expect("the transport ends") {
        assert!(error.is_none(), "{error:?}, then {next:?}");
        match next {
            Ok(message) => {
                received.push(message.clone());
                if message.is_data()
                    && let Err(error) = run(socket.send(message)).expect("it wakes")
                {
                    return (received, Some(error));
                }
            }
            Err(found) => error = Some(found),
        }
    }
    assert!(run(socket.next()).expect("it is over").is_none());
    (received, error)
}
