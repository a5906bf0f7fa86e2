//! Messages sent compressed in fragments (RFC 7692 6.1, 7.2.1), judged by a decoder of our own and
//! by the crate's.

use crate::endpoint::{
    self, agreed, client, compressing, frames, news, output, send, server, takeover,
};
use crate::inflate::Inflater;
use bytes::{Bytes, BytesMut};
use support::messages::ReceiveFrom;
use websocket_proto::Message;
use websocket_proto::deflate::{Compression, Decompressor, DeflateConfig};
use websocket_proto::frame::Kind;

#[test]
fn fragments_are_one_message() {
    let parts: [&[&str]; 10] = [
        &["Hello, ", "Hello, ", "Hello"],
        &["", "Hello"],
        &["Hello", ""],
        &["Hello", "", ", Hello"],
        &["", ""],
        &["", "", "Hello", "", ""],
        &["H", "e", "l", "l", "o"],
        &[""],
        &["Hello"],
        &["H\u{e4}llo"],
    ];
    for agreement in [takeover(), endpoint::no_takeover()] {
        let mut websocket = client(agreed(agreement));
        let mut peer = server(agreed(agreement));
        websocket.set_compression(Compression::Yes);
        let mut inflater = Inflater::new();
        let mut input = BytesMut::new();
        for parts in parts {
            let last = parts.len() - 1;
            for (index, part) in parts.iter().enumerate() {
                let part = Bytes::copy_from_slice(part.as_bytes());
                websocket.send_fragment(Kind::Text, index == last, part).unwrap();
            }
            let wire = output(&mut websocket);
            let sent = frames(&wire);
            for (index, frame) in sent.iter().enumerate() {
                let (opcode, rsv) = if index == 0 { (1, 0x40) } else { (0, 0) };
                assert_eq!((frame.fin, frame.opcode, frame.rsv), (index == last, opcode, rsv));
            }
            assert_eq!(sent.len(), parts.len());
            let payload: Vec<u8> = sent.into_iter().flat_map(|frame| frame.payload).collect();
            assert_eq!(inflater.message(&payload).unwrap(), parts.concat().as_bytes());
            input.extend_from_slice(&wire);
            assert_eq!(peer.receive_from(&mut input), Ok(Some(Message::text(parts.concat()))));
        }
    }
}

#[test]
fn what_was_sent_of_a_fragment_can_all_be_read() {
    // Each fragment is flushed: who gets it need not wait for the next.
    let mut websocket = compressing(takeover());
    let mut decoder = Decompressor::new(&DeflateConfig::new(), takeover().server());
    let mut readable = Vec::new();
    for n in 0..20 {
        websocket.send_fragment(Kind::Binary, false, news(n).into()).unwrap();
        let [frame] = &frames(&output(&mut websocket))[..] else { panic!("one frame") };
        decoder.decompress(&frame.payload, false, 1 << 20, &mut readable).unwrap();
        assert!(readable.ends_with(&news(n)));
    }
}

#[test]
fn the_first_fragment_decides_for_all() {
    for (before, after) in
        [(Compression::Yes, Compression::No), (Compression::No, Compression::Yes)]
    {
        let mut websocket = server(agreed(takeover()));
        websocket.set_compression(before);
        websocket.send_fragment(Kind::Binary, false, "Hello ".into()).unwrap();
        websocket.set_compression(after);
        websocket.send_fragment(Kind::Binary, false, "my ".into()).unwrap();
        websocket.send_fragment(Kind::Binary, true, "dear".into()).unwrap();
        let sent = frames(&output(&mut websocket));
        let payload: Vec<u8> = sent.iter().flat_map(|frame| frame.payload.clone()).collect();
        if before == Compression::Yes {
            assert_eq!(sent[0].rsv, 0x40);
            assert_eq!(Inflater::new().message(&payload).unwrap(), b"Hello my dear");
        } else {
            assert_eq!((sent[0].rsv, payload.as_slice()), (0, b"Hello my dear".as_slice()));
        }
        assert_eq!(sent[1].rsv | sent[2].rsv, 0);
        // And what was said in between holds from the next message on.
        let rsv = if after == Compression::Yes { 0x40 } else { 0 };
        assert_eq!(send(&mut websocket, "Hello").rsv, rsv);
    }
}

#[test]
fn a_first_fragment_is_compressed_however_short() {
    let mut websocket = server(agreed(takeover()));
    websocket.send_fragment(Kind::Binary, false, "H".into()).unwrap();
    assert_eq!(frames(&output(&mut websocket))[0].rsv, 0x40);
    websocket.send_fragment(Kind::Binary, true, "".into()).unwrap();
    // The only one is a whole message.
    output(&mut websocket);
    websocket.send_fragment(Kind::Binary, true, "H".into()).unwrap();
    assert_eq!(frames(&output(&mut websocket))[0].rsv, 0);
}
