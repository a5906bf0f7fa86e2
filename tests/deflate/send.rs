//! Messages sent compressed (RFC 7692 6.1, 7.2.1), judged by a decoder of our own and by the
//! crate's.

use crate::endpoint::{
    Frame, agreed, agreement, client, compressed, compressing, frames, news, noise, output, send,
    server, takeover,
};
use crate::inflate::Inflater;
use support::SEED;
use websocket_proto::connection::{self, Client, Connection, Server};
use websocket_proto::deflate::{Compression, Compressor, Decompressor, DeflateConfig};
use websocket_proto::frame::{Kind, Rsv};
use websocket_proto::{Message, SendError, WebSocket, websocket};

#[test]
fn hello_is_sent_as_the_rfc_has_it() {
    // RFC 7692 7.2.3.1 and 7.2.3.2.
    let mut websocket = compressing(takeover());
    websocket.send(Message::text("Hello")).unwrap();
    assert_eq!(output(&mut websocket), [0xc1, 0x07, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]);
    websocket.send(Message::text("Hello")).unwrap();
    assert_eq!(output(&mut websocket), [0xc1, 0x05, 0xf2, 0x00, 0x11, 0x00, 0x00]);
    // RFC 7692 7.2.3.6.
    websocket.send(Message::text("")).unwrap();
    assert_eq!(output(&mut websocket), [0xc1, 0x01, 0x00]);
    // And now that the `H` is where the rest is, that too.
    websocket.send(Message::text("Hello")).unwrap();
    assert_eq!(output(&mut websocket), [0xc1, 0x04, 0x02, 0x13, 0x00, 0x00]);
}

#[test]
fn a_client_masks_what_it_has_compressed() {
    for len in [5, 300, 100_000] {
        let text = noise(9, len);
        let mut websocket = client(agreed(takeover()));
        websocket.set_compression(Compression::Yes);
        let frame = send(&mut websocket, text.clone());
        assert!(frame.is_masked);
        assert_eq!(Inflater::new().message(compressed(&frame)).unwrap(), text);
    }
}

#[test]
fn each_side_keeps_to_its_own_part_of_the_agreement() {
    for (response, server_forgets, client_forgets) in [
        ("permessage-deflate", false, false),
        ("permessage-deflate; server_no_context_takeover", true, false),
        ("permessage-deflate; client_no_context_takeover", false, true),
    ] {
        let mut server = server(agreed(agreement(response)));
        let mut client = client(agreed(agreement(response)));
        server.set_compression(Compression::Yes);
        client.set_compression(Compression::Yes);
        let sent: [Vec<Frame>; 2] = [
            (0..3).map(|n| send(&mut server, news(n))).collect(),
            (0..3).map(|n| send(&mut client, news(n))).collect(),
        ];
        for (sent, forgets) in sent.iter().zip([server_forgets, client_forgets]) {
            let mut inflater = Inflater::new();
            for (n, frame) in sent.iter().enumerate() {
                assert_eq!(inflater.message(compressed(frame)).unwrap(), news(n));
                // Alone, it can be read only if it refers to nothing.
                let alone = Inflater::new().message(compressed(frame));
                assert_eq!(alone == Ok(news(n)), forgets || n == 0, "{response}");
            }
        }
    }
}

#[test]
fn what_repeats_takes_less_from_message_to_message() {
    let mut websocket = compressing(takeover());
    let lens: Vec<usize> = (0..100).map(|n| send(&mut websocket, news(n)).payload.len()).collect();
    assert!(lens[0] > 60, "{lens:?}");
    assert!(lens[1..].iter().all(|len| *len < 20), "{lens:?}");
}

/// Text in which something repeats at every distance: short words that come again, 4 to 60,000
/// bytes later.
fn tempting(seed: u64) -> Vec<u8> {
    let words = noise(99, 4096);
    let mut text = Vec::new();
    for (n, pick) in noise(seed + 1, 2000).chunks(2).enumerate() {
        let pick = usize::from(pick[0]) | usize::from(pick[1]) << 8;
        let from = pick % (words.len() - 64);
        text.extend(&words[from..from + 4 + n % 60]);
    }
    text
}

#[test]
fn no_distance_exceeds_the_window() {
    for bits in 8..=15 {
        let response = format!(
            "permessage-deflate; server_max_window_bits={bits}; client_max_window_bits={bits}"
        );
        for level in 0..=9 {
            let config = DeflateConfig::new().level(level);
            let config = agreed(agreement(&response)).deflate(config);
            // Each side at every other level.
            let (mut server, mut client) = (server(config.clone()), client(config));
            let mut send = |text: &[u8]| match level % 2 {
                0 => send(&mut server, text.to_vec()),
                _ => send(&mut client, text.to_vec()),
            };
            let mut inflater = Inflater::new();
            let mut decoder =
                Decompressor::new(&DeflateConfig::new(), agreement(&response).server());
            for n in 0..2 {
                let text = tempting(n);
                let frame = send(&text);
                assert!(inflater.message(compressed(&frame)).unwrap() == text);
                let largest = inflater.largest_distance;
                assert!(largest <= 1 << bits, "{largest} for {bits} bits at level {level}");
                // It is tempted, where it looks at all and may look far.
                let is_tempted = largest > 1 << (bits - 2);
                assert!(level == 0 || bits == 8 || is_tempted, "{largest} {bits} {level}");
                let mut message = Vec::new();
                decoder.decompress(&frame.payload, true, 1 << 20, &mut message).unwrap();
                assert!(message == text);
            }
        }
    }
}

#[test]
fn what_cannot_be_compressed_grows_by_little() {
    for level in [0, 1, 6, 9] {
        let config = agreed(takeover()).deflate(DeflateConfig::new().level(level));
        let mut websocket = server(config);
        let mut inflater = Inflater::new();
        for len in [128, 1000, 65_535, 65_536, 200_000] {
            let text = noise(len as u64, len);
            let frame = send(&mut websocket, text.clone());
            // Level 1 has the fixed codes alone, with nine bits for almost half of the bytes.
            let more = 64 + if level == 1 { len / 16 } else { len / 1000 };
            assert!(frame.payload.len() <= len + more, "{} of {len}", frame.payload.len());
            assert!(inflater.message(compressed(&frame)).unwrap() == text);
        }
    }
}

#[test]
fn a_message_of_any_length_ends_where_a_block_does() {
    // Also where the room for it is used up just then.
    let mut websocket = compressing(takeover());
    let mut inflater = Inflater::new();
    for len in 0..700 {
        let text = noise(len as u64, len);
        let frame = send(&mut websocket, text.clone());
        assert_eq!(inflater.message(compressed(&frame)).unwrap(), text);
    }
}

#[test]
fn a_message_is_compressed_from_the_threshold_on() {
    let rsv = |websocket: &mut WebSocket<Server>, len| send(websocket, vec![b'a'; len]).rsv;
    let mut websocket = server(agreed(takeover()));
    assert_eq!([0, 127, 128, 129].map(|len| rsv(&mut websocket, len)), [0, 0, 0x40, 0x40]);
    websocket.set_compression(Compression::No);
    assert_eq!([0, 127, 128, 129].map(|len| rsv(&mut websocket, len)), [0; 4]);
    websocket.set_compression(Compression::Yes);
    assert_eq!([0, 127, 128, 129].map(|len| rsv(&mut websocket, len)), [0x40; 4]);
    websocket.set_compression(Compression::Auto);
    assert_eq!([0, 127, 128, 129].map(|len| rsv(&mut websocket, len)), [0, 0, 0x40, 0x40]);

    for (threshold, expected) in [(0, [0x40, 0x40, 0x40]), (1, [0, 0x40, 0x40]), (9, [0, 0, 0x40])]
    {
        let config = agreed(takeover()).deflate(DeflateConfig::new().threshold(threshold));
        let mut websocket = server(config);
        assert_eq!([0, 8, 9].map(|len| rsv(&mut websocket, len)), expected);
    }
}

#[test]
fn nothing_is_compressed_that_was_not_agreed_on() {
    let config = websocket::Config::new().deflate(DeflateConfig::new().threshold(0));
    let mut websocket = server(config);
    websocket.set_compression(Compression::Yes);
    assert_eq!(websocket.deflate_terms(), None);
    assert_eq!(send(&mut websocket, vec![b'a'; 1000]).rsv, 0);
    websocket.send_fragment(Kind::Binary, false, vec![b'a'; 1000].into()).unwrap();
    assert_eq!(frames(&output(&mut websocket))[0].rsv, 0);
}

#[test]
fn messages_that_are_not_compressed_do_not_count() {
    let mut websocket = compressing(takeover());
    let mut inflater = Inflater::new();
    for n in 0..10 {
        websocket.set_compression(if n % 2 == 0 { Compression::Yes } else { Compression::No });
        let frame = send(&mut websocket, news(n));
        if n % 2 == 0 {
            assert_eq!(inflater.message(compressed(&frame)).unwrap(), news(n));
        } else {
            assert_eq!((frame.rsv, frame.payload), (0, news(n)));
        }
    }
}

#[test]
fn control_frames_are_never_compressed() {
    let mut websocket = compressing(takeover());
    websocket.send_fragment(Kind::Text, false, "Hello ".into()).unwrap();
    websocket.send(Message::Ping(vec![b'a'; 125].into())).unwrap();
    let sent = output(&mut websocket);
    websocket.send_fragment(Kind::Text, true, "you".into()).unwrap();
    websocket.send(Message::Pong(vec![b'a'; 125].into())).unwrap();
    websocket.close(websocket_proto::CloseCode::NORMAL, "a reason, a reason, a reason").unwrap();
    let sent = frames(&[sent, output(&mut websocket)].concat());
    let control = sent.iter().filter(|frame| frame.opcode >= 8);
    assert_eq!(control.clone().count(), 3);
    assert!(control.clone().all(|frame| frame.rsv == 0));
    let data = sent.iter().filter(|frame| frame.opcode < 8);
    assert_eq!(data.clone().map(|frame| frame.rsv).collect::<Vec<_>>(), [0x40, 0]);
    let payload: Vec<u8> = data.flat_map(|frame| frame.payload.clone()).collect();
    assert_eq!(Inflater::new().message(&payload).unwrap(), b"Hello you");
}

#[test]
fn what_was_refused_has_not_been_compressed() {
    let mut websocket = server(agreed(takeover()).high_water_mark(1));
    websocket.set_compression(Compression::Yes);
    let mut inflater = Inflater::new();
    let mut read = |websocket: &mut WebSocket<Server>, expected: &[u8]| {
        let payload: Vec<u8> =
            frames(&output(websocket)).into_iter().flat_map(|frame| frame.payload).collect();
        assert_eq!(inflater.message(&payload).unwrap(), expected);
    };
    websocket.send(Message::binary(news(0))).unwrap();
    let full = websocket.send(Message::binary(noise(1, 500))).unwrap_err();
    assert!(matches!(full.error, SendError::QueueFull { .. }));
    assert_eq!(full.message, Message::binary(noise(1, 500)));
    let full = websocket.send_fragment(Kind::Binary, false, noise(1, 500).into()).unwrap_err();
    assert!(matches!(full.error, SendError::QueueFull { .. }));
    read(&mut websocket, &news(0));

    // A fragmented message under way.
    let mut payload = Vec::new();
    let take = |websocket: &mut WebSocket<Server>, payload: &mut Vec<u8>| {
        payload.extend(frames(&output(websocket)).into_iter().flat_map(|frame| frame.payload));
    };
    websocket.send_fragment(Kind::Text, false, "Hello \u{e4}".into()).unwrap();
    take(&mut websocket, &mut payload);
    let error = websocket.send(Message::binary(noise(2, 500))).unwrap_err().error;
    assert_eq!(error, SendError::MessageInProgress);
    let other = websocket.send_fragment(Kind::Binary, false, noise(2, 500).into()).unwrap_err();
    assert_eq!((other.error, other.message), (SendError::MessageInProgress, noise(2, 500).into()));
    let invalid = websocket.send_fragment(Kind::Text, false, b"ab\xff".as_slice().into());
    assert_eq!(invalid.unwrap_err().error, SendError::InvalidUtf8 { offset: 2 });
    let cut = websocket.send_fragment(Kind::Text, true, b"ab\xc3".as_slice().into());
    assert_eq!(cut.unwrap_err().error, SendError::InvalidUtf8 { offset: 3 });
    assert!(output(&mut websocket).is_empty());
    websocket.send_fragment(Kind::Text, true, " Hello".into()).unwrap();
    take(&mut websocket, &mut payload);
    assert_eq!(inflater.message(&payload).unwrap(), "Hello \u{e4} Hello".as_bytes());

    websocket.close(websocket_proto::CloseCode::NORMAL, "").unwrap();
    output(&mut websocket);
    let error = websocket.send(Message::binary(news(1))).unwrap_err().error;
    assert_eq!(error, SendError::Closing);
}

#[test]
fn release_begins_anew_but_for_a_message_under_way() {
    let mut websocket = compressing(takeover());
    let mut inflater = Inflater::new();
    for n in 0..3 {
        let frame = send(&mut websocket, news(n));
        inflater.reset();
        assert_eq!(inflater.message(compressed(&frame)).unwrap(), news(n));
        websocket.release_memory();
    }
    websocket.send_fragment(Kind::Binary, false, news(0).into()).unwrap();
    websocket.release_memory();
    websocket.send_fragment(Kind::Binary, true, news(0).into()).unwrap();
    let sent = frames(&output(&mut websocket));
    assert!(sent[1].payload.len() < 16, "it refers to the first fragment");
    let payload = [sent[0].payload.as_slice(), &sent[1].payload].concat();
    assert_eq!(Inflater::new().message(&payload).unwrap(), [news(0), news(0)].concat());
}

#[test]
fn compressors_that_are_shared_do_not_mix_connections_up() {
    // Connections of other windows, too, one after the other and at the same time.
    let deflate = DeflateConfig::new().pool_size(2);
    for (round, windows) in
        [(0, [9, 15, 9, 12, 15]), (1, [15, 9, 9, 12, 15]), (2, [9, 9, 8, 15, 12])]
    {
        let mut open: Vec<_> = windows
            .into_iter()
            .map(|bits| {
                let agreement =
                    agreement(&format!("permessage-deflate; server_max_window_bits={bits}"));
                (bits, server(agreed(agreement).deflate(deflate.clone())), Inflater::new())
            })
            .collect();
        for n in 0..3 {
            for (bits, websocket, inflater) in &mut open {
                let text = tempting(n + round);
                let frame = send(websocket, text.clone());
                assert!(inflater.message(compressed(&frame)).unwrap() == text);
                assert!(inflater.largest_distance <= 1 << *bits);
            }
        }
    }
}

#[test]
fn send_extended_frames_what_it_is_given() {
    let config = connection::ConnectionConfig::new().reserved_bits(Rsv::RSV1);
    let mut connection = Connection::new(Client::new(SEED), config);
    let mut compressor = Compressor::new(&DeflateConfig::new(), takeover().client());
    let mut compress = |text: &[u8], fin| {
        let mut out = Vec::new();
        compressor.compress(text, fin, &mut out);
        out
    };
    let mut out = Vec::new();
    connection
        .send_extended(Kind::Binary, true, &compress(b"Hello", true), Rsv::RSV1, &mut out)
        .unwrap();
    connection
        .send_extended(Kind::Text, false, &compress(b"Hello", false), Rsv::RSV1, &mut out)
        .unwrap();
    // Neither of another kind, nor one that is not compressed.
    for error in [
        connection.send_extended(Kind::Binary, false, b"", Rsv::RSV1, &mut out),
        connection.send_fragment(Kind::Text, false, b"", &mut out),
        connection.send_text("", &mut out),
    ] {
        assert_eq!(error, Err(SendError::MessageInProgress));
    }
    connection
        .send_extended(Kind::Text, true, &compress(b"Hello", true), Rsv::RSV1, &mut out)
        .unwrap();
    let mut full = [0; 3];
    let mut no_room = connection::SliceOutput::new(&mut full);
    let refused = connection.send_extended(Kind::Text, true, b"\0", Rsv::RSV1, &mut no_room);
    assert!(matches!(refused, Err(SendError::OutputFull(_))));
    connection.send_fragment(Kind::Text, false, b"a", &mut out).unwrap();
    let refused = connection.send_extended(Kind::Text, true, b"\0", Rsv::RSV1, &mut out);
    assert_eq!(refused, Err(SendError::MessageInProgress));

    let sent = frames(&out);
    let heads: Vec<_> = sent.iter().map(|frame| (frame.opcode, frame.fin, frame.rsv)).collect();
    assert_eq!(heads, [(2, true, 0x40), (1, false, 0x40), (0, true, 0), (1, false, 0)]);
    assert!(sent.iter().all(|frame| frame.is_masked));
    let mut inflater = Inflater::new();
    assert_eq!(inflater.message(&sent[0].payload).unwrap(), b"Hello");
    let payload = [sent[1].payload.as_slice(), &sent[2].payload].concat();
    assert_eq!(inflater.message(&payload).unwrap(), b"HelloHello");
}
