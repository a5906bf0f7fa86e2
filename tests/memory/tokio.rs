//! What the tokio adapter holds on the heap: nothing while it idles, a bounded amount whatever the
//! peer does, and large messages without a copy of them.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::counting::{allocations, held_by, peak};
use bytes::{Bytes, BytesMut};
use support::transport::{Peer, Transport, enter, open, open_with, payload};
use support::{Frame, SEED, Side};
use websocket_proto::connection::{Client, Role, Server};
use websocket_proto::tokio::WebSocketStream;
use websocket_proto::websocket::Config;
use websocket_proto::{Message, WebSocket};

#[test]
fn the_allocator_of_this_test_counts() {
    assert_eq!(held_by(std::hint::black_box(vec![0_u8; 1000])), 1000);
    assert_eq!(peak(|| drop(std::hint::black_box(vec![0_u8; 1000]))), 1000);
}

/// What a few polls of the future give: one may only be a pause for other tasks. Unlike others, this
/// task takes no memory.
fn run<T>(future: impl Future<Output = T>) -> Option<T> {
    let _runtime = enter();
    let mut future = pin!(future);
    for _ in 0..3 {
        if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return Some(done);
        }
    }
    None
}

/// An open WebSocket whose transport keeps nothing of what goes through it.
fn forgetful<R: Role>(role: R) -> (WebSocketStream<Transport, R>, Peer) {
    let (socket, peer) = open(role);
    peer.forget();
    (socket, peer)
}

fn wait_for_nothing<R: Role>(socket: &mut WebSocketStream<Transport, R>) {
    assert!(run(socket.next()).is_none(), "there is nothing to receive");
}

/// What an open WebSocket holds that has never done anything but wait.
fn held_at_first<R: Role>(role: R) -> usize {
    let (mut socket, _peer) = forgetful(role);
    wait_for_nothing(&mut socket);
    held_by(socket)
}

fn echo_all<R: Role>(socket: &mut WebSocketStream<Transport, R>) {
    while let Some(next) = run(socket.next()) {
        let message = next.expect("it is open").expect("a good peer");
        if message.is_data() {
            run(socket.feed(message)).expect("there is room").expect("it is open");
        }
    }
}

#[test]
fn an_idle_connection_holds_no_buffer() {
    let frames = |side| {
        [
            Frame::text("small").bytes(side),
            Frame::binary(payload(1000)).bytes(side).repeat(100),
            Frame::ping("a ping").bytes(side),
            Frame::binary(payload(1 << 20)).bytes(side),
            // All but the first byte of its payload.
            Frame::text("cut").header(side),
        ]
    };
    fn check<R: Role>(role: impl Fn() -> R, frames: &[Vec<u8>]) {
        let at_first = held_at_first(role());
        assert!(at_first < 512, "{at_first} bytes");
        for count in 1..=frames.len() {
            let (mut socket, peer) = forgetful(role());
            for frame in &frames[..count] {
                peer.give(frame);
                echo_all(&mut socket);
            }
            assert_eq!(held_by(socket), at_first, "after {count} kinds of traffic");
        }
    }
    check(|| Server, &frames(Side::Server));
    check(|| Client::new(SEED), &frames(Side::Client));
}

#[test]
fn an_idle_connection_holds_no_buffer_after_it_has_sent() {
    let at_first = held_at_first(Server);
    let (mut socket, _peer) = forgetful(Server);
    for len in [5, 1000, 100_000] {
        run(socket.send(payload(len))).expect("there is room").expect("it is open");
    }
    wait_for_nothing(&mut socket);
    assert_eq!(held_by(socket), at_first);
}

#[test]
fn halves_that_idle_hold_no_buffer_after_the_one_has_sent() {
    let at_first = {
        let (mut socket, _peer) = forgetful(Server);
        wait_for_nothing(&mut socket);
        held_by(socket.into_split())
    };
    let (socket, peer) = forgetful(Server);
    let (mut reader, mut writer) = socket.into_split();
    assert!(run(reader.next()).is_none());
    for len in [5, 1000, 100_000] {
        run(writer.send(payload(len))).expect("there is room").expect("it is open");
    }
    // Nor when it had to wait before it could write.
    peer.room(3);
    assert!(run(writer.send("waits")).is_none());
    peer.open_room();
    run(writer.flush()).expect("there is room").expect("a good transport");
    assert_eq!(held_by((reader, writer)), at_first);
}

#[test]
fn a_peer_that_floods_pings_and_reads_nothing_grows_no_memory() {
    let flood = |rounds| {
        let pings = Frame::ping([b'p'; 125]).bytes(Side::Server).repeat(500);
        let (mut socket, peer) = forgetful(Server);
        peer.room(1000);
        // So that what the transport itself holds is there before it is counted.
        peer.give(&pings);
        echo_all(&mut socket);
        peak(|| {
            for _ in 0..rounds {
                peer.give(&pings);
                echo_all(&mut socket);
            }
        })
    };
    let (short, long) = (flood(10), flood(200));
    // The tests in other threads use the same runtime. Its lock allocates memory when a thread
    // waits for a lock for the first time.
    assert!(long < short + 4096, "{short} and {long} bytes");
    let mark = Config::DEFAULT_HIGH_WATER_MARK;
    assert!((long as u64) < 4 * mark, "{long} bytes for a high-water mark of {mark}");
}

#[test]
fn what_a_faulty_peer_sends_on_is_not_kept() {
    let (mut socket, peer) = forgetful(Server);
    peer.give(Frame::text("not masked").unmasked().bytes(Side::Server));
    wait_for_nothing(&mut socket);
    let junk = vec![0xa5; 1 << 20];
    peer.give(&junk);
    wait_for_nothing(&mut socket);
    let most = peak(|| {
        for _ in 0..4 {
            peer.give(&junk);
            wait_for_nothing(&mut socket);
        }
    });
    assert!(most <= 512 * 1024, "{most} bytes");
    peer.end();
    run(socket.next()).expect("it came").expect("open").expect_err("a fault");
    assert!(matches!(run(socket.next()), Some(None)));
}

#[test]
fn a_ping_flood_is_answered_in_the_end_by_what_the_queue_took_and_the_newest() {
    let (mut socket, peer) = open_with(Server, Config::new().high_water_mark(1000));
    peer.room(0);
    for number in 0..1000 {
        peer.give(Frame::ping(format!("{number:04}")).bytes(Side::Server));
        run(socket.next()).expect("it came").expect("it is open").expect("a good peer");
    }
    peer.open_room();
    wait_for_nothing(&mut socket);
    let pong = |number: u32| Message::Pong(Bytes::from(format!("{number:04}")));
    let queued = 1000_u32.div_ceil(2 + 4);
    let expected: Vec<Message> = (0..queued).chain([999]).map(pong).collect();
    assert_eq!(peer.take_messages(Client::new(SEED)), expected);
}

#[test]
fn a_large_message_is_written_from_where_it_is() {
    fn check<R: Role>(role: impl Fn() -> R, message: impl Fn() -> Bytes) {
        for bite in [10_000, usize::MAX] {
            let (mut socket, peer) = open(role());
            peer.bite(bite);
            let message = message();
            let (start, len) = (message.as_ptr().addr(), message.len());
            run(socket.send(message)).expect("there is room").expect("it is open");
            let mut written = 0;
            for write in &peer.state().writes {
                let whole: Vec<_> = write.slices.iter().filter(|slice| slice.1 > 14).collect();
                let [(address, rest)] = whole[..] else { panic!("{write:?}") };
                assert_eq!((*address, *rest), (start + written, len - written));
                let header: usize =
                    write.slices.iter().map(|slice| slice.1).filter(|&len| len <= 14).sum();
                written += write.taken - header;
            }
            assert_eq!(written, len);
        }
    }
    let shared = payload(1 << 20);
    check(|| Server, || shared.clone());
    // It can be masked in place.
    check(|| Client::new(SEED), || payload(1 << 20));
}

#[test]
fn sending_a_large_message_of_a_server_allocates_next_to_nothing() {
    let (mut socket, _peer) = forgetful(Server);
    let message = payload(1 << 20);
    let most = peak(|| {
        run(socket.send(message.clone())).expect("there is room").expect("it is open");
    });
    assert!(most < 1024, "{most} bytes");
}

#[test]
fn a_large_frame_is_read_into_its_message() {
    for (side, len) in Side::BOTH.into_iter().flat_map(|side| [(side, 1 << 20), (side, 1_000_000)])
    {
        let frame = Frame::binary(payload(len));
        let mut bytes = frame.bytes(side);
        // Something that comes with its end.
        bytes.extend(Frame::text("next").bytes(side));
        let (reads, message) = match side {
            Side::Server => receive_one(Server, &bytes),
            Side::Client => receive_one(Client::new(SEED), &bytes),
        };
        assert_eq!(message, payload(len));
        // Where the first byte was when each of the reads put its bytes behind all others.
        let mut before = 0;
        let mut bases = Vec::new();
        for (address, got) in reads {
            bases.push(address - before);
            before += got;
        }
        assert_eq!(bases.last(), Some(&(message.as_ptr().addr() - frame.header(side).len())));
        // The buffer has moved no more often than it takes to grow to twice the size each time.
        bases.dedup();
        assert!(bases.len() <= 10, "{side:?}, {len}: it was moved {} times", bases.len());
    }
}

/// Where the reads went and how much each got, and the message that came of them.
fn receive_one<R: Role>(role: R, bytes: &[u8]) -> (Vec<(usize, usize)>, Bytes) {
    let (mut socket, peer) = open(role);
    peer.give(bytes);
    let received = run(socket.next()).expect("it came").expect("it is open");
    let Ok(Message::Binary(message)) = received else { panic!("{received:?}") };
    let reads = peer.state().reads.iter().map(|read| (read.address, read.got)).collect();
    (reads, message)
}

#[test]
fn a_large_frame_takes_little_more_memory_than_its_message() {
    // The buffer grows as the bytes arrive, to the next power of two; and no further for a read at
    // its end that is larger than what is left of it, as reads are after some traffic.
    for (len, bound) in [(1 << 20, 2 << 20), (1_000_000, 1 << 20), (500_000, 1 << 19)] {
        let (mut socket, peer) = forgetful(Server);
        peer.give(Frame::binary([7; 1000]).bytes(Side::Server).repeat(600));
        echo_all(&mut socket);
        peer.bite(65_483);
        peer.give(Frame::binary(payload(len)).bytes(Side::Server));
        let mut message = None;
        let most = peak(|| message = run(socket.next()));
        assert!(matches!(message, Some(Some(Ok(Message::Binary(got)))) if got.len() == len));
        assert!(most <= bound + 1024, "{most} bytes for {len}");
    }
}

#[test]
fn a_length_that_a_peer_declares_reserves_nothing() {
    let (mut socket, peer) = forgetful(Server);
    peer.give(Frame::binary("").declaring(16 << 20).header(Side::Server));
    peer.give([7; 10]);
    let most = peak(|| wait_for_nothing(&mut socket));
    assert!(most <= 2 * 8192 + 1024, "{most} bytes");
}

#[test]
fn what_a_message_takes_from_a_shared_buffer_is_no_more_than_that_buffer() {
    // What was read with it belongs to the messages that are kept, not to the connection.
    let (mut socket, peer) = forgetful(Server);
    peer.give(Frame::text("kept").bytes(Side::Server).repeat(100));
    let mut kept = Vec::new();
    while let Some(next) = run(socket.next()) {
        kept.push(next.expect("it is open").expect("a good peer"));
    }
    assert_eq!(kept.len(), 100);
    assert_eq!(held_by(socket), held_at_first(Server));
}

#[test]
fn a_websocket_without_a_transport_is_where_the_state_is() {
    // The adapter adds a few words: the buffers are empty, and there is no task or channel.
    let added = size_of::<WebSocketStream<(), Server>>() - size_of::<WebSocket<Server>>();
    assert!(added <= size_of::<BytesMut>() + 16 * size_of::<usize>(), "{added} bytes");
}

/// The number of allocations of an echo of this message by a task that sleeps before and after it.
fn allocations_of_an_echo<R: Role>(role: R, side: Side, len: usize) -> usize {
    let (mut socket, peer) = forgetful(role);
    let frame = Frame::binary(payload(len)).bytes(side);
    let mut echo = || {
        peer.give(&frame);
        let next = run(socket.next()).expect("it came").expect("it is open");
        run(socket.send(next.expect("good"))).expect("there is room").expect("it is open");
        assert!(run(socket.next()).is_none());
    };
    for _ in 0..10 {
        echo();
    }
    allocations(echo)
}

#[test]
fn a_message_that_comes_by_itself_is_echoed_without_an_allocation() {
    for len in [0, 16, 125, 1000, 10_000, 16_384] {
        assert_eq!(allocations_of_an_echo(Server, Side::Server, len), 0, "server, {len} bytes");
        assert_eq!(
            allocations_of_an_echo(Client::new(SEED), Side::Client, len),
            0,
            "client, {len}"
        );
    }
}

#[test]
fn a_stream_over_tcp_and_the_task_that_echoes_with_it_are_small() {
    type Tcp<R> = WebSocketStream<::tokio::net::TcpStream, R>;
    assert!(size_of::<Tcp<Server>>() <= 1080, "{}", size_of::<Tcp<Server>>());
    assert!(size_of::<Tcp<Client>>() <= 1200, "{}", size_of::<Tcp<Client>>());
    async fn task(stream: fn() -> Tcp<Server>) {
        let mut socket = stream();
        while let Some(Ok(message)) = socket.next().await {
            if socket.send(message).await.is_err() {
                break;
            }
        }
    }
    let task = task(|| unreachable!("it is never polled"));
    assert!(size_of_val(&task) <= 1200, "{}", size_of_val(&task));
}
