//! How much room the read buffer has for one read, and when it keeps the memory of a message.

use bytes::BufMut as _;
use support::messages::*;
use websocket_proto::WebSocket;
use websocket_proto::connection::Server;
use websocket_proto::websocket::Config;

/// Receives everything that arrived, and returns the number of messages.
fn count_messages(websocket: &mut WebSocket<Server>) -> usize {
    std::iter::from_fn(|| websocket.receive().expect("a valid peer")).count()
}

#[test]
fn a_batch_that_fits_one_read_is_one_read_however_often_it_comes() {
    for frames in [32, 64, 250] {
        let batch = From::Client.frame(TEXT, "x".repeat(125)).repeat(frames);
        let mut websocket = server(Config::new());
        let mut reads = Vec::new();
        for _ in 0..200 {
            let mut rest = &batch[..];
            let mut messages = 0;
            let mut count = 0;
            while !rest.is_empty() {
                let mut free = websocket.input().lend();
                let (read, later) = rest.split_at(rest.len().min(free.capacity()));
                free.put_slice(read);
                rest = later;
                websocket.input().give_back(free);
                messages += count_messages(&mut websocket);
                count += 1;
            }
            assert_eq!(messages, frames);
            reads.push(count);
            // The transport has no more bytes.
            websocket.input().release_memory();
        }
        assert!(reads[8..].iter().all(|&count| count == 1), "{frames} frames: {reads:?}");
    }
}

#[test]
fn reads_become_smaller_only_after_many_small_ones_in_a_row() {
    let frame = From::Client.frame(BINARY, "");
    let mut stream = frame.iter().cycle();
    let mut websocket = server(Config::new());
    // Reads as many bytes, or as many as fit, and returns how many would have fitted.
    let mut read = |len: usize| {
        let mut free = websocket.input().lend();
        let room = free.capacity();
        free.extend(stream.by_ref().take(len.min(room)));
        websocket.input().give_back(free);
        count_messages(&mut websocket);
        websocket.input().release_memory();
        // The spare buffer of the thread would have more room than a read wants.
        drop(server(Config::new()).input().lend());
        room
    };
    assert_eq!([(); 3].map(|()| read(usize::MAX)), [8, 16, 32].map(|kib| kib * 1024));
    for _ in 0..10 {
        assert!([(); 15].iter().all(|()| read(100) == 64 * 1024));
        assert_eq!(read(32 * 1024), 64 * 1024);
    }
    assert!([(); 16].iter().all(|()| read(100) == 64 * 1024));
    assert_eq!(read(100), 32 * 1024);
}

#[test]
fn a_large_message_arrives_in_the_memory_of_the_one_before() {
    let sent = vec![7; 1 << 20];
    let stream = From::Client.frame(BINARY, &sent).repeat(4);
    let mut websocket = server(Config::new());
    let mut places = Vec::new();
    for read in stream.chunks(50_000) {
        let mut free = websocket.input().lend();
        free.put_slice(read);
        websocket.input().give_back(free);
        while let Some(message) = websocket.receive_ref().expect("a valid peer") {
            assert_eq!(message.payload(), Some(&sent[..]));
            places.push(message.payload().map(<[u8]>::as_ptr));
        }
    }
    assert_eq!(places.len(), 4);
    assert_eq!(places[2], places[3]);
}

#[test]
fn a_read_has_room_when_a_single_byte_of_a_frame_is_missing() {
    /// Fills two lent buffers with `frame`, except for the last byte of each.
    fn fill<'f>(websocket: &mut WebSocket<Server>, mut frame: &'f [u8]) -> &'f [u8] {
        for _ in 0..2 {
            let mut free = websocket.input().lend();
            let (read, rest) = frame.split_at(free.capacity() - 1);
            free.put_slice(read);
            frame = rest;
            websocket.input().give_back(free);
            assert_eq!(websocket.receive(), Ok(None));
        }
        frame
    }
    let long = From::Client.frame(BINARY, vec![7; 60_000]);
    let fits = long.len() - fill(&mut server(Config::new()), &long).len();
    // A frame of that length and one byte more. The header has 8 bytes.
    let frame = From::Client.frame(BINARY, vec![7; fits + 1 - 8]);
    let mut websocket = server(Config::new());
    let mut rest = fill(&mut websocket, &frame);
    assert_eq!(rest.len(), 1);
    assert_eq!(websocket.input().read_from(&mut rest).expect("a slice"), 1);
    assert_eq!(count_messages(&mut websocket), 1);
}
