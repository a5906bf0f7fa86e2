//! Compressed messages under random input: they come out as they went in, whatever the terms and
//! the reads; and what comes of a stream that was tampered with is what a plain decoder finds.

use crate::blocks::{Blocks, Part};
use crate::endpoint::{self, agreed, agreement, client, outcome, output, server};
use crate::inflate::{Fault, Inflater};
use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use support::{Frame, Side, stream};
use websocket_proto::connection::Role;
use websocket_proto::deflate::{Compression, DeflateConfig, Terms};
use websocket_proto::frame::Kind;
use websocket_proto::{Message, ProtocolError, WebSocket};

prop_compose! {
    fn agreements()(
        server_forgets in any::<bool>(),
        client_forgets in any::<bool>(),
        bits in [8_u8..16, 8_u8..16],
    ) -> Terms {
        let flag = |forgets, name| if forgets { name } else { "" };
        agreement(&format!(
            "permessage-deflate{}{}; server_max_window_bits={}; client_max_window_bits={}",
            flag(server_forgets, "; server_no_context_takeover"),
            flag(client_forgets, "; client_no_context_takeover"),
            bits[0],
            bits[1],
        ))
    }
}

/// Words that come again, so that there is something to refer to.
fn texts() -> impl Strategy<Value = String> {
    let word =
        select(vec!["news ", "all that ", "happened today ", "\u{20ac}", "\u{1f600}", "0", "x"]);
    prop_oneof![
        vec(word, 0..60).prop_map(|words| words.concat()),
        (any::<char>(), 0..3000_usize).prop_map(|(char, times)| String::from(char).repeat(times)),
        any::<String>(),
    ]
}

/// What a sender does.
#[derive(Clone, Debug)]
enum Step {
    Send(String, Compression),
    Fragments(String, Vec<Index>, Compression),
    Ping,
    Release,
}

fn steps() -> impl Strategy<Value = Step> {
    let choice = || select(vec![Compression::Auto, Compression::Yes, Compression::No]);
    prop_oneof![
        4 => (texts(), choice()).prop_map(|(text, choice)| Step::Send(text, choice)),
        3 => (texts(), vec(any::<Index>(), 0..4), choice())
            .prop_map(|(text, cuts, choice)| Step::Fragments(text, cuts, choice)),
        1 => Just(Step::Ping),
        1 => Just(Step::Release),
    ]
}

/// What `websocket` sends on these steps, and the messages that it stands for.
fn send<R: Role>(mut websocket: WebSocket<R>, steps: &[Step]) -> (Vec<u8>, Vec<Message>) {
    let (mut wire, mut messages) = (Vec::new(), Vec::new());
    for step in steps {
        match step {
            Step::Send(text, choice) => {
                websocket.set_compression(*choice);
                websocket.send(Message::text(text.clone())).unwrap();
                messages.push(Message::text(text.clone()));
            }
            Step::Fragments(text, cuts, choice) => {
                websocket.set_compression(*choice);
                let text = Bytes::copy_from_slice(text.as_bytes());
                let mut ends: Vec<usize> =
                    cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
                ends.sort_unstable();
                let mut start = 0;
                for end in ends {
                    websocket.send_fragment(Kind::Binary, false, text.slice(start..end)).unwrap();
                    start = end;
                }
                websocket.send_fragment(Kind::Binary, true, text.slice(start..)).unwrap();
                messages.push(Message::Binary(text));
            }
            Step::Ping => {
                websocket.send(Message::Ping("?".into())).unwrap();
                messages.push(Message::Ping("?".into()));
            }
            Step::Release => websocket.release_memory(),
        }
        wire.extend(output(&mut websocket));
    }
    (wire, messages)
}

/// One to a few cuts, or pieces of one size.
fn cuts() -> impl Strategy<Value = Cuts> {
    prop_oneof![vec(any::<Index>(), 0..6).prop_map(Cuts::At), (1..40_usize).prop_map(Cuts::Every),]
}

#[derive(Clone, Debug)]
enum Cuts {
    At(Vec<Index>),
    Every(usize),
}

impl Cuts {
    fn ends(&self, len: usize) -> Vec<usize> {
        let mut ends: Vec<usize> = match self {
            Self::At(cuts) => cuts.iter().map(|cut| cut.index(len + 1)).collect(),
            Self::Every(size) => (*size..len).step_by(*size).collect(),
        };
        ends.sort_unstable();
        ends
    }
}

proptest! {
    #[test]
    fn what_goes_in_comes_out(
        agreement in agreements(),
        level in 0..10_u8,
        steps in vec(steps(), 0..12),
        cuts in cuts(),
    ) {
        let config = agreed(agreement).deflate(DeflateConfig::new().level(level));
        let (wire, messages) = send(client(config.clone()), &steps);
        outcome(server(config.clone()), &wire, cuts.ends(wire.len())).assert(&messages, None);
        let (wire, messages) = send(server(config.clone()), &steps);
        outcome(client(config), &wire, cuts.ends(wire.len())).assert(&messages, None);
    }
}

/// A block, all of its own or by another's library.
fn payloads() -> impl Strategy<Value = Vec<u8>> {
    let byte = select(b"ab\xc3\xa4\x00\xff".to_vec());
    let distance = prop_oneof![1..20_usize, Just(32_768)];
    let copy = (3..=10_usize, distance);
    let block = (0..3_u8, any::<bool>(), vec(byte, 0..12), proptest::option::of(copy));
    (vec(block, 0..5), any::<bool>()).prop_map(|(parts, is_trimmed)| {
        let mut blocks = Blocks::new();
        for (kind, is_final, text, copy) in parts {
            blocks = match (kind, copy) {
                (0, _) => blocks.stored(is_final, &text),
                (1, None) => blocks.fixed(is_final, &[Part::Text(&text)]),
                (1, Some((len, distance))) => {
                    blocks.fixed(is_final, &[Part::Text(&text), Part::Copy { len, distance }])
                }
                _ => blocks.dynamic(is_final, true),
            };
        }
        if is_trimmed { blocks.trimmed() } else { blocks.bytes() }
    })
}

/// What happens to a payload on its way.
#[derive(Clone, Debug)]
enum Harm {
    None,
    Flip(Index, u8),
    Cut(Index),
    Insert(Index, u8),
    Append(Vec<u8>),
}

fn harms() -> impl Strategy<Value = Harm> {
    prop_oneof![
        3 => Just(Harm::None),
        2 => (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Harm::Flip(at, bit)),
        1 => any::<Index>().prop_map(Harm::Cut),
        1 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Harm::Insert(at, byte)),
        1 => vec(select(vec![0, 1, 3, 0xff]), 0..6).prop_map(Harm::Append),
    ]
}

impl Harm {
    fn apply(&self, payload: &mut Vec<u8>) {
        match self {
            Self::Flip(at, bit) if !payload.is_empty() => {
                let at = at.index(payload.len());
                payload[at] ^= 1 << bit;
            }
            Self::None | Self::Flip(..) => {}
            Self::Cut(at) => payload.truncate(at.index(payload.len() + 1)),
            Self::Insert(at, byte) => payload.insert(at.index(payload.len() + 1), *byte),
            Self::Append(bytes) => payload.extend(bytes),
        }
    }
}

/// What the messages with these payloads become, one at a time, by the plain decoder. It ends
/// without an error at a payload that ends inside the codes of a block: where the context is taken
/// over, the crate does not always see that.
fn model(
    payloads: &[(Vec<u8>, bool)],
    forgets: bool,
    limit: usize,
) -> (Vec<Message>, Option<ProtocolError>) {
    let mut inflater = Inflater::new();
    let mut messages = Vec::new();
    for (payload, is_text) in payloads {
        if forgets {
            inflater.reset();
        }
        let mut before = inflater.clone();
        let result = inflater.lenient_message(payload, limit);
        let readable = match &result {
            Ok(message) => message.clone(),
            Err(_) => before.readable(payload, limit).0,
        };
        if *is_text && let Err(error) = std::str::from_utf8(&readable) {
            // Cut inside a character: that is known only at the end.
            let is_cut = error.error_len().is_none();
            if !is_cut || result.is_ok() {
                let offset = if is_cut {
                    readable.len()
                } else {
                    error.valid_up_to() + invalid_at(&readable)
                };
                return (messages, Some(ProtocolError::InvalidUtf8 { offset: offset as u64 }));
            }
        }
        match result {
            Ok(message) if *is_text => {
                messages.push(Message::text(String::from_utf8(message).unwrap()))
            }
            Ok(message) => messages.push(Message::binary(message)),
            Err(Fault::TooLarge) => {
                let limit = limit as u64;
                return (messages, Some(ProtocolError::InflatedTooLarge { limit }));
            }
            Err(Fault::Invalid | Fault::Truncated) => {
                return (messages, Some(ProtocolError::InvalidDeflate));
            }
            Err(Fault::TruncatedCodes) if forgets => {
                return (messages, Some(ProtocolError::InvalidDeflate));
            }
            Err(Fault::TruncatedCodes) => return (messages, None),
        }
    }
    (messages, None)
}

/// How many bytes of the character that is wrong could have been right.
fn invalid_at(text: &[u8]) -> usize {
    let valid = std::str::from_utf8(text).unwrap_err().valid_up_to();
    let could_be = |len: usize| {
        text.get(valid..valid + len).is_some_and(|start| {
            std::str::from_utf8(start).is_err_and(|it| it.error_len().is_none())
        })
    };
    (1..4).take_while(|len| could_be(*len)).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_comes_of_a_harmed_stream_is_what_a_plain_decoder_finds(
        messages in vec((payloads(), harms(), any::<bool>(), vec(any::<Index>(), 0..3)), 1..6),
        forgets in any::<bool>(),
        limit in prop_oneof![0..30_usize, Just(1 << 20)],
        cuts in [cuts(), cuts()],
    ) {
        let mut frames = Vec::new();
        let mut payloads = Vec::new();
        for (mut payload, harm, is_text, fragments) in messages {
            harm.apply(&mut payload);
            let mut ends: Vec<usize> =
                fragments.iter().map(|cut| cut.index(payload.len() + 1)).collect();
            ends.push(payload.len());
            ends.sort_unstable();
            let mut start = 0;
            for (index, end) in ends.iter().enumerate() {
                let part = &payload[start..*end];
                let frame = match index {
                    0 if is_text => Frame::text(part).rsv(0x40),
                    0 => Frame::binary(part).rsv(0x40),
                    _ => Frame::continuation(part),
                };
                frames.push(if index + 1 == ends.len() { frame } else { frame.more() });
                start = *end;
            }
            payloads.push((payload, is_text));
        }
        let terms = if forgets { endpoint::no_takeover() } else { endpoint::takeover() };
        let config = agreed(terms).max_message_size(limit as u64);
        let stream = stream(Side::Client, &frames);
        let [one, other] =
            cuts.map(|cuts| outcome(client(config.clone()), &stream, cuts.ends(stream.len())));
        prop_assert_eq!(&one, &other);
        let (messages, error) = model(&payloads, forgets, limit);
        prop_assert!(one.messages.starts_with(&messages), "{one:?}, not {messages:?}");
        prop_assert_eq!(one.close_code, one.error.map(|error| error.close_code().0));
        if error.is_some() || messages.len() == payloads.len() {
            prop_assert_eq!(&one.messages, &messages);
            prop_assert_eq!(one.error, error);
        }
    }

    #[test]
    fn a_harmed_message_of_the_crate_ends_well(
        texts in vec(texts(), 1..4),
        harms in vec((any::<Index>(), harms()), 1..4),
        level in 0..10_u8,
        cuts in [cuts(), cuts()],
    ) {
        let config = agreed(endpoint::takeover()).deflate(DeflateConfig::new().level(level));
        let steps: Vec<Step> =
            texts.into_iter().map(|text| Step::Send(text, Compression::Yes)).collect();
        let (wire, _) = send(server(config.clone()), &steps);
        let mut payloads: Vec<Vec<u8>> =
            endpoint::frames(&wire).into_iter().map(|frame| frame.payload).collect();
        for (at, harm) in harms {
            let at = at.index(payloads.len());
            harm.apply(&mut payloads[at]);
        }
        let limit = 4000;
        let config = config.max_message_size(limit);
        let frames: Vec<Frame> =
            payloads.iter().map(|payload| Frame::binary(payload).rsv(0x40)).collect();
        let stream = stream(Side::Client, &frames);
        let [one, other] =
            cuts.map(|cuts| outcome(client(config.clone()), &stream, cuts.ends(stream.len())));
        prop_assert_eq!(&one, &other);
        for message in &one.messages {
            let Message::Binary(message) = message else { panic!("{message:?}") };
            prop_assert!(message.len() as u64 <= limit);
        }
        prop_assert!(one.error.is_some() || one.messages.len() == payloads.len());
    }
}
