//! A parser of RFC 6455 that is too simple to be wrong: it has the whole input at once, copies
//! every payload, and keeps no state between frames except the message in progress.

use support::Side;

use crate::plan::Limits;
use crate::{End, Outcome};

/// Whole messages and control frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<(u16, String)>),
}

/// What implementations do in different ways. This is the list of all differences between this
/// crate and `tungstenite` that the target finds.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// RFC 6455, section 5.2: "the minimal number of bytes MUST be used to encode the length".
    /// `tungstenite` takes longer ones.
    takes_long_lengths: bool,
    /// RFC 6455, section 5.2: the most significant bit of a length in 64 bits must be 0.
    /// `tungstenite` takes the bit as a part of the length, which exceeds its limit: 1009 instead
    /// of 1002.
    takes_top_bit: bool,
    /// A fault is found with the byte that shows it (RFC 6455, section 7.1.7, does not say when).
    /// `tungstenite` looks for a reserved opcode and for the limit of frames when the header is
    /// whole, in this order, and for everything else when the frame is whole. So it waits for the
    /// rest of a frame that has a fault, and reports another fault if there are several.
    waits_for_frames: bool,
    /// RFC 6455, section 7.4: a code that must not be sent is a fault. `tungstenite` delivers a
    /// Close with the code 1002 and a reason of its own instead, or if it has sent a Close before,
    /// the code as it is. So it also looks at the reason (section 5.5.1) first.
    takes_any_close_code: bool,
    /// RFC 6455, section 7.4.2, leaves the codes up to 2999 to its registry, which has 1014.
    /// `tungstenite` counts it among the reserved ones.
    has_code_1014: bool,
    /// RFC 6455, section 7.1.7: an endpoint that fails the connection should send a Close first.
    /// `tungstenite` leaves this to the application.
    pub reports_nothing: bool,
}

impl Rules {
    pub const STRICT: Self = Self {
        takes_long_lengths: false,
        takes_top_bit: false,
        waits_for_frames: false,
        takes_any_close_code: false,
        has_code_1014: true,
        reports_nothing: false,
    };

    pub const TUNGSTENITE: Self = Self {
        takes_long_lengths: true,
        takes_top_bit: true,
        waits_for_frames: true,
        takes_any_close_code: true,
        has_code_1014: false,
        reports_nothing: true,
    };
}

/// The code of a Close that reports a violation of the protocol (RFC 6455, section 7.4.1).
const PROTOCOL: u16 = 1002;
/// The code for text that is not UTF-8.
const NO_TEXT: u16 = 1007;
/// The code for a message that is too large.
const TOO_LARGE: u16 = 1009;

/// Reads all of `bytes` as an endpoint on `side` does.
pub fn read(bytes: &[u8], side: Side, limits: Limits, close_first: bool, rules: Rules) -> Outcome {
    let mut reader = Reader { side, limits, close_first, rules, message: None, heard: Vec::new() };
    let mut rest = bytes;
    loop {
        match reader.frame(rest) {
            Ok(len) => rest = &rest[len..],
            Err(end) => return Outcome { heard: reader.heard, end },
        }
    }
}

struct Reader {
    side: Side,
    limits: Limits,
    close_first: bool,
    rules: Rules,
    /// The message in progress, and whether it is text.
    message: Option<(bool, Vec<u8>)>,
    heard: Vec<Heard>,
}

/// A header, as far as it has arrived.
struct Header {
    first: u8,
    second: Option<u8>,
    /// The first byte of a length in more than 7 bits.
    length_begins: Option<u8>,
    len: Option<u64>,
    key: Option<[u8; 4]>,
    /// The length of the header, if it is whole.
    header_len: Option<usize>,
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Self> {
        let first = *bytes.first()?;
        let second = bytes.get(1).copied();
        let mut header =
            Self { first, second, length_begins: None, len: None, key: None, header_len: None };
        let Some(second) = second else { return Some(header) };
        let (len, mut at) = match second & 0x7f {
            126 => (bytes.get(2..4).map(number), 4),
            127 => (bytes.get(2..10).map(number), 10),
            len => (Some(u64::from(len)), 2),
        };
        if at > 2 {
            header.length_begins = bytes.get(2).copied();
        }
        header.len = len;
        if second & 0x80 != 0 {
            header.key = bytes.get(at..at + 4).map(|key| key.try_into().expect("4 bytes"));
            at += 4;
        }
        header.header_len = Some(at).filter(|&len| len <= bytes.len());
        Some(header)
    }

    fn opcode(&self) -> u8 {
        self.first & 0x0f
    }

    fn is_control(&self) -> bool {
        self.opcode() >= 8
    }

    fn is_reserved(&self) -> bool {
        !matches!(self.opcode(), 0..=2 | 8..=10)
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

impl Reader {
    /// Reads a frame, and returns its length on the wire.
    fn frame(&mut self, bytes: &[u8]) -> Result<usize, End> {
        let header = Header::read(bytes).ok_or(End::Starved)?;
        let len = header.len.and_then(|len| usize::try_from(len).ok());
        let frame_len =
            header.header_len.zip(len).and_then(|(header, len)| header.checked_add(len));
        let is_whole = frame_len.is_some_and(|len| len <= bytes.len());
        if self.rules.waits_for_frames && !is_whole {
            return Err(match (header.header_len, header.len) {
                (Some(_), _) if header.is_reserved() => End::Failed(PROTOCOL),
                (Some(_), Some(len)) if len > self.limits.frame => End::Failed(TOO_LARGE),
                _ => End::Starved,
            });
        }
        if self.rules.waits_for_frames
            && !header.is_reserved()
            && header.len.is_some_and(|len| len > self.limits.frame)
        {
            return Err(End::Failed(TOO_LARGE));
        }
        if let Some(code) = self.fault(&header) {
            return Err(End::Failed(code));
        }
        let header_len = header.header_len.ok_or(End::Starved)?;
        let end = frame_len.unwrap_or(usize::MAX).min(bytes.len());
        let key = header.key.unwrap_or_default();
        let payload = bytes[header_len..end].iter().zip(key.iter().cycle());
        let payload: Vec<u8> = payload.map(|(byte, key)| byte ^ key).collect();

        if header.is_control() {
            if !is_whole {
                return Err(End::Starved);
            }
            self.control(header.opcode(), payload)?;
            return Ok(end);
        }
        let is_text = header.opcode() == 1;
        let (is_text, message) = self.message.get_or_insert((is_text, Vec::new()));
        message.extend_from_slice(&payload);
        // RFC 6455, section 8.1. Until the message ends, it may end in the middle of a character.
        let fin = header.first & 0x80 != 0 && is_whole;
        if *is_text
            && let Err(error) = str::from_utf8(message)
            && (fin || error.error_len().is_some())
        {
            return Err(End::Failed(NO_TEXT));
        }
        if !is_whole {
            return Err(End::Starved);
        }
        if fin {
            let (is_text, bytes) = self.message.take().expect("it is in progress");
            self.heard.push(if is_text {
                Heard::Text(String::from_utf8(bytes).expect("checked above"))
            } else {
                Heard::Binary(bytes)
            });
        }
        Ok(end)
    }

    /// The first fault of a header, in the order of its bytes.
    fn fault(&self, header: &Header) -> Option<u16> {
        let is_control = header.is_control();
        let fin = header.first & 0x80 != 0;
        // RFC 6455, section 5.2: reserved opcodes and bits.
        let is_reserved = header.is_reserved() || header.first & 0x70 != 0;
        // Section 5.5: control frames must not be fragmented.
        let is_fragmented = is_control && !fin;
        // Section 5.4: the fragments of a message follow each other.
        let is_out_of_order = match header.opcode() {
            0 => self.message.is_none(),
            1 | 2 => self.message.is_some(),
            _ => false,
        };
        if is_reserved || is_fragmented || is_out_of_order {
            return Some(PROTOCOL);
        }
        let second = header.second?;
        // Section 5.5: at most 125 bytes. Section 5.1: a client masks, a server does not.
        let is_long = if self.rules.takes_long_lengths {
            header.len.is_some_and(|len| len > 125)
        } else {
            second & 0x7f > 125
        };
        if is_control && is_long || (second & 0x80 != 0) != (self.side == Side::Server) {
            return Some(PROTOCOL);
        }
        // Section 5.2: the length.
        if second & 0x7f == 127
            && header.length_begins.is_some_and(|byte| byte & 0x80 != 0)
            && !self.rules.takes_top_bit
        {
            return Some(PROTOCOL);
        }
        let len = header.len?;
        let shortest = match second & 0x7f {
            126 => 126,
            127 => 0x1_0000,
            _ => 0,
        };
        if len < shortest && !self.rules.takes_long_lengths {
            return Some(PROTOCOL);
        }
        let before = self.message.as_ref().map_or(0, |(_, bytes)| bytes.len() as u64);
        let is_large = len > self.limits.frame || before.saturating_add(len) > self.limits.message;
        (!is_control && is_large).then_some(TOO_LARGE)
    }

    fn control(&mut self, opcode: u8, payload: Vec<u8>) -> Result<(), End> {
        match opcode {
            9 => self.heard.push(Heard::Ping(payload)),
            10 => self.heard.push(Heard::Pong(payload)),
            _ => {
                let frame = self.close(&payload)?;
                self.heard.push(Heard::Close(frame));
                return Err(End::Closed);
            }
        }
        Ok(())
    }

    /// RFC 6455, sections 5.5.1 and 7.4.
    fn close(&self, payload: &[u8]) -> Result<Option<(u16, String)>, End> {
        let [high, low, reason @ ..] = payload else {
            return if payload.is_empty() { Ok(None) } else { Err(End::Failed(PROTOCOL)) };
        };
        let code = u16::from_be_bytes([*high, *low]);
        let is_sendable = match code {
            1000..=1003 | 1007..=1013 | 3000..=4999 => true,
            1014 => self.rules.has_code_1014,
            _ => false,
        };
        if !is_sendable && !self.rules.takes_any_close_code {
            return Err(End::Failed(PROTOCOL));
        }
        let reason = str::from_utf8(reason).map_err(|_| End::Failed(NO_TEXT))?;
        Ok(Some(if is_sendable || self.close_first {
            (code, reason.into())
        } else {
            (PROTOCOL, "Protocol violation".into())
        }))
    }
}
