//! What a connection holds on the heap for permessage-deflate on each kind of terms, counted by the
//! allocator, as a table in Markdown.
#![allow(unsafe_code, reason = "an allocator that counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use benches::workload::json;
use bytes::{Buf, BytesMut};
use websocket_proto::connection::{Client, Role, Server};
use websocket_proto::deflate;
use websocket_proto::deflate::Preferences;
use websocket_proto::extension::Extensions;
use websocket_proto::handshake::Opened;
use websocket_proto::websocket::Config;
use websocket_proto::{Message, WebSocket};

struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps to the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps to the contract of `dealloc`.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const CONNECTIONS: usize = 100;

/// Enough of them to fill a window of 32 KiB.
const MESSAGES: usize = 50;
const MESSAGE_LEN: usize = 1000;

/// What each connection of a server holds, in bytes.
struct Row {
    unused: usize,
    used: usize,
    under_way: usize,
    released: usize,
}

fn main() {
    let new = Preferences::new;
    let none = new().server_no_context_takeover(true).client_no_context_takeover(true);
    let terms = [
        ("takeover both ways, windows of 15 bits", new()),
        ("takeover both ways, windows of 12 bits", windows(new(), 12)),
        ("takeover both ways, windows of 9 bits", windows(new(), 9)),
        ("takeover of the server alone, 15 bits", new().client_no_context_takeover(true)),
        (
            "takeover of the server alone, 12 bits",
            windows(new().client_no_context_takeover(true), 12),
        ),
        (
            "takeover of the server alone, 9 bits",
            windows(new().client_no_context_takeover(true), 9),
        ),
        ("takeover of the client alone", new().server_no_context_takeover(true)),
        ("no takeover, windows of 15 bits", none),
        ("no takeover, windows of 12 bits", windows(none, 12)),
        ("no takeover, windows of 9 bits", windows(none, 9)),
    ];
    println!("| terms | never used | between messages | message under way | after `release` |");
    println!("|---|---:|---:|---:|---:|");
    print("not negotiated", &measure(None));
    for (name, preferences) in terms {
        let row = measure(Some(preferences));
        assert!(row.released <= row.used && row.used <= row.under_way, "{name}");
        print(name, &row);
    }
    println!();
    println!(
        "Besides, a `WebSocket` is {} bytes itself, and the pool that the connections of one \
         configuration share holds up to {} compressors and as many decompressors, {} KiB \
         together when it is full and the windows are of 15 bits.",
        size_of::<WebSocket<Server>>(),
        deflate::DeflateConfig::DEFAULT_POOL_SIZE,
        kib(pool()),
    );
}

fn print(name: &str, row: &Row) {
    let [unused, used, under_way, released] =
        [row.unused, row.used, row.under_way, row.released].map(kib);
    println!("| {name} | {unused} | {used} | {under_way} | {released} |");
}

fn kib(bytes: usize) -> String {
    format!("{:.1}", bytes as f64 / 1024.0)
}

fn windows(preferences: Preferences, bits: u8) -> Preferences {
    preferences.server_max_window_bits(bits).client_max_window_bits(bits)
}

fn setup(preferences: Option<Preferences>, deflate: &deflate::DeflateConfig) -> (Config, Opened) {
    let offer = b"permessage-deflate; client_max_window_bits";
    let agreement = preferences.map(|preferences| {
        let offers = Extensions::parse(offer).map_while(Result::ok);
        preferences.accept(offers).expect("it can be met")
    });
    (Config::new().deflate(deflate.clone()), Opened::new().with_deflate_terms(agreement))
}

fn measure(preferences: Option<Preferences>) -> Row {
    let (config, opened) = setup(preferences, &deflate::DeflateConfig::new().pool_size(0));
    let streams = Streams::new(&config, &opened);
    let mut room = Vec::with_capacity(CONNECTIONS);
    let before = HELD.load(Ordering::Relaxed);
    let each = || (HELD.load(Ordering::Relaxed) - before) / CONNECTIONS;

    room.extend((0..CONNECTIONS).map(|_| WebSocket::new(Server, config.clone(), opened.clone())));
    let unused = each();
    for websocket in &mut room {
        for (text, bytes) in &streams.messages {
            assert_eq!(receive(websocket, bytes), Some(Message::text(text.clone())));
            websocket.send(Message::text(text.clone())).expect("there is room");
            write(websocket);
        }
    }
    let used = each();

    // One in fragments, in each direction, of which there is half so far.
    for websocket in &mut room {
        assert_eq!(receive(websocket, &streams.begin), None);
        let begin = streams.half().into();
        websocket.send_fragment(KIND, false, begin).expect("there is room");
        write(websocket);
    }
    let under_way = each();
    for websocket in &mut room {
        assert!(receive(websocket, &streams.end).is_some());
        websocket.send_fragment(KIND, true, streams.half().into()).expect("there is room");
        write(websocket);
        websocket.release_memory();
    }
    Row { unused, used, under_way, released: each() }
}

const KIND: websocket_proto::frame::Kind = websocket_proto::frame::Kind::Text;

/// What a client sends.
struct Streams {
    messages: Vec<(String, Vec<u8>)>,
    begin: Vec<u8>,
    end: Vec<u8>,
}

impl Streams {
    fn new(config: &Config, opened: &Opened) -> Self {
        let mut client = WebSocket::new(Client::new([7; 32]), config.clone(), opened.clone());
        let mut messages = Vec::new();
        for number in 0..MESSAGES {
            let text = json(number, MESSAGE_LEN);
            client.send(Message::text(text.clone())).expect("there is room");
            messages.push((text, write(&mut client)));
        }
        let mut part = |fin| {
            let half = json(MESSAGES, MESSAGE_LEN / 2).into();
            client.send_fragment(KIND, fin, half).expect("there is room");
            write(&mut client)
        };
        let (begin, end) = (part(false), part(true));
        Self { messages, begin, end }
    }

    fn half(&self) -> String {
        json(MESSAGES, MESSAGE_LEN / 2)
    }
}

fn receive<R: Role>(websocket: &mut WebSocket<R>, bytes: &[u8]) -> Option<Message> {
    websocket.input().append(BytesMut::from(bytes));
    let received = websocket.receive().expect("valid");
    websocket.input().release_memory();
    received
}

/// What is written, none of whose memory stays.
fn write<R: Role>(websocket: &mut WebSocket<R>) -> Vec<u8> {
    let output = websocket.output();
    let bytes = output.copy_to_bytes(output.remaining()).to_vec();
    output.release_memory();
    bytes
}

/// What a full pool holds.
fn pool() -> usize {
    let deflate = deflate::DeflateConfig::new();
    let before = HELD.load(Ordering::Relaxed);
    let (config, opened) = setup(Some(Preferences::new()), &deflate);
    let mut room: Vec<_> = (0..2 * deflate::DeflateConfig::DEFAULT_POOL_SIZE)
        .map(|_| WebSocket::new(Server, config.clone(), opened.clone()))
        .collect();
    let streams = Streams::new(&config, &opened);
    for websocket in &mut room {
        let (text, bytes) = &streams.messages[0];
        receive(websocket, bytes);
        websocket.send(Message::text(text.clone())).expect("there is room");
        write(websocket);
    }
    drop((room, streams));
    HELD.load(Ordering::Relaxed) - before
}
