//! Compressed messages to a server that has agreed on permessage-deflate with context takeover.

use super::{Growing, repeated, row};
use crate::deflated::{RSV1, bomb};
use crate::{Frame, Side};

fn bytes(frame: Frame) -> Vec<u8> {
    frame.bytes(Side::Server)
}

fn close() -> Vec<u8> {
    bytes(Frame::close(1000, ""))
}

/// One compressed message.
fn message(payload: impl AsRef<[u8]>) -> Vec<u8> {
    [bytes(Frame::text(payload).rsv(RSV1)), close()].concat()
}

/// A message in fragments of one byte.
fn in_fragments(payload: &[u8]) -> Vec<u8> {
    let mut all = bytes(Frame::text("").rsv(RSV1).more());
    for byte in payload {
        all.extend(bytes(Frame::continuation([*byte]).more()));
    }
    [all, bytes(Frame::continuation("")), close()].concat()
}

/// A message that fills the window. After it, each final block that has output costs the work of a
/// whole window.
fn window() -> Vec<u8> {
    bytes(Frame::text(bomb(32_768)).rsv(RSV1))
}

/// A stored block (RFC 1951, section 3.2.4) that is not final.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let len = bytes.len() as u16;
    [&[0][..], &len.to_le_bytes(), &(!len).to_le_bytes(), bytes].concat()
}

/// These blocks, and the header of the block that each message ends with (RFC 7692, section 7.2.1).
fn ended(mut blocks: Vec<u8>) -> Vec<u8> {
    blocks.push(0);
    blocks
}

/// A final block with fixed codes: the letter `a`, and the end of the block.
const FINAL_LETTER: [u8; 3] = [0x4b, 0x04, 0x00];

/// Compressed messages, each with the code with which the server ends the connection.
pub fn growing_compressed_messages() -> Vec<Growing<u16>> {
    vec![
        row("empty stored blocks", |size| message(repeated(stored(b""), size)), 1000),
        row("stored blocks of one byte", |size| message(ended(repeated(stored(b"a"), size))), 1000),
        row("empty final blocks", |size| message(repeated([0x03, 0x00], size)), 1000),
        row(
            "final blocks of one byte",
            |size| [window(), message(repeated(FINAL_LETTER, size))].concat(),
            1000,
        ),
        row(
            "final blocks of one byte after a long text",
            |size| {
                // All of it is one message. The tail of its first part is not removed.
                let start = [bomb(size * 60), vec![0x00, 0x00, 0xff, 0xff]].concat();
                message([start, repeated(FINAL_LETTER, size)].concat())
            },
            1000,
        ),
        row(
            "compressed message in fragments of one byte",
            |size| in_fragments(&ended(repeated(stored(b"ab"), size / 7))),
            1000,
        ),
        row(
            "compressed messages of one byte",
            |size| {
                let one = bytes(Frame::text([0x4a, 0x04, 0x00]).rsv(RSV1));
                [repeated(one, size), close()].concat()
            },
            1000,
        ),
        row(
            "final blocks, each in a message of its own",
            |size| {
                let one = bytes(Frame::text(FINAL_LETTER).rsv(RSV1));
                [window(), repeated(one, size), close()].concat()
            },
            1000,
        ),
        row(
            "empty compressed messages",
            |size| {
                let one = bytes(Frame::text([0]).rsv(RSV1));
                [repeated(one, size), close()].concat()
            },
            1000,
        ),
        row(
            "text that is a thousand times as long after decompression",
            |size| message(bomb(size * 20)),
            1000,
        ),
        row(
            "a thousandfold text in fragments of one byte",
            |size| in_fragments(&bomb(size * 8)),
            1000,
        ),
        row(
            "messages of a thousandfold text",
            |size| {
                let one = bytes(Frame::text(bomb(20_000)).rsv(RSV1));
                [one.repeat(size / 256), close()].concat()
            },
            1000,
        ),
    ]
}
