//! Any frames with compressed messages to an endpoint of either role, under a small limit, and
//! what they carry to a decompressor of its own: the same is made of them however they are cut,
//! and never more than the limit allows.
//!
//! The input is a byte of flags, the limit in units of 16 bytes, the number of cuts, the length of
//! the piece before each cut, and the frames: what stands on the wire can be written into a corpus
//! file as it is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use support::Setup;
use support::messages::{Log, client, server};
use websocket_proto::connection::Role;
use websocket_proto::deflate::{CoderTerms, Decompressor, DeflateConfig, Preferences, Terms};
use websocket_proto::extension::Extensions;
use websocket_proto::frame::FrameHeader;
use websocket_proto::mask::Mask;
use websocket_proto::{ProtocolError, WebSocket, websocket};

fuzz_target!(|input: &[u8]| {
    let [flags, limit, cuts, rest @ ..] = input else { return };
    let (cuts, stream) = rest.split_at(usize::from(*cuts).min(rest.len()));
    let conditions = Conditions {
        agreement: agreement(flags & 0x02 != 0),
        limit: 16 * u64::from(*limit),
        released: flags & 0x04 != 0,
    };
    let messages = payloads(stream);
    if flags & 0x01 == 0 {
        conditions.check_websocket(stream, cuts, server);
        conditions.check_decompressor(conditions.agreement.client(), &messages, cuts);
    } else {
        conditions.check_websocket(stream, cuts, client);
        conditions.check_decompressor(conditions.agreement.server(), &messages, cuts);
    }
});

struct Conditions {
    agreement: Terms,
    limit: u64,
    /// Whether memory is given back between messages.
    released: bool,
}

impl Conditions {
    fn check_websocket<R: Role>(
        &self,
        stream: &[u8],
        cuts: &[u8],
        endpoint: impl Fn(Setup) -> WebSocket<R>,
    ) {
        let config =
            websocket::Config::new().max_message_size(self.limit).deflate(DeflateConfig::new());
        let setup = Setup::agreed(config, self.agreement);
        let log = |cuts: &[usize]| Log::of(endpoint(setup.clone()), stream, cuts);
        let whole = log(&[]);
        for message in whole.messages.iter().filter(|message| message.is_data()) {
            assert!(message.payload().is_some_and(|bytes| bytes.len() as u64 <= self.limit));
        }
        // A client's answers are masked with keys of their own, in the same order.
        assert_eq!(log(&positions(cuts, stream.len())), whole, "cut as asked");
        assert_eq!(log(&(0..stream.len()).collect::<Vec<_>>()), whole, "a byte at a time");
    }

    fn check_decompressor(&self, terms: CoderTerms, messages: &[Vec<u8>], cuts: &[u8]) {
        let whole = self.inflate(terms, messages, |_| Vec::new());
        let as_asked = |message: &[u8]| positions(cuts, message.len());
        assert_eq!(self.inflate(terms, messages, as_asked), whole, "cut as asked");
        let a_byte = |message: &[u8]| (0..message.len()).collect();
        assert_eq!(self.inflate(terms, messages, a_byte), whole, "a byte at a time");
    }

    /// What the messages become up to the first fault, which comes with what was readable of its
    /// message.
    fn inflate(
        &self,
        terms: CoderTerms,
        messages: &[Vec<u8>],
        cuts: impl Fn(&[u8]) -> Vec<usize>,
    ) -> (Vec<Vec<u8>>, Option<ProtocolError>) {
        let mut decompressor = Decompressor::new(&DeflateConfig::new(), terms);
        let mut inflated = Vec::new();
        for message in messages {
            let mut out = Vec::new();
            let mut begin = 0;
            for end in cuts(message).into_iter().chain([message.len()]) {
                let (piece, last) = (&message[begin..end], end == message.len());
                let decompressed = decompressor.decompress(piece, last, self.limit, &mut out);
                assert!(out.capacity() as u64 <= self.limit + 1, "room for {}", out.capacity());
                if let Err(error) = decompressed {
                    inflated.push(out);
                    return (inflated, Some(error));
                }
                assert!(out.len() as u64 <= self.limit);
                begin = end;
            }
            inflated.push(out);
            if self.released {
                decompressor.release_memory();
            }
        }
        (inflated, None)
    }
}

fn agreement(no_context_takeover: bool) -> Terms {
    let preferences = Preferences::new()
        .server_no_context_takeover(no_context_takeover)
        .client_no_context_takeover(no_context_takeover);
    let offer = preferences.offer();
    let offer = Extensions::parse(offer.as_bytes()).map_while(Result::ok);
    preferences.accept(offer).expect("a server that wants the same")
}

/// Where the cuts are, by the lengths of the pieces before them.
fn positions(lens: &[u8], len: usize) -> Vec<usize> {
    let mut at = 0;
    let mut position = |&piece: &u8| {
        at = len.min(at + usize::from(piece));
        at
    };
    lens.iter().map(&mut position).filter(|&at| at < len).collect()
}

/// What the frames carry, unmasked, the fragments of each message joined; behind the last frame,
/// whatever there is.
fn payloads(stream: &[u8]) -> Vec<Vec<u8>> {
    let mut messages = vec![Vec::new()];
    let mut rest = stream;
    while let Ok(Some((header, len))) = FrameHeader::parse(rest) {
        rest = &rest[len..];
        let payload_len = usize::try_from(header.payload_len).unwrap_or(usize::MAX);
        let (payload, after) = rest.split_at(payload_len.min(rest.len()));
        rest = after;
        let mut payload = payload.to_vec();
        if let Some(key) = header.mask {
            Mask::new(key).apply(&mut payload);
        }
        messages.last_mut().expect("there is one").extend(payload);
        if header.fin {
            messages.push(Vec::new());
        }
    }
    messages.last_mut().expect("there is one").extend(rest);
    messages
}
