//! Messages that are compressed without access to the half that sends them.

use bytes::{Buf, Bytes};
use support::{SEED, Setup};
use websocket_proto::connection::{Client, Role, Server};
use websocket_proto::deflate::Compression;
use websocket_proto::frame::Kind;
use websocket_proto::websocket::{Begun, MessageSender, Prepared};
use websocket_proto::{CloseCode, Message, SendError, WebSocket};

use crate::endpoint::{agreed, client, frames, news, noise, takeover};

fn sender<R: Role>(role: R) -> MessageSender<R> {
    let Setup { config, opened } = agreed(takeover());
    let (_, mut sender) = WebSocket::new(role, config, opened).into_split();
    sender.set_compression(Compression::Yes);
    sender
}

fn written<R: Role>(sender: &mut MessageSender<R>) -> Vec<u8> {
    let output = sender.output();
    output.copy_to_bytes(output.remaining()).to_vec()
}

/// Finishes what began, and returns whether it was compressed outside.
fn finish<R: Role>(sender: &mut MessageSender<R>, mut begun: Begun) -> bool {
    let is_queued = matches!(begun, Begun::Queued);
    while let Begun::Encode(encoding) = begun {
        begun = sender.finish(encoding.encode()).expect("nothing came between");
    }
    !is_queued
}

fn text(n: usize) -> Message {
    Message::text(String::from_utf8(news(n)).expect("text"))
}

#[test]
fn what_is_compressed_outside_is_what_would_be_compressed_inside() {
    fn same<R: Role>(role: impl Fn() -> R) {
        let (mut inside, mut outside) = (sender(role()), sender(role()));
        for n in 0..3 {
            inside.send(text(n)).unwrap();
            let begun = outside.begin(text(n)).unwrap();
            assert!(finish(&mut outside, begun));
            for fin in [false, false, true] {
                let payload = Bytes::from(news(n + 7));
                inside.send_fragment(Kind::Text, fin, payload.clone()).unwrap();
                let begun = outside.begin_fragment(Kind::Text, fin, payload).unwrap();
                assert!(finish(&mut outside, begun));
            }
            let prepared = Prepared::binary(news(n));
            inside.send_prepared(&prepared).unwrap();
            let begun = outside.begin_prepared(&prepared).unwrap();
            assert!(finish(&mut outside, begun));
            inside.send(Message::Ping(Bytes::from_static(b"p"))).unwrap();
            let begun = outside.begin(Message::Ping(Bytes::from_static(b"p"))).unwrap();
            assert!(!finish(&mut outside, begun));
            assert_eq!(written(&mut inside), written(&mut outside));
        }
    }
    same(|| Server);
    same(|| Client::new(SEED));
}

#[test]
fn a_client_compresses_and_then_masks_outside() {
    let payload = Bytes::from(noise(1, 300_000));
    let (mut inside, mut outside) = (sender(Client::new(SEED)), sender(Client::new(SEED)));
    inside.send(Message::Binary(payload.clone())).unwrap();
    let begun = outside.begin(Message::Binary(payload.clone())).unwrap();
    let Begun::Encode(encoding) = begun else { panic!("compressed") };
    let Begun::Encode(encoding) = outside.finish(encoding.encode()).unwrap() else {
        panic!("masked");
    };
    assert!(matches!(outside.finish(encoding.encode()), Ok(Begun::Queued)));
    assert!(written(&mut inside) == written(&mut outside));

    // What comes back if it cannot be sent is neither compressed nor masked.
    let begun = outside.begin(Message::Binary(payload.clone())).unwrap();
    let Begun::Encode(encoding) = begun else { panic!("compressed") };
    let Begun::Encode(encoding) = outside.finish(encoding.encode()).unwrap() else {
        panic!("masked");
    };
    outside.close(CloseCode::NORMAL, "").unwrap();
    let rejected = outside.finish(encoding.encode()).unwrap_err();
    assert_eq!((rejected.error, rejected.message == payload), (SendError::Closing, true));
}

#[test]
fn what_is_not_to_be_compressed_is_queued_at_once() {
    let mut sender = sender(Server);
    sender.set_compression(Compression::No);
    let begun = sender.begin(text(1)).unwrap();
    assert!(!finish(&mut sender, begun));
    assert_eq!(frames(&written(&mut sender)).len(), 1);
}

#[test]
fn a_close_in_the_meantime_is_the_last_frame_and_the_message_comes_back() {
    let mut sender = sender(Server);
    let Begun::Encode(encoding) = sender.begin(text(1)).unwrap() else { panic!("compressed") };
    sender.close(CloseCode::NORMAL, "").unwrap();
    let rejected = sender.finish(encoding.encode()).unwrap_err();
    assert_eq!((&rejected.message[..], rejected.error), (&news(1)[..], SendError::Closing));
    assert_eq!(written(&mut sender), [0x88, 0x02, 0x03, 0xe8]);
}

#[test]
fn nothing_but_control_frames_is_sent_in_the_meantime() {
    let mut sender = sender(Server);
    let mut peer = client(agreed(takeover()));
    sender.send(text(0)).unwrap();
    let Begun::Encode(encoding) = sender.begin(text(1)).unwrap() else { panic!("compressed") };
    let under_way = SendError::MessageInProgress;
    assert_eq!(sender.send(text(2)).unwrap_err().error, under_way);
    assert_eq!(sender.begin(text(2)).unwrap_err().error, under_way);
    assert_eq!(sender.send_prepared(&Prepared::text("x")), Err(under_way));
    let fragment = Bytes::from_static(b"x");
    let rejected = sender.send_fragment(Kind::Text, false, fragment.clone()).unwrap_err();
    assert_eq!((rejected.message, rejected.error), (fragment, under_way));
    sender.send(Message::ping("?")).unwrap();
    let begun = sender.finish(encoding.encode()).unwrap();
    assert!(!finish(&mut sender, begun));
    sender.send(text(2)).unwrap();
    peer.input().extend_from_slice(&written(&mut sender));
    for message in [Message::ping("?"), text(0), text(1), text(2)] {
        assert_eq!(peer.receive().unwrap(), Some(message));
    }
}

#[test]
fn a_message_that_is_not_finished_is_not_sent_and_the_connection_can_only_close() {
    for is_fragment in [false, true] {
        let mut sender = sender(Server);
        drop(if is_fragment {
            sender.begin_fragment(Kind::Text, false, Bytes::from(news(2))).unwrap()
        } else {
            sender.begin(text(1)).unwrap()
        });
        assert_eq!(sender.send(text(2)).unwrap_err().error, SendError::MessageInProgress);
        sender.close(CloseCode::NORMAL, "").unwrap();
        assert_eq!(sender.send(text(2)).unwrap_err().error, SendError::Closing);
        assert_eq!(written(&mut sender), [0x88, 0x02, 0x03, 0xe8]);
    }
}
