//! Messages for a server that has agreed on permessage-deflate with context takeover.

use super::Outcome::{Fails, Receives};
use super::{Outcome, Stream};
use crate::hex;

/// Compressed messages that a server has to refuse, and ones that only look as if.
pub fn compressed_messages() -> Vec<Stream> {
    const HELLO: Outcome = Outcome::receives(&["Hello"]);
    const TWICE: Outcome = Outcome::receives(&["Hello", "Hello"]);
    [
        (
            "second message refers to the first",
            "c18737fa213dc5b2ecf4fefd21c18537fa213dc5fa303d37",
            TWICE,
        ),
        ("final block, then an empty one", "c18837fa213dc4b2ecf4fefd213d", HELLO),
        ("final block and nothing after it", "c18737fa213dc4b2ecf4fefd21", HELLO),
        (
            "final block and nothing after it, then a second message",
            "c18737fa213dc4b2ecf4fefd21c18537fa213dc5fa303d37",
            TWICE,
        ),
        ("final block, then more blocks", "c18937fa213d34fad375fa33e83a37", HELLO),
        ("empty message", "c18237fa213d35fa", Outcome::receives(&[""])),
        ("tail that was not removed", "c18b37fa213dc5b2ecf4fefd213d3705de", HELLO),
        ("distance before the start of the window", "c18537fa213dc5fa303d37", Fails(1007)),
        (
            "stored block whose two lengths differ",
            "c18b37fa213d37ff213d37b244515b9521",
            Fails(1007),
        ),
        ("RSV1 on a Ping", "c98137fa213d4f", Fails(1002)),
        ("RSV1 and RSV2", "e18737fa213dc5b2ecf4fefd21", Fails(1002)),
        (
            "message that is not compressed, then one that is",
            "818537fa213d4796405459c18737fa213dc5b2ecf4fefd21",
            Outcome::receives(&["plain", "Hello"]),
        ),
        ("empty last fragment", "418737fa213dc5b2ecf4fefd21808037fa213d", HELLO),
        (
            "Ping between compressed fragments",
            "418337fa213dc5b2ec898137fa213d67808437fa213dfe33263d",
            Receives { texts: &["Hello"], pings: &["P"] },
        ),
        ("decompressed text that is not UTF-8", "c18337fa213dcdf521", Fails(1007)),
        ("bytes after the final block", "c18b37fa213dc4b2ecf4fefd21e39a44ce", Fails(1007)),
    ]
    .map(|(name, bytes, outcome)| Stream { name, bytes: hex(bytes), outcome })
    .to_vec()
}
