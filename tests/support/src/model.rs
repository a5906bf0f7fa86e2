//! A connection's receiving side written to be obviously right: the whole input at once, a byte
//! at a time, with no thought of speed. The oracle of the property tests.

use websocket_proto::connection::ConnectionConfig;
use websocket_proto::frame::{Kind, Rsv};
use websocket_proto::{CloseCode, ProtocolError};

use crate::{Entry, Side};

/// Who receives, and what it allows.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// Who receives.
    pub side: Side,
    /// The limit of messages, in bytes.
    pub max_message_size: u64,
    /// The limit of frames, in bytes.
    pub max_frame_size: u64,
    /// The bits of extensions that transform the payload.
    pub reserved_bits: Rsv,
    /// The bits of extensions that leave it as it is.
    pub tag_bits: Rsv,
    /// Whether a Ping is answered.
    pub answer_pings: bool,
    /// Whether it has sent a Close before the first byte.
    pub close_first: bool,
}

struct Message {
    kind: Kind,
    rsv: Rsv,
    transformed: bool,
    /// The payload so far.
    bytes: Vec<u8>,
    /// The lengths that its headers declared so far.
    declared: u64,
}

/// Why the model stopped.
enum Stop {
    /// The bytes are used up.
    Starved,
    Closed,
    Failed(ProtocolError),
}

impl Model {
    /// A model that allows what a connection does by default.
    pub fn new(side: Side) -> Self {
        Self {
            side,
            max_message_size: ConnectionConfig::DEFAULT_MAX_MESSAGE_SIZE,
            max_frame_size: u64::MAX,
            reserved_bits: Rsv::NONE,
            tag_bits: Rsv::NONE,
            answer_pings: true,
            close_first: false,
        }
    }

    /// The configuration of a connection that this is the model of.
    pub fn config(&self) -> ConnectionConfig {
        ConnectionConfig::new()
            .max_message_size(self.max_message_size)
            .max_frame_size(self.max_frame_size)
            .reserved_bits(self.reserved_bits)
            .tag_bits(self.tag_bits)
            .answer_pings(self.answer_pings)
    }

    /// What a connection tells and sends on `bytes`; what it sends is not masked here.
    pub fn log(&self, bytes: &[u8]) -> Vec<Entry> {
        let mut entries = Vec::new();
        let mut bytes = bytes.iter().copied();
        let mut message = None;
        loop {
            match self.frame(&mut bytes, &mut message, &mut entries) {
                Ok(()) => {}
                Err(Stop::Failed(error)) => {
                    entries.push(Entry::Error(error));
                    self.send_close(error.close_code(), &error.to_string(), &mut entries);
                    return entries;
                }
                Err(Stop::Starved | Stop::Closed) => return entries,
            }
        }
    }

    fn frame(
        &self,
        bytes: &mut impl Iterator<Item = u8>,
        message: &mut Option<Message>,
        entries: &mut Vec<Entry>,
    ) -> Result<(), Stop> {
        let fail = |error| Err(Stop::Failed(error));

        let first = bytes.next().ok_or(Stop::Starved)?;
        let fin = first & 0x80 != 0;
        let rsv = first & 0x70;
        let opcode = first & 0x0f;
        let control = matches!(opcode, 8..=10);
        let begins = matches!(opcode, 1 | 2);
        if !matches!(opcode, 0..=2 | 8..=10) {
            return fail(ProtocolError::ReservedOpCode { opcode });
        }
        if control && !fin {
            return fail(ProtocolError::FragmentedControlFrame);
        }
        if begins && message.is_some() {
            return fail(ProtocolError::ExpectedContinuation);
        }
        if opcode == 0 && message.is_none() {
            return fail(ProtocolError::UnexpectedContinuation);
        }
        let allowed = if begins { self.reserved_bits.bits() | self.tag_bits.bits() } else { 0 };
        if rsv & !allowed != 0 {
            return fail(ProtocolError::ReservedBits { rsv: Rsv::from_bits(rsv) });
        }

        let second = bytes.next().ok_or(Stop::Starved)?;
        let masked = second & 0x80 != 0;
        if control && second & 0x7f > 125 {
            return fail(ProtocolError::ControlFrameTooLong);
        }
        match (self.side, masked) {
            (Side::Server, false) => return fail(ProtocolError::UnmaskedFrame),
            (Side::Client, true) => return fail(ProtocolError::MaskedFrame),
            _ => {}
        }

        let (len_bytes, shortest) = match second & 0x7f {
            126 => (2, 126),
            127 => (8, 0x1_0000),
            _ => (0, 0),
        };
        let mut len = if len_bytes == 0 { u64::from(second & 0x7f) } else { 0 };
        for at in 0..len_bytes {
            let byte = bytes.next().ok_or(Stop::Starved)?;
            if len_bytes == 8 && at == 0 && byte & 0x80 != 0 {
                return fail(ProtocolError::LengthTopBitSet);
            }
            len = len << 8 | u64::from(byte);
        }
        if len < shortest {
            return fail(ProtocolError::NonMinimalLength { len });
        }
        if !control {
            let message_len = len + message.as_ref().map_or(0, |message| message.declared);
            if len > self.max_frame_size {
                return fail(ProtocolError::FrameTooLarge { len, limit: self.max_frame_size });
            }
            if message_len > self.max_message_size {
                return fail(ProtocolError::MessageTooLarge {
                    len: message_len,
                    limit: self.max_message_size,
                });
            }
        }

        let mut key = [0; 4];
        if masked {
            for byte in &mut key {
                *byte = bytes.next().ok_or(Stop::Starved)?;
            }
        }
        let mut payload = bytes.enumerate().map(|(at, byte)| byte ^ key[at % 4]);

        if control {
            let payload: Vec<u8> = payload.take(len as usize).collect();
            if (payload.len() as u64) < len {
                return Err(Stop::Starved);
            }
            return self.control(opcode, payload, entries);
        }

        if begins {
            let kind = if opcode == 1 { Kind::Text } else { Kind::Binary };
            let transformed = rsv & self.reserved_bits.bits() != 0;
            let rsv = Rsv::from_bits(rsv);
            *message = Some(Message { kind, rsv, transformed, bytes: Vec::new(), declared: 0 });
        }
        let under_way = message.as_mut().expect("checked above");
        under_way.declared += len;
        let validated = under_way.kind == Kind::Text && !under_way.transformed;
        for at in 0..len {
            let byte = payload.next().ok_or(Stop::Starved)?;
            let offset = under_way.bytes.len() as u64;
            under_way.bytes.push(byte);
            if validated && !could_be_text(&under_way.bytes) {
                return fail(ProtocolError::InvalidUtf8 { offset });
            }
            data(entries, under_way, &[byte], begins && at == 0);
        }
        if fin && validated && core::str::from_utf8(&under_way.bytes).is_err() {
            let offset = under_way.bytes.len() as u64;
            return fail(ProtocolError::InvalidUtf8 { offset });
        }
        if len == 0 {
            data(entries, under_way, &[], begins);
        }
        if fin {
            let Some(Entry::Data { last, .. }) = entries.last_mut() else {
                unreachable!("each frame of a message leaves an entry");
            };
            *last = true;
            *message = None;
        }
        Ok(())
    }

    fn control(&self, opcode: u8, payload: Vec<u8>, entries: &mut Vec<Entry>) -> Result<(), Stop> {
        match opcode {
            9 => {
                entries.push(Entry::Ping(payload.clone()));
                if self.answer_pings && !self.close_first {
                    let header = [0x8a, payload.len() as u8];
                    entries.push(Entry::Sent([&header, payload.as_slice()].concat()));
                }
                Ok(())
            }
            10 => {
                entries.push(Entry::Pong(payload));
                Ok(())
            }
            _ => {
                let [high, low, reason @ ..] = payload.as_slice() else {
                    if !payload.is_empty() {
                        return Err(Stop::Failed(ProtocolError::CloseCodeCut));
                    }
                    entries.push(Entry::Close(None));
                    if !self.close_first {
                        entries.push(Entry::sent([0x88, 0x00]));
                    }
                    return Err(Stop::Closed);
                };
                let code = CloseCode(u16::from_be_bytes([*high, *low]));
                if !matches!(code.0, 1000..=1003 | 1007..=1014 | 3000..=4999) {
                    return Err(Stop::Failed(ProtocolError::InvalidCloseCode { code }));
                }
                let Ok(reason) = core::str::from_utf8(reason) else {
                    return Err(Stop::Failed(ProtocolError::InvalidCloseReason));
                };
                entries.push(Entry::close(code.0, reason));
                self.send_close(code, "", entries);
                Err(Stop::Closed)
            }
        }
    }

    fn send_close(&self, code: CloseCode, reason: &str, entries: &mut Vec<Entry>) {
        if !self.close_first {
            let header = [0x88, 2 + reason.len() as u8];
            entries.push(Entry::Sent(
                [&header, code.0.to_be_bytes().as_slice(), reason.as_bytes()].concat(),
            ));
        }
    }
}

/// Appends to the message's entry if nothing came between, or makes a new one.
fn data(entries: &mut Vec<Entry>, message: &Message, more: &[u8], begins: bool) {
    if let Some(Entry::Data { bytes, .. }) = entries.last_mut()
        && !begins
    {
        bytes.extend_from_slice(more);
        return;
    }
    entries.push(Entry::Data {
        kind: message.kind,
        rsv: message.rsv,
        transformed: message.transformed,
        bytes: more.to_vec(),
        first: begins,
        last: false,
    });
}

/// Whether some text begins with `bytes`.
fn could_be_text(bytes: &[u8]) -> bool {
    match core::str::from_utf8(bytes) {
        Ok(_) => true,
        // `None`: the end came too early, and nothing was wrong until then.
        Err(error) => error.error_len().is_none(),
    }
}
