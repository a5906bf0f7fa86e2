//! Messages that are compressed once and sent to many.

use crate::endpoint::{Frame, agreed, agreement, client, frames, noise, output, server, takeover};
use crate::inflate::Inflater;
use websocket_proto::connection::Role;
use websocket_proto::deflate::{Compression, DeflateConfig};
use websocket_proto::frame::Kind;
use websocket_proto::websocket::{self, Prepared};
use websocket_proto::{CloseCode, Message, SendError, WebSocket};

/// Text of which half repeats.
fn text(seed: u64, len: usize) -> Vec<u8> {
    let mut text = noise(seed, len / 2);
    text.extend(text.clone());
    text
}

fn prepared(text: &[u8]) -> Prepared {
    Prepared::binary(text.to_vec()).compressed(&DeflateConfig::new().threshold(0))
}

#[track_caller]
fn send_prepared<R: Role>(websocket: &mut WebSocket<R>, message: &Prepared) -> Frame {
    websocket.send_prepared(message).unwrap();
    let [frame] = &frames(&output(websocket))[..] else { panic!("one frame") };
    frame.clone()
}

#[track_caller]
fn send<R: Role>(websocket: &mut WebSocket<R>, text: &[u8]) -> Frame {
    websocket.send(Message::binary(text.to_vec())).unwrap();
    let [frame] = &frames(&output(websocket))[..] else { panic!("one frame") };
    frame.clone()
}

/// A peer that reads what one connection sends, by the terms of that one.
struct Peer {
    inflater: Inflater,
    forgets: bool,
    bits: u32,
}

impl Peer {
    #[track_caller]
    fn read(&mut self, frame: &Frame) -> Vec<u8> {
        if frame.rsv == 0 {
            return frame.payload.clone();
        }
        if self.forgets {
            self.inflater.reset();
        }
        let message = self.inflater.message(&frame.payload).unwrap();
        assert!(self.inflater.largest_distance <= 1 << self.bits);
        message
    }
}

fn room() -> Vec<(Peer, WebSocket<websocket_proto::connection::Server>)> {
    let mut room = Vec::new();
    for bits in [8, 9, 10, 11, 12, 15] {
        for flag in ["", "; server_no_context_takeover"] {
            let response = format!("permessage-deflate; server_max_window_bits={bits}{flag}");
            let peer = Peer { inflater: Inflater::new(), forgets: !flag.is_empty(), bits };
            room.push((peer, server(agreed(agreement(&response)))));
        }
    }
    room
}

#[test]
fn it_comes_between_the_messages_of_each_connection() {
    let mut room = room();
    for (n, len) in [200, 256, 258, 600, 2000, 5000, 70_000].into_iter().enumerate() {
        let news = text(n as u64, len);
        let message = prepared(&news);
        let mut shared: Option<Vec<u8>> = None;
        for (index, (peer, websocket)) in room.iter_mut().enumerate() {
            // Before, behind, and in place of messages of its own, which repeat what all have got.
            for _ in 0..index % 3 {
                assert!(peer.read(&send(websocket, &news)) == news);
            }
            let frame = send_prepared(websocket, &message);
            assert_eq!(frame.rsv, 0x40);
            if 1 << peer.bits >= news.len() {
                // Compressed once: it refers to nothing of any connection's.
                let payload = shared.get_or_insert_with(|| frame.payload.clone());
                assert!(*payload == frame.payload);
                assert!(Inflater::new().message(&frame.payload).unwrap() == news);
            }
            assert!(peer.read(&frame) == news, "{} bits, {len} bytes", peer.bits);
            for _ in 0..2 {
                assert!(peer.read(&send(websocket, &news)) == news);
            }
            assert!(peer.read(&send_prepared(websocket, &message)) == news);
            assert!(peer.read(&send_prepared(websocket, &message)) == news);
        }
        assert_eq!(shared.is_some(), len <= 1 << 15);
    }
}

#[test]
fn what_comes_behind_it_refers_to_nothing_before() {
    // The peer's window has moved on by what the connection's own compressor has not seen.
    let news = text(1, 1000);
    let mut websocket = server(agreed(takeover()));
    let first = send(&mut websocket, &news);
    send_prepared(&mut websocket, &prepared(&noise(2, 700)));
    let behind = send(&mut websocket, &news);
    assert!(Inflater::new().message(&behind.payload).unwrap() == news);
    assert!(behind.payload.len() >= first.payload.len());
    // From there on it takes over again.
    let mut inflater = Inflater::new();
    inflater.message(&behind.payload).unwrap();
    let next = send(&mut websocket, &news);
    assert!(inflater.message(&next.payload).unwrap() == news);
    assert!(next.payload.len() < 50, "{}", next.payload.len());
}

#[test]
fn a_window_that_is_too_small_has_it_compressed_anew() {
    let news = text(3, 2000);
    let message = prepared(&news);
    for (bits, is_shared) in [(8, false), (10, false), (11, true), (15, true)] {
        let response = format!("permessage-deflate; server_max_window_bits={bits}");
        let mut websocket = server(agreed(agreement(&response)));
        let (mut first, mut inflater) = (None, Inflater::new());
        for _ in 0..3 {
            let frame = send_prepared(&mut websocket, &message);
            assert!(inflater.message(&frame.payload).unwrap() == news);
            assert!(inflater.largest_distance <= 1 << bits);
            first = first.or(Some(frame));
        }
        // Half of it repeats 1000 bytes later.
        let len = first.unwrap().payload.len();
        assert_eq!(len < 1100, is_shared, "{len} for {bits}");
    }
    // It is too short for such a connection, which sends it as any other.
    let news = text(4, 600);
    let config = agreed(agreement("permessage-deflate; server_max_window_bits=8"));
    let mut websocket = server(config.deflate(DeflateConfig::new().threshold(601)));
    assert_eq!(send_prepared(&mut websocket, &prepared(&news)).rsv, 0);
    websocket.set_compression(Compression::Yes);
    assert_eq!(send_prepared(&mut websocket, &prepared(&news)).rsv, 0x40);
}

#[test]
fn it_goes_as_it_is_where_nothing_is_compressed() {
    for len in [10, 1000, 10_000] {
        let news = text(5, len);
        let message = prepared(&news);
        let mut plain = server(websocket::Config::new().deflate(DeflateConfig::new()));
        let frame = send_prepared(&mut plain, &message);
        assert_eq!((frame.rsv, frame.opcode, frame.payload), (0, 2, news.clone()));

        let mut websocket = server(agreed(takeover()));
        let first = send(&mut websocket, &news);
        websocket.set_compression(Compression::No);
        let frame = send_prepared(&mut websocket, &message);
        assert_eq!((frame.rsv, frame.payload), (0, news.clone()));
        // Nothing has moved.
        websocket.set_compression(Compression::Yes);
        let mut inflater = Inflater::new();
        if first.rsv != 0 {
            inflater.message(&first.payload).unwrap();
        }
        let frame = send(&mut websocket, &news);
        assert!(inflater.message(&frame.payload).unwrap() == news);
        assert!(first.rsv == 0 || frame.payload.len() < len / 4);
    }
}

#[test]
fn it_is_compressed_from_the_threshold_on() {
    let config = DeflateConfig::new();
    for (len, rsv) in [(0, 0), (127, 0), (128, 0x40), (0, 0x40), (1, 0x40)] {
        let config =
            if len < 127 && rsv != 0 { config.clone().threshold(0) } else { config.clone() };
        let message = Prepared::binary(vec![b'a'; len]).compressed(&config);
        assert_eq!(message.is_compressed(), rsv != 0, "{len}");
        let mut websocket = server(agreed(takeover()));
        let frame = send_prepared(&mut websocket, &message);
        assert_eq!(frame.rsv, rsv, "{len}");
        if rsv != 0 {
            assert_eq!(Inflater::new().message(&frame.payload).unwrap(), vec![b'a'; len]);
        }
    }
    // One that was not prepared so is compressed where each other would be.
    for (choice, rsv) in [(Compression::Yes, 0x40), (Compression::No, 0), (Compression::Auto, 0)] {
        let mut websocket = server(agreed(takeover()));
        websocket.set_compression(choice);
        assert_eq!(send_prepared(&mut websocket, &Prepared::text("Hello")).rsv, rsv);
    }
}

#[test]
fn it_goes_in_fragments_where_one_frame_would_be_too_large() {
    let news = noise(9, 1000);
    let message = prepared(&news);
    let mut setup = agreed(takeover());
    setup.config = setup.config.fragment_size(300);
    let mut websocket = server(setup);
    websocket.send_prepared(&message).unwrap();
    let sent = frames(&output(&mut websocket));
    assert!(sent.len() > 3 && sent.iter().all(|frame| frame.payload.len() <= 300));
    assert_eq!(sent[0].rsv, 0x40);
    let payload: Vec<u8> = sent.iter().flat_map(|frame| frame.payload.clone()).collect();
    assert_eq!(Inflater::new().message(&payload).unwrap(), news);
}

#[test]
fn a_client_masks_a_copy_of_its_own() {
    for len in [200, 30_000] {
        let news = noise(6, len);
        let message = prepared(&news);
        let mut clients = [client(agreed(takeover())), client(agreed(takeover()))];
        for client in &mut clients {
            for _ in 0..2 {
                let frame = send_prepared(client, &message);
                assert!(frame.is_masked);
                assert!(Inflater::new().message(&frame.payload).unwrap() == news);
            }
        }
    }
}

#[test]
fn what_was_refused_has_not_been_forgotten_for() {
    let news = text(7, 1000);
    let message = prepared(&noise(8, 500));
    let mut websocket = server(agreed(takeover()).high_water_mark(1));
    let mut inflater = Inflater::new();
    let mut read = |frame: &Frame| assert!(inflater.message(&frame.payload).unwrap() == news);
    websocket.send(Message::binary(news.clone())).unwrap();
    let full = websocket.send_prepared(&message);
    assert!(matches!(full, Err(SendError::QueueFull { .. })));
    read(&frames(&output(&mut websocket))[0]);

    websocket.send_fragment(Kind::Binary, false, news.clone().into()).unwrap();
    let first = frames(&output(&mut websocket)).remove(0);
    assert_eq!(websocket.send_prepared(&message), Err(SendError::MessageInProgress));
    websocket.send_fragment(Kind::Binary, true, "".into()).unwrap();
    let last = frames(&output(&mut websocket)).remove(0);
    let payload = [first.payload, last.payload].concat();
    assert!(payload.len() < 50, "it takes over");
    read(&Frame { fin: true, rsv: 0x40, opcode: 2, is_masked: false, payload });

    let frame = send(&mut websocket, &news);
    assert!(frame.payload.len() < 50, "it takes over still");
    read(&frame);
    websocket.close(CloseCode::NORMAL, "").unwrap();
    output(&mut websocket);
    assert_eq!(websocket.send_prepared(&message), Err(SendError::Closing));
}
