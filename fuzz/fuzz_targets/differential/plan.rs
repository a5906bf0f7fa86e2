//! Random frames, well formed or not.

use arbitrary::Arbitrary;
use support::{Frame, Side};

/// The limits of an endpoint, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub message: u64,
    pub frame: u64,
}

impl Limits {
    pub const NONE: Self = Self { message: u64::MAX, frame: u64::MAX };
}

impl Arbitrary<'_> for Limits {
    fn arbitrary(input: &mut arbitrary::Unstructured<'_>) -> arbitrary::Result<Self> {
        // Beyond the largest length in 16 bits, and small ones.
        let message = *input.choose(&[0x1_4000, 0x1_4000, 0x1_4000, 200, 10])?;
        let frame = *input.choose(&[0x1_2000, 0x1_2000, 0x1_2000, 150, 5])?;
        Ok(Self { message, frame })
    }
}

/// A frame. Most are well formed.
#[derive(Arbitrary, Debug)]
pub enum Planned<'a> {
    Text { fin: bool, payload: Payload<'a> },
    Binary { fin: bool, payload: Payload<'a> },
    Continuation { fin: bool, payload: Payload<'a> },
    Ping(&'a [u8]),
    Pong(&'a [u8]),
    Close { code: Code, reason: Payload<'a> },
    CloseWith(&'a [u8]),
    Odd(Odd<'a>),
}

#[derive(Arbitrary, Debug)]
pub enum Payload<'a> {
    Text(&'a str),
    Bytes(&'a [u8]),
    Same { byte: u8, len: u16, twice: bool },
}

#[derive(Arbitrary, Debug)]
pub enum Code {
    Defined(u8),
    Registered(u16),
    Any(u16),
}

/// A frame with any header, and a payload that need not have the length in the header.
#[derive(Arbitrary, Debug)]
pub struct Odd<'a> {
    first: u8,
    masking: Option<Option<[u8; 4]>>,
    form: u8,
    declared: Option<Declared>,
    payload: Payload<'a>,
}

#[derive(Arbitrary, Debug)]
pub enum Declared {
    Short(u8),
    Middle(u16),
    Long(u64),
}

impl Planned<'_> {
    pub fn bytes(&self, to: Side) -> Vec<u8> {
        let more = |frame: Frame, fin| if fin { frame } else { frame.more() };
        match self {
            Self::Text { fin, payload } => more(Frame::text(payload.bytes()), *fin),
            Self::Binary { fin, payload } => more(Frame::binary(payload.bytes()), *fin),
            Self::Continuation { fin, payload } => more(Frame::continuation(payload.bytes()), *fin),
            Self::Ping(payload) => Frame::ping(&payload[..payload.len().min(125)]),
            Self::Pong(payload) => Frame::pong(&payload[..payload.len().min(125)]),
            Self::Close { code, reason } => {
                let mut reason = reason.bytes();
                reason.truncate(123);
                Frame::close(code.number(), reason)
            }
            Self::CloseWith(payload) => Frame::raw_close(&payload[..payload.len().min(125)]),
            Self::Odd(odd) => odd.frame(),
        }
        .bytes(to)
    }
}

impl Payload<'_> {
    pub fn bytes(&self) -> Vec<u8> {
        match *self {
            Self::Text(text) => text.into(),
            Self::Bytes(bytes) => bytes.into(),
            Self::Same { byte, len, twice } => {
                vec![byte; usize::from(len) * if twice { 2 } else { 1 }]
            }
        }
    }
}

impl Code {
    fn number(&self) -> u16 {
        match *self {
            Self::Defined(code) => 1000 + u16::from(code % 18),
            Self::Registered(code) => 3000 + code % 2000,
            Self::Any(code) => code,
        }
    }
}

impl Odd<'_> {
    fn frame(&self) -> Frame {
        let mut frame = Frame::new(self.first & 0x0f, self.payload.bytes()).rsv(self.first & 0x70);
        if self.first & 0x80 == 0 {
            frame = frame.more();
        }
        frame = match self.masking {
            None => frame,
            Some(None) => frame.unmasked(),
            Some(Some(key)) => frame.masked(key),
        };
        frame = match self.form % 4 {
            0 => frame.in_16_bits(),
            1 => frame.in_64_bits(),
            _ => frame,
        };
        match self.declared {
            None => frame,
            Some(Declared::Short(len)) => frame.declaring(len.into()),
            Some(Declared::Middle(len)) => frame.declaring(len.into()),
            Some(Declared::Long(len)) => frame.declaring(len),
        }
    }
}
