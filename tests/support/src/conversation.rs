//! Two connections that talk to each other by a list of operations, and what each must hear.

use websocket_proto::connection::{Role, State, TransportAction};
use websocket_proto::frame::Kind;
use websocket_proto::{CloseCode, ProtocolError, SendError};

use crate::{Endpoint, Entry, Model, Pair, Side};

/// Something that one side does, or that happens to what is on its way.
#[derive(Clone, Debug)]
pub enum Operation {
    /// A whole message.
    Send(Kind, Vec<u8>),
    /// A fragment of a message, and whether it is the last.
    Fragment(Kind, bool, Vec<u8>),
    /// A fragment that is masked where it stands, and whether it is the last.
    InPlace(Kind, bool, Vec<u8>),
    /// A Ping with this payload.
    Ping(Vec<u8>),
    /// A Pong with this payload.
    Pong(Vec<u8>),
    /// A Close with a code and a reason.
    Close(u16, String),
    /// Lets so many bytes arrive.
    Deliver(usize),
    /// Flips a bit of what is on its way.
    Corrupt(usize, u8),
    /// The end of the transport to this side, after all that is on its way.
    Cut,
}

/// A pair, and what each side has said so far.
#[derive(Debug, Default)]
pub struct Conversation {
    pair: Pair,
    client: Said,
    server: Said,
}

impl Conversation {
    /// Does `operation` on the one side or the other, and asserts what is to be seen there.
    pub fn operate(&mut self, by_client: bool, operation: &Operation) {
        let Pair { client, server } = &mut self.pair;
        if by_client {
            operate(operation, client, server, &mut self.client);
        } else {
            operate(operation, server, client, &mut self.server);
        }
    }

    /// Delivers what is still on its way, and asserts that each side has heard what the other
    /// has said. Only for a conversation without mishaps.
    pub fn assert_all_was_heard(mut self) {
        self.pair.settle();
        let Pair { client, server } = &mut self.pair;
        assert_heard(server, &self.client, &self.server);
        assert_heard(client, &self.server, &self.client);

        let closed = self.client.close.is_some() || self.server.close.is_some();
        let expected = if closed { State::Closed } else { State::Open };
        assert_eq!((client.connection.state(), server.connection.state()), (expected, expected));
        if closed {
            // RFC 6455 7.1.1: the server closes the transport, the client waits for that.
            assert_eq!(server.connection.transport_action(), TransportAction::ShutdownWrite);
            assert_eq!(client.connection.transport_action(), TransportAction::Keep);
            client.eof();
            assert_eq!(client.connection.transport_action(), TransportAction::Drop);
            server.eof();
            assert_eq!(server.connection.transport_action(), TransportAction::Drop);
        }
    }

    /// Asserts that each side has heard what the model hears in the bytes that came to it.
    pub fn assert_heard_as_the_model_hears(&self) {
        let Pair { client, server } = &self.pair;
        assert_told_as_the_model(client, Side::Client);
        assert_told_as_the_model(server, Side::Server);
    }
}

fn assert_told_as_the_model<R>(endpoint: &Endpoint<R>, side: Side) {
    // What it sent of itself depends on what its own side did, too.
    let told = |entries: &[Entry]| -> Vec<Entry> {
        entries.iter().filter(|entry| !matches!(entry, Entry::Sent(_))).cloned().collect()
    };
    let mut heard = told(&endpoint.recorder.entries);
    if heard.last() == Some(&Entry::Error(ProtocolError::UnexpectedEof)) {
        heard.pop();
    }
    assert_eq!(heard, told(&Model::new(side).log(&endpoint.delivered)), "{side:?}");
}

/// What one side has said, as the other must hear it.
#[derive(Debug, Default)]
struct Said {
    /// Whether the transport to it has ended.
    cut: bool,
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
            if !said.cut {
                side.deliver(&bytes);
            }
            return;
        }
        Operation::Corrupt(at, bit) => {
            if !side.out.0.is_empty() {
                let at = at % side.out.0.len();
                side.out.0[at] ^= 1 << (bit % 8);
            }
            return;
        }
        Operation::Cut => {
            if !said.cut {
                side.eof();
                said.cut = true;
                assert_eq!(side.connection.state(), State::Closed);
                assert_eq!(side.connection.transport_action(), TransportAction::Drop);
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
            Entry::Oversized(len) => panic!("a message of {len} bytes was skipped"),
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
    assert!(
        are_pongs(&heard.pongs, &said.pongs, &other_said.pings),
        "{:?} said {:?} asked for {:?}",
        heard.pongs,
        said.pongs,
        other_said.pings
    );
}

/// Whether `heard` is all that was `said` unasked, with answers to some of what was `asked`
/// between, each in its order.
fn are_pongs(heard: &[Vec<u8>], said: &[Vec<u8>], asked: &[Vec<u8>]) -> bool {
    // With so many of the unasked ones heard, how many of the asked ones must have been passed:
    // the same payload may be either.
    let mut passed: Vec<Option<usize>> = vec![None; said.len() + 1];
    passed[0] = Some(0);
    for pong in heard {
        for unasked in (0..=said.len()).rev() {
            let as_answer = passed[unasked].and_then(|from| {
                Some(from + 1 + asked[from..].iter().position(|ping| ping == pong)?)
            });
            let as_unasked =
                (unasked > 0 && said[unasked - 1] == *pong).then(|| passed[unasked - 1]).flatten();
            passed[unasked] = match (as_answer, as_unasked) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
    }
    passed[said.len()].is_some()
}
