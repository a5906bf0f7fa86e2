//! Frames to a server.

use super::{Growing, repeated, row};
use crate::{Frame, Side};

fn bytes(frame: Frame) -> Vec<u8> {
    frame.bytes(Side::Server)
}

fn close() -> Vec<u8> {
    bytes(Frame::close(1000, ""))
}

/// As many frames as fit into `size` bytes. After them the client closes.
fn frames(frame: Frame, size: usize) -> Vec<u8> {
    [repeated(bytes(frame), size), close()].concat()
}

/// One text message. `unit` is repeated between its first and its last fragment.
fn fragments(unit: &[Frame], size: usize) -> Vec<u8> {
    let unit = crate::stream(Side::Server, unit);
    let (first, last) = (Frame::text("").more(), Frame::continuation(""));
    [bytes(first), repeated(unit, size), bytes(last), close()].concat()
}

fn text(size: usize) -> Vec<u8> {
    repeated("😀", size)
}

/// Streams of frames, each with the code with which the server ends the connection.
pub fn growing_streams() -> Vec<Growing<u16>> {
    vec![
        row("fragments of one byte", |size| fragments(&[one("x")], size), 1000),
        row("empty fragments", |size| fragments(&[one("")], size), 1000),
        row(
            "fragments that cut each character",
            |size| {
                let parts = [b"\xf0", b"\x9f", b"\x98", b"\x80"].map(one);
                fragments(&parts, size)
            },
            1000,
        ),
        row(
            "a Ping after each fragment of one byte",
            |size| fragments(&[one("x"), Frame::ping("?")], size),
            1000,
        ),
        row("empty Pings", |size| frames(Frame::ping(""), size), 1000),
        row("Pings of 125 bytes", |size| frames(Frame::ping([b'p'; 125]), size), 1000),
        row("Pongs of 125 bytes", |size| frames(Frame::pong([b'p'; 125]), size), 1000),
        row("empty messages", |size| frames(Frame::text(""), size), 1000),
        row("messages of one byte", |size| frames(Frame::binary("x"), size), 1000),
        row("messages of 1000 bytes", |size| frames(Frame::binary([b'x'; 1000]), size), 1000),
        row(
            "one binary message",
            |size| [bytes(Frame::binary(vec![b'x'; size])), close()].concat(),
            1000,
        ),
        row("one text message", |size| [bytes(Frame::text(text(size))), close()].concat(), 1000),
        row(
            "text with a wrong last byte",
            |size| bytes(Frame::text([text(size), vec![0xff]].concat())),
            1007,
        ),
        row(
            "a message without an end",
            |size| [bytes(Frame::binary("").more()), repeated(bytes(one("x")), size)].concat(),
            1006,
        ),
        row(
            "frames after a Close",
            |size| [close(), repeated(bytes(Frame::text("late")), size)].concat(),
            1000,
        ),
        row("junk after an error", |size| [vec![0xff], repeated([0x55], size)].concat(), 1002),
        row(
            "payload after a length over the limit",
            |size| {
                let header = Frame::binary("").declaring(1 << 62).header(Side::Server);
                [header, repeated([0x55], size)].concat()
            },
            1009,
        ),
    ]
}

/// A fragment that is neither the first nor the last.
fn one(payload: impl AsRef<[u8]>) -> Frame {
    Frame::continuation(payload).more()
}
