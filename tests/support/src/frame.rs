//! Frames byte by byte, well formed or not.

/// The masking key of the examples in RFC 6455 5.7, and of every masked frame that is not given
/// another.
pub const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// An end of a connection: whose connection it is, or to whom a frame goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// That of the server, which receives masked frames.
    Server,
    /// That of the client, which receives frames without a mask.
    Client,
}

impl Side {
    /// Either side.
    pub const BOTH: [Self; 2] = [Self::Server, Self::Client];
}

/// How many bytes say the length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LengthForm {
    Shortest,
    Bits16,
    Bits64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Masking {
    /// As the one it goes to requires.
    Proper,
    Key([u8; 4]),
    Off,
}

/// A frame to build. It is well formed until one of its methods makes it something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    fin: bool,
    rsv: u8,
    opcode: u8,
    masking: Masking,
    form: LengthForm,
    declared: Option<u64>,
    payload: Vec<u8>,
}

impl Frame {
    /// A frame of any opcode, with FIN set.
    pub fn new(opcode: u8, payload: impl AsRef<[u8]>) -> Self {
        Self {
            fin: true,
            rsv: 0,
            opcode,
            masking: Masking::Proper,
            form: LengthForm::Shortest,
            declared: None,
            payload: payload.as_ref().to_vec(),
        }
    }

    /// A fragment that is not the first of its message.
    pub fn continuation(payload: impl AsRef<[u8]>) -> Self {
        Self::new(0x0, payload)
    }

    /// A text frame.
    pub fn text(payload: impl AsRef<[u8]>) -> Self {
        Self::new(0x1, payload)
    }

    /// A binary frame.
    pub fn binary(payload: impl AsRef<[u8]>) -> Self {
        Self::new(0x2, payload)
    }

    /// A Close with a code and a reason, which may be such as must not be sent.
    pub fn close(code: u16, reason: impl AsRef<[u8]>) -> Self {
        let mut payload = code.to_be_bytes().to_vec();
        payload.extend_from_slice(reason.as_ref());
        Self::new(0x8, payload)
    }

    /// A Close with any payload.
    pub fn raw_close(payload: impl AsRef<[u8]>) -> Self {
        Self::new(0x8, payload)
    }

    /// A Ping.
    pub fn ping(payload: impl AsRef<[u8]>) -> Self {
        Self::new(0x9, payload)
    }

    /// A Pong.
    pub fn pong(payload: impl AsRef<[u8]>) -> Self {
        Self::new(0xa, payload)
    }

    /// With FIN clear: more fragments follow.
    pub fn more(mut self) -> Self {
        self.fin = false;
        self
    }

    /// With these reserved bits, at their place in the first byte.
    pub fn rsv(mut self, bits: u8) -> Self {
        self.rsv = bits & 0x70;
        self
    }

    /// Masks the frame with this key, even if a client receives it.
    pub fn masked(mut self, key: [u8; 4]) -> Self {
        self.masking = Masking::Key(key);
        self
    }

    /// Sends the frame without a mask, even if a server receives it.
    pub fn unmasked(mut self) -> Self {
        self.masking = Masking::Off;
        self
    }

    /// With a length that says `len`, whatever the payload is.
    pub fn declaring(mut self, len: u64) -> Self {
        self.declared = Some(len);
        self
    }

    /// With a length of 16 bits, whatever it is.
    pub fn in_16_bits(mut self) -> Self {
        self.form = LengthForm::Bits16;
        self
    }

    /// With a length of 64 bits, whatever it is.
    pub fn in_64_bits(mut self) -> Self {
        self.form = LengthForm::Bits64;
        self
    }

    /// The header alone, as it stands on the wire to `to`.
    pub fn header(&self, to: Side) -> Vec<u8> {
        let mut bytes = vec![u8::from(self.fin) << 7 | self.rsv | self.opcode & 0x0f];
        let key = self.key(to);
        let mask = if key.is_some() { 0x80 } else { 0 };
        let len = self.declared.unwrap_or(self.payload.len() as u64);
        match (self.form, len) {
            (LengthForm::Shortest, 0..=125) => bytes.push(mask | len as u8),
            (LengthForm::Shortest, 126..=0xffff) | (LengthForm::Bits16, _) => {
                bytes.push(mask | 126);
                bytes.extend_from_slice(&(len as u16).to_be_bytes());
            }
            (LengthForm::Shortest | LengthForm::Bits64, _) => {
                bytes.push(mask | 127);
                bytes.extend_from_slice(&len.to_be_bytes());
            }
        }
        bytes.extend(key.into_iter().flatten());
        bytes
    }

    /// The frame as it stands on the wire to `to`.
    pub fn bytes(&self, to: Side) -> Vec<u8> {
        let mut bytes = self.header(to);
        let key = self.key(to).unwrap_or([0; 4]);
        bytes.extend(self.payload.iter().enumerate().map(|(at, byte)| byte ^ key[at % 4]));
        bytes
    }

    fn key(&self, to: Side) -> Option<[u8; 4]> {
        match (self.masking, to) {
            (Masking::Key(key), _) => Some(key),
            (Masking::Proper, Side::Server) => Some(KEY),
            (Masking::Proper, Side::Client) | (Masking::Off, _) => None,
        }
    }
}

/// The frames one after the other, as they stand on the wire to `to`.
pub fn stream(to: Side, frames: &[Frame]) -> Vec<u8> {
    frames.iter().flat_map(|frame| frame.bytes(to)).collect()
}
