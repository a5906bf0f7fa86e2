//! Whole connections against a model that reads a byte at a time and is too plain to be wrong:
//! random streams of frames, whole and spoilt, cut anywhere; and two connections that talk to
//! each other.

mod common;

use common::{Endpoint, Entry, Frame, Model, Pair, Recorder, SEED, Side, Wire, stream};
use proptest::prelude::*;
use proptest::sample::Index;
use websocket_proto::connection::{Client, Connection, Role, Server, State, Transport};
use websocket_proto::frame::Kind;
use websocket_proto::{CloseCode, SendError};

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
    (role, limit(), limit(), any::<bool>(), any::<bool>(), prop::bool::weighted(0.2)).prop_map(
        |(side, message, frame, rsv1, answer_pings, close_first)| {
            let plain = Model::new(side);
            Model {
                max_message_size: message.unwrap_or(plain.max_message_size),
                max_frame_size: frame.unwrap_or(plain.max_frame_size),
                rsv1,
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

#[derive(Clone, Debug)]
enum Operation {
    Send(Kind, Vec<u8>),
    Fragment(Kind, bool, Vec<u8>),
    InPlace(Kind, bool, Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(u16, String),
    /// Lets so many bytes arrive.
    Deliver(usize),
    /// Flips a bit of what is on its way.
    Corrupt(Index, u8),
    /// The end of the transport to this side, after all that is on its way.
    Cut,
}

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
        rare => (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Operation::Corrupt(at, bit)),
        rare => Just(Operation::Cut),
    ]
}

/// What one side has said, as the other must hear it.
#[derive(Debug, Default)]
struct Said {
    messages: Vec<(Kind, Vec<u8>)>,
    under_way: Option<(Kind, Vec<u8>)>,
    pings: Vec<Vec<u8>>,
    pongs: Vec<Vec<u8>>,
    close: Option<(u16, String)>,
}

fn operate<R: Role, S: Role>(
    operation: &Operation,
    side: &mut Endpoint<R>,
    other: &mut Endpoint<S>,
    said: &mut Said,
    cut: &mut bool,
) {
    let before = side.out.0.len();
    let state = side.connection.state();
    let result = match operation {
        Operation::Send(kind, payload) => {
            let sent = match kind {
                Kind::Text => {
                    let text = std::str::from_utf8(payload).expect("text");
                    side.connection.send_text(text, &mut side.out)
                }
                Kind::Binary => side.connection.send_binary(payload, &mut side.out),
            };
            if sent.is_ok() {
                assert!(said.under_way.is_none());
                said.messages.push((*kind, payload.clone()));
            }
            sent
        }
        Operation::Fragment(kind, fin, payload) => {
            let sent = side.connection.send_fragment(*kind, *fin, payload, &mut side.out);
            if sent.is_ok() {
                said.fragment(*kind, *fin, payload);
            }
            sent
        }
        Operation::InPlace(kind, fin, payload) => {
            let mut masked = payload.clone();
            let sent = side.connection.send_in_place(*kind, *fin, &mut masked);
            if let Ok(header) = &sent {
                side.out.0.extend_from_slice(header);
                side.out.0.extend_from_slice(&masked);
                said.fragment(*kind, *fin, payload);
            } else {
                assert_eq!(masked, *payload, "a refused payload is left alone");
            }
            sent.map(|_| ())
        }
        Operation::Ping(payload) => {
            let sent = side.connection.ping(payload, &mut side.out);
            if sent.is_ok() {
                said.pings.push(payload.clone());
            }
            sent
        }
        Operation::Pong(payload) => {
            let sent = side.connection.pong(payload, &mut side.out);
            if sent.is_ok() {
                said.pongs.push(payload.clone());
            }
            sent
        }
        Operation::Close(code, reason) => {
            let sent = side.connection.close(CloseCode(*code), reason, &mut side.out);
            if sent.is_ok() {
                assert_eq!(state, State::Open);
                said.close = Some((*code, reason.clone()));
            }
            sent
        }
        Operation::Deliver(len) => {
            let len = (*len).min(other.out.0.len());
            let bytes: Vec<u8> = other.out.0.drain(..len).collect();
            if !*cut {
                side.deliver(&bytes);
            }
            return;
        }
        Operation::Corrupt(at, bit) => {
            if !side.out.0.is_empty() {
                let at = at.index(side.out.0.len());
                side.out.0[at] ^= 1 << bit;
            }
            return;
        }
        Operation::Cut => {
            if !*cut {
                side.eof();
                *cut = true;
                assert_eq!(side.connection.state(), State::Closed);
                assert_eq!(side.connection.transport(), Transport::Drop);
            }
            return;
        }
    };
    if let Err(error) = result {
        assert_eq!(side.out.0.len(), before, "{error}: nothing was written");
        assert_eq!(side.connection.state(), state, "{error}: nothing has changed");
        assert_eq!(error == SendError::Closing, state != State::Open && is_admissible(operation));
    } else {
        assert_eq!(state, State::Open, "only an open connection sends");
    }
}

/// Whether no rule but that of the state can refuse it.
fn is_admissible(operation: &Operation) -> bool {
    match operation {
        Operation::Close(code, reason) => CloseCode(*code).is_sendable() && reason.len() <= 123,
        _ => true,
    }
}

impl Said {
    fn fragment(&mut self, kind: Kind, fin: bool, payload: &[u8]) {
        let (first_kind, bytes) = self.under_way.get_or_insert_with(|| (kind, Vec::new()));
        assert_eq!(*first_kind, kind);
        bytes.extend_from_slice(payload);
        if fin {
            self.messages.extend(self.under_way.take());
        }
    }
}

/// That what `hearer` heard is what was said, in order.
fn assert_heard<R>(hearer: &Endpoint<R>, said: &Said, other_said: &Said) {
    let entries = &hearer.recorder.entries;
    let mut heard = Said::default();
    for entry in entries {
        match entry {
            Entry::Data { kind, bytes, last, .. } => {
                heard.fragment(*kind, *last, bytes);
            }
            Entry::Ping(payload) => heard.pings.push(payload.clone()),
            Entry::Pong(payload) => heard.pongs.push(payload.clone()),
            Entry::Close(frame) => heard.close = frame.clone(),
            Entry::Error(error) => panic!("{error} between two of us"),
            Entry::Sent(_) => {}
        }
    }
    assert_eq!(heard.messages, said.messages);
    assert_eq!(heard.under_way, said.under_way);
    assert_eq!(heard.pings, said.pings);
    match (&said.close, &other_said.close) {
        (Some(close), _) => assert_eq!(heard.close.as_ref(), Some(close)),
        // The answer to a Close has its code and no reason.
        (None, Some((code, _))) => assert_eq!(heard.close, Some((*code, String::new()))),
        (None, None) => assert_eq!(heard.close, None),
    }
    // Each pong was said by the peer itself, or answers one of our pings, in order.
    let mut answers = other_said.pings.iter();
    let mut own = said.pongs.iter().peekable();
    for pong in &heard.pongs {
        if own.peek() == Some(&pong) {
            own.next();
        } else {
            assert!(answers.any(|ping| ping == pong), "a pong that nothing asked for");
        }
    }
}

proptest! {
    #[test]
    fn two_connections_hear_what_the_other_says(
        operations in prop::collection::vec((any::<bool>(), operation(false)), 0..60),
    ) {
        let mut pair = Pair::new();
        let (mut client_said, mut server_said) = (Said::default(), Said::default());
        for (by_client, operation) in &operations {
            let Pair { client, server } = &mut pair;
            if *by_client {
                operate(operation, client, server, &mut client_said, &mut false);
            } else {
                operate(operation, server, client, &mut server_said, &mut false);
            }
        }
        pair.settle();
        let Pair { client, server } = &pair;
        assert_heard(server, &client_said, &server_said);
        assert_heard(client, &server_said, &client_said);

        let closed = client_said.close.is_some() || server_said.close.is_some();
        let expected = if closed { State::Closed } else { State::Open };
        assert_eq!((client.connection.state(), server.connection.state()), (expected, expected));
        if closed {
            // RFC 6455 7.1.1: the server closes the transport, the client waits for that.
            assert_eq!(server.connection.transport(), Transport::ShutdownWrite);
            assert_eq!(client.connection.transport(), Transport::Keep);
            pair.client.eof();
            assert_eq!(pair.client.connection.transport(), Transport::Drop);
            pair.server.eof();
            assert_eq!(pair.server.connection.transport(), Transport::Drop);
        }
    }

    #[test]
    fn two_connections_on_a_bad_line_still_do_as_the_model(
        operations in prop::collection::vec((any::<bool>(), operation(true)), 0..60),
    ) {
        let mut pair = Pair::new();
        let (mut client_said, mut server_said) = (Said::default(), Said::default());
        let (mut client_cut, mut server_cut) = (false, false);
        for (by_client, operation) in &operations {
            let Pair { client, server } = &mut pair;
            if *by_client {
                operate(operation, client, server, &mut client_said, &mut client_cut);
            } else {
                operate(operation, server, client, &mut server_said, &mut server_cut);
            }
        }
        for (entries, delivered, side) in [
            (&pair.client.recorder.entries, &pair.client.delivered, Side::Client),
            (&pair.server.recorder.entries, &pair.server.delivered, Side::Server),
        ] {
            // What they sent of themselves depends on what their own side did, too.
            let told = |entries: &[Entry]| -> Vec<Entry> {
                let told = entries.iter().filter(|entry| !matches!(entry, Entry::Sent(_)));
                told.cloned().collect()
            };
            let mut heard = told(entries);
            if let Some(Entry::Error(websocket_proto::ProtocolError::UnexpectedEof)) = heard.last() {
                heard.pop();
            }
            assert_eq!(heard, told(&Model::new(side).log(delivered)), "{side:?}");
        }
    }
}
