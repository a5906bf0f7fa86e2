//! Frames that a server has to refuse, and frames that only look as if.

use super::Outcome::{self, Answers, Fails, Receives};
use super::{MAX_MESSAGE_SIZE, Stream};
use crate::{Frame, Side, hex, stream};

fn rows(rows: &[(&'static str, &str, Outcome)]) -> Vec<Stream> {
    let row = |&(name, bytes, outcome): &(_, &str, _)| Stream { name, bytes: hex(bytes), outcome };
    rows.iter().map(row).collect()
}

/// All streams of frames.
pub fn streams() -> Vec<Stream> {
    [
        headers(),
        lengths_over_the_limit(),
        control_frames(),
        fragments(),
        text(),
        odd_frames(),
        close_frames(),
        frames_after_close(),
    ]
    .concat()
}

/// Headers that break RFC 6455, section 5.2.
pub fn headers() -> Vec<Stream> {
    rows(&[
        ("RSV1 without an extension", "c18137fa213d4f", Fails(1002)),
        ("RSV2", "a18137fa213d4f", Fails(1002)),
        ("RSV3", "918137fa213d4f", Fails(1002)),
        ("opcode 3", "838137fa213d4f", Fails(1002)),
        ("opcode 11", "8b8137fa213d4f", Fails(1002)),
        ("opcode 15, empty", "8f8037fa213d", Fails(1002)),
        ("text without a mask", "810178", Fails(1002)),
        ("empty Ping without a mask", "8900", Fails(1002)),
        ("empty Close without a mask", "8800", Fails(1002)),
        ("length 5 in 16 bits", "81fe000537fa213d5f9f4d5158", Fails(1002)),
        ("length 5 in 64 bits", "81ff000000000000000537fa213d5f9f4d5158", Fails(1002)),
        ("length 65535 in 64 bits", "82ff000000000000ffff37fa213d", Fails(1002)),
        ("length of 2^63, only the header", "82ff8000000000000000", Fails(1002)),
        ("length of 2^63, only its first byte", "82ff80", Fails(1002)),
        (
            "length of 2^64 - 4 and 16 bytes of payload",
            "82fffffffffffffffffc37fa213d41414141414141414141414141414141",
            Fails(1002),
        ),
    ])
}

/// Messages that exceed [`MAX_MESSAGE_SIZE`].
pub fn lengths_over_the_limit() -> Vec<Stream> {
    let mut all = rows(&[
        ("length of 2^62, only the header", "82ff4000000000000000", Fails(1009)),
        ("length of 2^63 - 1, and one byte of it", "81ff7fffffffffffffff37fa213d56", Fails(1009)),
    ]);
    let half = vec![0; MAX_MESSAGE_SIZE as usize * 3 / 5];
    let rest = Frame::continuation(&half);
    all.push(Stream {
        name: "two fragments that exceed the limit together",
        bytes: stream(Side::Server, &[Frame::binary(&half).more(), rest]),
        outcome: Fails(1009),
    });
    all
}

/// Control frames that break RFC 6455, section 5.5.
pub fn control_frames() -> Vec<Stream> {
    let mut all = rows(&[
        ("header of a Ping of 126 bytes", "89fe007e37fa213d", Fails(1002)),
        ("Ping with a length of 16 bits", "89fe0005", Fails(1002)),
        ("Ping with a length of 64 bits", "89ff000000000000000537fa213d", Fails(1002)),
        ("Ping without FIN", "098137fa213d4f", Fails(1002)),
        ("Close without FIN", "088237fa213d3412", Fails(1002)),
        ("Pong without FIN", "0a8037fa213d", Fails(1002)),
    ]);
    all.push(Stream {
        name: "Close of 126 bytes",
        bytes: Frame::close(1000, "x".repeat(124)).bytes(Side::Server),
        outcome: Fails(1002),
    });
    all
}

/// Fragments that break RFC 6455, section 5.4.
pub fn fragments() -> Vec<Stream> {
    rows(&[
        ("continuation of nothing", "808137fa213d4f", Fails(1002)),
        ("continuation of nothing, without FIN", "008137fa213d4f", Fails(1002)),
        ("text inside a text", "018137fa213d56818137fa213d55", Fails(1002)),
        ("binary inside a text", "018137fa213d56828137fa213d55", Fails(1002)),
    ])
}

/// Text that is not UTF-8 (RFC 6455, section 8.1).
pub fn text() -> Vec<Stream> {
    rows(&[
        ("overlong C0 AF", "818237fa213df755", Fails(1007)),
        ("surrogate ED A0 80", "818337fa213dda5aa1", Fails(1007)),
        ("overlong E0 80 80", "818337fa213dd77aa1", Fails(1007)),
        ("F4 90 80 80, above U+10FFFF", "818437fa213dc36aa1bd", Fails(1007)),
        ("FF", "818137fa213dc8", Fails(1007)),
        ("character cut by the end of the message", "818237fa213dd578", Fails(1007)),
        ("character cut by an empty last fragment", "018137fa213dd5808037fa213d", Fails(1007)),
        ("E2, then a fragment that starts with 28", "018137fa213dd5008137fa213d1f", Fails(1007)),
        ("F4 90 at the start of a longer frame", "818937fa213dc36a", Fails(1007)),
        ("wrong byte in a frame that is not complete", "818937fa213d5698de", Fails(1007)),
    ])
}

/// Frames that look odd and are allowed.
pub fn odd_frames() -> Vec<Stream> {
    rows(&[
        ("masking key of zeros", "81810000000078", Outcome::receives(&["x"])),
        (
            "empty fragments first, between and last",
            "018037fa213d008037fa213d008137fa213d56008037fa213d808037fa213d",
            Outcome::receives(&["a"]),
        ),
        (
            "Ping between fragments",
            "018137fa213d56898137fa213d67808137fa213d55",
            Receives { texts: &["ab"], pings: &["P"] },
        ),
        ("NUL in a text", "818137fa213d37", Outcome::receives(&["\0"])),
        ("byte order mark", "818437fa213dd8419e45", Outcome::receives(&["\u{feff}x"])),
    ])
}

/// Close frames with each kind of code (RFC 6455, section 7.4) and of reason.
pub fn close_frames() -> Vec<Stream> {
    rows(&[
        ("empty Close", "888037fa213d", Answers(1005)),
        ("Close of one byte", "888137fa213d34", Fails(1002)),
        ("Close with 0", "888237fa213d37fa", Fails(1002)),
        ("Close with 999", "888237fa213d341d", Fails(1002)),
        ("Close with 1000", "888237fa213d3412", Answers(1000)),
        ("Close with 1001", "888237fa213d3413", Answers(1001)),
        ("Close with 1002", "888237fa213d3410", Answers(1002)),
        ("Close with 1003", "888237fa213d3411", Answers(1003)),
        ("Close with 1004", "888237fa213d3416", Fails(1002)),
        ("Close with 1005", "888237fa213d3417", Fails(1002)),
        ("Close with 1006", "888237fa213d3414", Fails(1002)),
        ("Close with 1007", "888237fa213d3415", Answers(1007)),
        ("Close with 1011", "888237fa213d3409", Answers(1011)),
        ("Close with 1012", "888237fa213d340e", Answers(1012)),
        ("Close with 1013", "888237fa213d340f", Answers(1013)),
        ("Close with 1014", "888237fa213d340c", Answers(1014)),
        ("Close with 1015", "888237fa213d340d", Fails(1002)),
        ("Close with 1016", "888237fa213d3402", Fails(1002)),
        ("Close with 2999", "888237fa213d3c4d", Fails(1002)),
        ("Close with 3000", "888237fa213d3c42", Answers(3000)),
        ("Close with 4999", "888237fa213d247d", Answers(4999)),
        ("Close with 5000", "888237fa213d2472", Fails(1002)),
        ("Close with 65535", "888237fa213dc805", Fails(1002)),
        ("Close with a reason that is not UTF-8", "888337fa213d3412de", Fails(1007)),
        ("Close with a reason cut in a character", "888437fa213d3412c3bf", Fails(1007)),
        ("Close with a reason", "888437fa213d34124e58", Answers(1000)),
    ])
}

/// What comes after a Close, which the server drops.
pub fn frames_after_close() -> Vec<Stream> {
    rows(&[
        ("data after a Close", "888237fa213d3412818437fa213d5b9b5558", Answers(1000)),
        ("Ping after a Close", "888237fa213d3412898137fa213d67", Answers(1000)),
        ("Close after a Close", "888237fa213d3412888237fa213d3413", Answers(1000)),
        ("junk after a Close", "888237fa213d3412ffffffffffffffff", Answers(1000)),
        ("invalid frame after a Close", "888237fa213d3412838137fa213d4f", Answers(1000)),
    ])
}
