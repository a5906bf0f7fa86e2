//! The order of calls: a message that is ready does not change if more bytes arrive before it is
//! taken, and idle connections keep no memory that should be freed.

use std::io::Read;

use bytes::{BufMut as _, Bytes, BytesMut};
use support::messages::*;
use websocket_proto::connection::Server;
use websocket_proto::websocket::{Config, MessageRef, Part};
use websocket_proto::{Message, WebSocket};

/// The name of a way in which more bytes get into the buffer, and the function for it.
type Way = (&'static str, fn(&mut WebSocket<Server>, &[u8]));

fn more_ways() -> Vec<Way> {
    vec![
        ("extend_from_slice", |websocket, bytes| websocket.input().extend_from_slice(bytes)),
        ("append", |websocket, bytes| websocket.input().append(BytesMut::from(bytes))),
        ("lend", |websocket, bytes| {
            let mut lent = websocket.input().lend();
            lent.put_slice(bytes);
            websocket.input().give_back(lent);
        }),
        ("read_from", |websocket, mut bytes| {
            while !bytes.is_empty() {
                websocket.input().read_from(&mut bytes).expect("a slice");
            }
        }),
        ("release_memory", |websocket, bytes| {
            websocket.release_memory();
            websocket.input().release_memory();
            websocket.input().extend_from_slice(bytes);
        }),
        ("take_unprocessed", |websocket, bytes| {
            let mut rest = websocket.take_unprocessed();
            rest.extend_from_slice(bytes);
            websocket.input().append(rest);
        }),
    ]
}

/// Otherwise other bytes could take the place of the validated bytes, and a `str` would not be
/// UTF-8.
#[test]
fn a_message_that_is_ready_stays_the_same_when_more_bytes_come_in() {
    let from = From::Client;
    let firsts = [from.frame(PING, "a ping"), from.frame(TEXT, "lent before")];
    for first in firsts {
        for (way, more) in more_ways() {
            let mut websocket = server(Config::new());
            websocket
                .input()
                .extend_from_slice(&[first.clone(), from.frame(TEXT, "Hello")].concat());
            assert!(websocket.receive_ref().expect("valid").is_some());
            assert_eq!(websocket.process(), Ok(true));
            more(&mut websocket, &from.frame(BINARY, [0xff; 9000]));
            let received = websocket.receive().expect("valid").expect("it is ready");
            // The messages are compared as bytes, because a faulty text may not be UTF-8.
            assert_eq!(received.payload(), Some(&b"Hello"[..]), "{way}");
            assert_eq!(websocket.receive(), Ok(Some(Message::binary(vec![0xff; 9000]))), "{way}");
        }
    }
}

#[test]
fn a_part_that_is_ready_stays_the_same_when_more_bytes_come_in() {
    let from = From::Client;
    for (way, more) in more_ways() {
        let mut websocket = server(Config::new());
        let bytes = [from.frame(PING, "a ping"), from.part(TEXT, "Hello")].concat();
        websocket.input().extend_from_slice(&bytes);
        assert_eq!(websocket.receive_part(), Ok(Some(Part::Ping(b"a ping"))));
        assert_eq!(websocket.process_part(), Ok(true));
        more(&mut websocket, &from.frame(CONTINUATION, " you"));
        let Ok(Some(Part::Data { bytes, .. })) = websocket.receive_part() else { panic!("{way}") };
        assert_eq!(bytes, b"Hello", "{way}");
        let Ok(Some(Part::Data { bytes, .. })) = websocket.receive_part() else { panic!("{way}") };
        assert_eq!(bytes, b" you", "{way}");
    }
}

/// A thread keeps one buffer of at most 64 KiB. A small piece of large memory would keep all of it.
#[test]
fn memory_of_the_application_is_not_kept_as_the_spare_buffer_of_the_thread() {
    std::thread::spawn(|| {
        let mut arena = BytesMut::zeroed(4 * 1024 * 1024);
        let frame = From::Client.frame(TEXT, "Hello");
        let at = arena.len() - frame.len() - 1000;
        arena[at..at + frame.len()].copy_from_slice(&frame);
        let mut piece = arena.split_off(at);
        piece.truncate(frame.len());
        let arena = arena.freeze();
        assert!(!arena.is_unique(), "the piece shares the memory");
        let mut websocket = server(Config::new());
        websocket.input().append(piece);
        assert_eq!(websocket.receive_ref(), Ok(Some(MessageRef::Text("Hello"))));
        assert_eq!(websocket.receive(), Ok(None));
        websocket.input().release_memory();
        assert_eq!(websocket.input().capacity(), 0);
        assert!(arena.is_unique(), "the piece is freed");
    })
    .join()
    .expect("the test passes");
}

/// A buffer is not kept while the application holds a message in its memory. Otherwise the spare
/// buffer would keep all of this memory after the application has dropped the message.
#[test]
fn the_rest_of_the_memory_of_a_message_is_not_kept_as_the_spare_buffer_of_the_thread() {
    for len in (100_000..500_000).step_by(1000) {
        let test = std::thread::spawn(move || {
            let mut websocket = server(Config::new());
            let bytes = From::Client.frame(BINARY, vec![7; len]);
            let mut rest = &bytes[..];
            let mut message = None;
            while !rest.is_empty() {
                let mut segment = Read::take(&mut rest, 4000);
                assert!(websocket.input().read_from(&mut segment).expect("a slice") > 0);
                message = websocket.receive().expect("valid");
            }
            let Some(Message::Binary(message)) = message else { panic!() };
            assert_eq!(websocket.receive(), Ok(None));
            // A read that finds nothing.
            let lent = websocket.input().lend();
            websocket.input().take_back(lent);
            websocket.input().release_memory();
            assert_eq!(websocket.input().capacity(), 0);
            assert!(Bytes::is_unique(&message), "{len}: nothing else has this memory");
        });
        test.join().expect("the test passes");
    }
}

/// With permessage-deflate a read has at most 32 KiB, also if the transport fills the whole lent
/// buffer, as the transport of tokio does.
#[cfg(feature = "deflate")]
#[test]
fn a_compressed_connection_lends_at_most_32_kib_after_another_connection_of_the_thread() {
    use support::Setup;
    use websocket_proto::deflate::{DeflateConfig, Preferences};
    use websocket_proto::extension::Extensions;

    std::thread::spawn(|| {
        let agreed =
            Extensions::parse(b"permessage-deflate").map(|agreed| agreed.expect("it parses"));
        let terms = Preferences::new().check(agreed).expect("valid").expect("permessage-deflate");
        let mut plain = server(Config::new());
        let frame = From::Client.frame(BINARY, "");
        let mut stream = frame.iter().cycle();
        for _ in 0..4 {
            let mut free = plain.input().lend();
            let room = free.capacity();
            free.extend(stream.by_ref().take(room));
            plain.input().give_back(free);
            while plain.receive_ref().expect("valid").is_some() {}
        }
        let deflate = Config::new().deflate(DeflateConfig::new());
        let mut compressed = server(Setup::agreed(deflate, terms));
        assert_eq!(plain.input().capacity(), 64 * 1024);
        plain.input().release_memory();
        let room = compressed.input().lend().capacity();
        assert!(room <= 32 * 1024, "{room} bytes may be read and inflated at once");
    })
    .join()
    .expect("the test passes");
}
