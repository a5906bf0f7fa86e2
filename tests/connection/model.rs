//! Whole connections against a model that reads a byte at a time and is too plain to be wrong:
//! random streams of frames, whole and spoilt, cut anywhere; and two connections that talk to
//! each other.

use proptest::prelude::*;
use proptest::sample::Index;
use support::{Conversation, Entry, Frame, Model, Operation, Recorder, SEED, Side, Wire, stream};
use websocket_proto::connection::{Client, Connection, Role, Server, State};
use websocket_proto::frame::{Kind, Rsv};

/// Feeds `bytes` in pieces, cut at the given places, to a connection as `model` describes it.
fn assert_as_the_model(model: &Model, bytes: &[u8], cuts: &[Index]) {
    match model.side {
        Side::Server => assert_role_as_the_model(Server, model, bytes, cuts),
        Side::Client => assert_role_as_the_model(Client::new(SEED), model, bytes, cuts),
    }
}

fn assert_role_as_the_model<R: Role>(role: R, model: &Model, bytes: &[u8], cuts: &[Index]) {
    let mut connection = Connection::new(role, model.config());
    if model.close_first {
        connection.close_with(None, &mut Wire::default()).expect("an open connection");
    }
    let mut recorder = Recorder::default();
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    for piece in cuts.windows(2) {
        recorder.feed(&mut connection, &mut bytes[piece[0]..piece[1]].to_vec());
    }
    let log = recorder.log(&connection).with_sent_unmasked();
    assert_eq!(log.entries, model.log(bytes), "{model:?} {bytes:02x?}");

    let ended = log.error().is_some() || log.entries.iter().any(|e| matches!(e, Entry::Close(_)));
    let expected = match (ended, model.close_first) {
        (true, _) => State::Closed,
        (false, true) => State::LocalClosing,
        (false, false) => State::Open,
    };
    assert_eq!(log.state, expected);
}

fn any_model() -> impl Strategy<Value = Model> {
    let limit = || prop_oneof![3 => Just(None), 1 => (0..400_u64).prop_map(Some)];
    let role = prop::sample::select(Side::BOTH.to_vec());
    let bits = || any::<u8>().prop_map(Rsv::from_bits);
    (role, limit(), limit(), (bits(), bits()), any::<bool>(), prop::bool::weighted(0.2)).prop_map(
        |(side, message, frame, (reserved_bits, tag_bits), answer_pings, close_first)| {
            let plain = Model::new(side);
            Model {
                max_message_size: message.unwrap_or(plain.max_message_size),
                max_frame_size: frame.unwrap_or(plain.max_frame_size),
                reserved_bits,
                tag_bits,
                answer_pings,
                close_first,
                ..plain
            }
        },
    )
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z ]{0,20}", "\\PC{0,20}", "[a-zé日🦀]{100,140}"]
}

/// A message in fragments, cut anywhere, with control frames between.
fn message() -> impl Strategy<Value = Vec<Frame>> {
    let payload = prop_oneof![
        text().prop_map(|text| (0x1, text.into_bytes())),
        prop::collection::vec(any::<u8>(), 0..200).prop_map(|bytes| (0x2, bytes)),
    ];
    let cuts = prop::collection::vec(any::<Index>(), 0..4);
    let between = prop::collection::vec(prop::option::of(heartbeat()), 5);
    (payload, cuts, between, prop::bool::weighted(0.1)).prop_map(
        |((opcode, payload), cuts, between, compressed)| {
            let mut cuts: Vec<usize> =
                cuts.iter().map(|cut| cut.index(payload.len() + 1)).collect();
            cuts.extend([0, payload.len()]);
            cuts.sort_unstable();
            let mut frames = Vec::new();
            let last = cuts.len() - 2;
            for (at, ends) in cuts.windows(2).enumerate() {
                let opcode = if at == 0 { opcode } else { 0x0 };
                let mut frame = Frame::new(opcode, &payload[ends[0]..ends[1]]);
                if at == 0 && compressed {
                    frame = frame.rsv(0x40);
                }
                frames.push(if at == last { frame } else { frame.more() });
                frames.extend(between.get(at).cloned().flatten());
            }
            frames
        },
    )
}

fn heartbeat() -> impl Strategy<Value = Frame> {
    let payload = prop::collection::vec(any::<u8>(), 0..=125);
    (any::<bool>(), payload)
        .prop_map(|(ping, payload)| if ping { Frame::ping(payload) } else { Frame::pong(payload) })
}

fn close() -> impl Strategy<Value = Frame> {
    prop_oneof![
        Just(Frame::raw_close([])),
        (1000..1016_u16, "[a-zé]{0,40}").prop_map(|(code, reason)| Frame::close(code, reason)),
        (any::<u16>(), prop::collection::vec(any::<u8>(), 0..20))
            .prop_map(|(code, reason)| Frame::close(code, reason)),
        any::<u8>().prop_map(|byte| Frame::raw_close([byte])),
    ]
}

/// A frame with any header and a payload that need not be what the header says.
fn odd_frame() -> impl Strategy<Value = Frame> {
    let payload = prop::collection::vec(any::<u8>(), 0..140);
    let declared = prop::option::weighted(0.2, prop_oneof![0..300_u64, any::<u64>()]);
    let masking = prop_oneof![4 => Just(None), 1 => any::<Option<[u8; 4]>>().prop_map(Some)];
    let rsv = prop_oneof![3 => Just(0_u8), 1 => any::<u8>()];
    (0..16_u8, any::<bool>(), rsv, masking, 0..8_u8, declared, payload).prop_map(
        |(opcode, fin, rsv, masking, form, declared, payload)| {
            let mut frame = Frame::new(opcode, payload).rsv(rsv);
            if !fin {
                frame = frame.more();
            }
            frame = match masking {
                None => frame,
                Some(None) => frame.unmasked(),
                Some(Some(key)) => frame.masked(key),
            };
            frame = match form {
                0 => frame.in_16_bits(),
                1 => frame.in_64_bits(),
                _ => frame,
            };
            match declared {
                Some(len) => frame.declaring(len),
                None => frame,
            }
        },
    )
}

fn frames() -> impl Strategy<Value = Vec<Frame>> {
    let some = prop_oneof![
        6 => message(),
        3 => heartbeat().prop_map(|frame| vec![frame]),
        1 => close().prop_map(|frame| vec![frame]),
        1 => odd_frame().prop_map(|frame| vec![frame]),
    ];
    prop::collection::vec(some, 0..8).prop_map(|frames| frames.concat())
}

/// What happens to a stream on its way.
#[derive(Clone, Debug)]
enum Mishap {
    Flip(Index, u8),
    Cut(Index),
    Drop(Index),
    Double(Index),
}

fn mishap() -> impl Strategy<Value = Mishap> {
    prop_oneof![
        3 => (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Mishap::Flip(at, bit)),
        1 => any::<Index>().prop_map(Mishap::Cut),
        1 => any::<Index>().prop_map(Mishap::Drop),
        1 => any::<Index>().prop_map(Mishap::Double),
    ]
}

fn spoil(bytes: &mut Vec<u8>, mishap: &Mishap) {
    if bytes.is_empty() {
        return;
    }
    match mishap {
        Mishap::Flip(at, bit) => {
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
        }
        Mishap::Cut(at) => bytes.truncate(at.index(bytes.len())),
        Mishap::Drop(at) => {
            bytes.remove(at.index(bytes.len()));
        }
        Mishap::Double(at) => {
            let at = at.index(bytes.len());
            bytes.insert(at, bytes[at]);
        }
    }
}

proptest! {
    #[test]
    fn a_stream_of_frames_is_taken_as_the_model_takes_it(
        model in any_model(),
        frames in frames(),
        cuts in prop::collection::vec(any::<Index>(), 0..12),
    ) {
        assert_as_the_model(&model, &stream(model.side, &frames), &cuts);
    }

    #[test]
    fn a_spoilt_stream_is_taken_as_the_model_takes_it(
        model in any_model(),
        frames in frames(),
        mishaps in prop::collection::vec(mishap(), 1..4),
        cuts in prop::collection::vec(any::<Index>(), 0..12),
    ) {
        let mut bytes = stream(model.side, &frames);
        for mishap in &mishaps {
            spoil(&mut bytes, mishap);
        }
        assert_as_the_model(&model, &bytes, &cuts);
    }

    #[test]
    fn a_stream_byte_by_byte_is_taken_as_the_model_takes_it(
        model in any_model(),
        frames in frames(),
        mishaps in prop::collection::vec(mishap(), 0..2),
    ) {
        let mut bytes = stream(model.side, &frames);
        for mishap in &mishaps {
            spoil(&mut bytes, mishap);
        }
        let mut connection_log = Vec::new();
        match model.side {
            Side::Server => byte_by_byte(Server, &model, &bytes, &mut connection_log),
            Side::Client => byte_by_byte(Client::new(SEED), &model, &bytes, &mut connection_log),
        }
        prop_assert_eq!(connection_log, model.log(&bytes));
    }
}

fn byte_by_byte<R: Role>(role: R, model: &Model, bytes: &[u8], entries: &mut Vec<Entry>) {
    let mut connection = Connection::new(role, model.config());
    if model.close_first {
        connection.close_with(None, &mut Wire::default()).expect("an open connection");
    }
    let mut recorder = Recorder::default();
    for byte in bytes {
        recorder.feed(&mut connection, &mut [*byte]);
    }
    *entries = recorder.log(&connection).with_sent_unmasked().entries;
}

// Two connections that talk.

fn payload(kind: Kind) -> BoxedStrategy<Vec<u8>> {
    match kind {
        Kind::Text => text().prop_map(String::into_bytes).boxed(),
        Kind::Binary => prop::collection::vec(any::<u8>(), 0..300).boxed(),
    }
}

fn operation(spoil: bool) -> impl Strategy<Value = Operation> {
    let kind = || prop::sample::select(vec![Kind::Text, Kind::Binary]);
    let data = || kind().prop_flat_map(|kind| (Just(kind), payload(kind)));
    let bytes = || prop::collection::vec(any::<u8>(), 0..130);
    let rare = u32::from(spoil);
    prop_oneof![
        6 => data().prop_map(|(kind, payload)| Operation::Send(kind, payload)),
        6 => (data(), any::<bool>())
            .prop_map(|((kind, payload), fin)| Operation::Fragment(kind, fin, payload)),
        3 => (data(), any::<bool>())
            .prop_map(|((kind, payload), fin)| Operation::InPlace(kind, fin, payload)),
        // Text that is cut inside a character, or no text.
        2 => (kind(), any::<bool>(), prop::sample::select(vec!["é", "🦀"]), 0..5_usize)
            .prop_map(|(kind, fin, character, cut)| {
                let bytes = character.as_bytes();
                Operation::Fragment(kind, fin, bytes[cut.min(bytes.len() - 1)..].to_vec())
            }),
        4 => bytes().prop_map(Operation::Ping),
        2 => bytes().prop_map(Operation::Pong),
        1 => (prop_oneof![Just(1000), 995..1020_u16, 2995..5005_u16], "[a-zé]{0,70}")
            .prop_map(|(code, reason)| Operation::Close(code, reason)),
        16 => (0..400_usize).prop_map(Operation::Deliver),
        rare => (any::<usize>(), 0..8_u8).prop_map(|(at, bit)| Operation::Corrupt(at, bit)),
        rare => Just(Operation::Cut),
    ]
}

proptest! {
    #[test]
    fn two_connections_hear_what_the_other_says(
        operations in prop::collection::vec((any::<bool>(), operation(false)), 0..60),
    ) {
        let mut conversation = Conversation::default();
        for (by_client, operation) in &operations {
            conversation.operate(*by_client, operation);
        }
        conversation.assert_all_was_heard();
    }

    #[test]
    fn two_connections_on_a_bad_line_still_do_as_the_model(
        operations in prop::collection::vec((any::<bool>(), operation(true)), 0..60),
    ) {
        let mut conversation = Conversation::default();
        for (by_client, operation) in &operations {
            conversation.operate(*by_client, operation);
        }
        conversation.assert_heard_as_the_model_hears();
    }
}
