//! Messages sent compressed in fragments (RFC 7692 6.1, 7.2.1), judged by a decoder of our own and
//! by the crate's.

use crate::endpoint::{
    self, agreed, client, compressing, frames, news, noise, output, send, server, takeover,
};
use crate::inflate::Inflater;
use bytes::{Bytes, BytesMut};
use support::messages::ReceiveFrom;
use websocket_proto::connection::Role;
use websocket_proto::deflate::{Compression, Decompressor, DeflateConfig};
use websocket_proto::frame::Kind;
use websocket_proto::websocket::Prepared;
use websocket_proto::{Message, WebSocket};

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

#[test]
fn a_compressed_message_is_cut_into_fragments_of_the_set_size() {
    fn check<R: Role, P: Role>(mut websocket: WebSocket<R>, mut peer: WebSocket<P>) {
        websocket.set_compression(Compression::Yes);
        let large = noise(3, 200_000);
        for payload in [&b""[..], b"Hello", &large, &large[..20_000]] {
            let message = Message::binary(payload.to_vec());
            websocket.send(message.clone()).unwrap();
            let mut wire = output(&mut websocket);
            let sent = frames(&wire);
            let last = sent.len() - 1;
            assert_eq!(last > 0, payload.len() > 5);
            for (index, frame) in sent.iter().enumerate() {
                // RFC 7692 7.2.1: RSV1 is set on the first fragment only.
                let (opcode, rsv) = if index == 0 { (2, 0x40) } else { (0, 0) };
                assert_eq!((frame.fin, frame.opcode, frame.rsv), (index == last, opcode, rsv));
                assert!(frame.payload.len() == 1000 || index == last);
            }
            let half = Bytes::copy_from_slice(&payload[..payload.len() / 2]);
            let rest = Bytes::copy_from_slice(&payload[payload.len() / 2..]);
            websocket.send_fragment(Kind::Binary, false, half).unwrap();
            websocket.send_fragment(Kind::Binary, true, rest).unwrap();
            websocket.send_prepared(&Prepared::binary(payload.to_vec())).unwrap();
            wire.extend(output(&mut websocket));
            assert!(frames(&wire).iter().all(|frame| frame.payload.len() <= 1000));
            let mut input = BytesMut::from(&wire[..]);
            for _ in 0..3 {
                assert!(peer.receive_from(&mut input).unwrap() == Some(message.clone()));
            }
        }
    }
    let agreed = || {
        let mut agreed = agreed(takeover());
        agreed.config = agreed.config.fragment_size(1000).high_water_mark(u64::MAX);
        agreed
    };
    check(server(agreed()), client(agreed()));
    check(client(agreed()), server(agreed()));
}
