//! Proves that the core of the library needs neither `std` nor an allocator: this program has
//! neither, and opens, uses and closes a WebSocket between two endpoints on its stack.
//!
//! The compiler refuses to link a program in which any crate uses `alloc` and none has a global
//! allocator, and one in which `std` brings a second panic handler.

#![no_std]
#![no_main]

use core::panic::PanicInfo;

use websocket_proto::CloseCode;
use websocket_proto::connection::{
    Client, Connection, ConnectionConfig, Event, Input, Output, Role, Server, SliceOutput, State,
};
use websocket_proto::frame::{FrameHeader, Kind};
use websocket_proto::handshake::{
    Answer, ClientHandshake, ClientRequest, Incoming, ServerHandshake,
};
use websocket_proto::mask::{Mask, MaskKey};
use websocket_proto::utf8::Utf8Validator;

// The C runtime of the host starts the program; nothing else of it is used.
#[link(name = "c")]
unsafe extern "C" {
    fn abort() -> !;
}

#[unsafe(no_mangle)]
extern "C" fn main() -> i32 {
    match wire().and_then(|()| handshake()).and_then(|()| connection()) {
        Some(()) => 0,
        None => 1,
    }
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: it takes nothing, and may be called in any state.
    unsafe { abort() }
}

/// The precompiled `core` names the function that unwinds; nothing here ever calls it.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

fn wire() -> Option<()> {
    // RFC 6455 5.7: a masked "Hello".
    let mut frame = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    let (header, len) = FrameHeader::parse(&frame).ok()??;
    let payload = frame.get_mut(len..)?;
    Mask::new(header.mask?).apply(payload);
    let mut validator = Utf8Validator::new();
    validator.feed(payload).ok()?;
    validator.finish().ok()?;
    (payload == b"Hello" && header.mask == Some(MaskKey([0x37, 0xfa, 0x21, 0x3d]))).then_some(())
}

fn handshake() -> Option<()> {
    let request = ClientRequest::new("example.com", "/", [7; 16]);
    let mut head = [0; 512];
    let head_len = request.write(&mut head).ok()?;

    let mut server = ServerHandshake::new();
    let Incoming::WebSocket(incoming) = server.receive(head.get(..head_len)?).ok()?? else {
        return None;
    };
    let mut answer = [0; 512];
    let answer_len = incoming.accept().write(&mut answer).ok()?;

    let mut client = ClientHandshake::new();
    let answered = client.receive(&request, answer.get(..answer_len)?).ok()??;
    matches!(answered, Answer::WebSocket(_)).then_some(())
}

fn connection() -> Option<()> {
    let mut client = Connection::new(Client::new([7; 32]), ConnectionConfig::new());
    let mut server = Connection::new(Server, ConnectionConfig::new());
    let (mut up, mut down) = ([0; 1024], [0; 1024]);

    let mut out = SliceOutput::new(&mut up);
    client.send_text("Grüße", &mut out).ok()?;
    client.send_fragment(Kind::Binary, false, &[1, 2], &mut out).ok()?;
    client.ping(b"between", &mut out).ok()?;
    client.send_fragment(Kind::Binary, true, &[3], &mut out).ok()?;
    client.close(CloseCode::NORMAL, "done", &mut out).ok()?;
    let up_len = out.written().len();

    // An echo server, fed all of it, and then the client that hears the echo.
    let mut out = SliceOutput::new(&mut down);
    let heard = receive_all(&mut server, up.get_mut(..up_len)?, Some(&mut out))?;
    let down_len = out.written().len();
    let echoed = receive_all::<_, SliceOutput<'_>>(&mut client, down.get_mut(..down_len)?, None)?;

    let bytes = "Grüße".len() + 3;
    let closed = server.state() == State::Closed && client.state() == State::Closed;
    (heard == bytes && echoed == bytes && closed).then_some(())
}

/// Receives everything in `bytes`, echoes it to `out`, and says how many bytes of data it was.
fn receive_all<R: Role, O: Output>(
    connection: &mut Connection<R>,
    bytes: &mut [u8],
    mut out: Option<&mut O>,
) -> Option<usize> {
    let mut len = 0;
    let mut input = Input::new(bytes);
    while let Some(event) = connection.receive(&mut input).ok()? {
        if let Event::Data(data) = &event {
            len += data.bytes.len();
        }
        let Some(out) = out.as_deref_mut() else { continue };
        if let Event::Data(data) = event {
            connection.send_fragment(data.kind, data.last, data.bytes, out).ok()?;
        }
        connection.poll_transmit(out).ok()?;
    }
    Some(len)
}
