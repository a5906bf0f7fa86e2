//! DEFLATE written by hand (RFC 1951), block by block.

/// The blocks so far, to the bit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blocks {
    bytes: Vec<u8>,
    len: usize,
}

/// What a block with the fixed codes says.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part<'a> {
    Text(&'a [u8]),
    Copy { len: usize, distance: usize },
}

impl Blocks {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A stored block (RFC 1951 3.2.4).
    pub(crate) fn stored(mut self, is_final: bool, text: &[u8]) -> Self {
        self.number(is_final.into(), 1).number(0, 2).align();
        self.bytes.extend((text.len() as u16).to_le_bytes());
        self.bytes.extend((!(text.len() as u16)).to_le_bytes());
        self.bytes.extend(text);
        self.len = self.bytes.len() * 8;
        self
    }

    /// A block with the fixed codes (RFC 1951 3.2.6).
    pub(crate) fn fixed(mut self, is_final: bool, parts: &[Part<'_>]) -> Self {
        self.number(is_final.into(), 1).number(1, 2);
        for part in parts {
            match *part {
                Part::Text(text) => text.iter().for_each(|&byte| self.literal(byte)),
                Part::Copy { len, distance } => self.copy(len, distance),
            }
        }
        self.code(0, 7);
        if is_final {
            self.align();
        }
        self
    }

    /// A block with codes of its own (RFC 1951 3.2.7), for `a` and then `a` four times more: `a`
    /// is 0, the end 10, the length 4 is 11, unless that is left out. The lengths of the codes are
    /// coded 0: 00, 1: 01, 2: 10, 18: 11.
    pub(crate) fn dynamic(mut self, is_final: bool, is_complete: bool) -> Self {
        // 259 literals and lengths, 1 distance, 18 lengths of code lengths.
        self.number(is_final.into(), 1).number(2, 2).number(2, 5).number(0, 5).number(14, 4);
        // They are those of 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1.
        for len in [0, 0, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2] {
            self.number(len, 3);
        }
        self.code(0b11, 2).number(97 - 11, 7).code(0b01, 2);
        self.code(0b11, 2).number(138 - 11, 7).code(0b11, 2).number(20 - 11, 7);
        self.code(0b10, 2).code(0b00, 2).code(if is_complete { 0b10 } else { 0b00 }, 2);
        self.code(0b01, 2);
        self.code(0b0, 1).code(0b11, 2).code(0b0, 1).code(0b10, 2);
        if is_final {
            self.align();
        }
        self
    }

    /// As the end of a message is sent: with an empty stored block, but for its lengths
    /// (RFC 7692 7.2.1).
    pub(crate) fn trimmed(mut self) -> Vec<u8> {
        self.number(0, 3).align();
        self.bytes
    }

    /// What there is, which does not end where a message does unless the last block was final.
    pub(crate) fn bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn literal(&mut self, byte: u8) {
        match byte {
            0..144 => self.code(0x30 + usize::from(byte), 8),
            144.. => self.code(0x190 + usize::from(byte) - 144, 9),
        };
    }

    /// Only 3 to 10 and 258 bytes, which take no more bits to say.
    fn copy(&mut self, len: usize, distance: usize) {
        match len {
            3..=10 => self.code(len - 2, 7),
            258 => self.code(0xc5, 8),
            _ => panic!("no length for this: {len}"),
        };
        let (mut base, mut symbol, mut extra) = (1, 0, 0);
        while distance >= base + (1 << extra) {
            base += 1 << extra;
            symbol += 1;
            extra = if symbol < 2 { 0 } else { symbol / 2 - 1 };
        }
        self.code(symbol, 5).number(distance - base, extra);
    }

    /// RFC 1951 3.1.1: a number begins at the least significant bit.
    pub(crate) fn number(&mut self, number: usize, count: usize) -> &mut Self {
        for place in 0..count {
            if self.len.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let bit = (number >> place & 1) as u8;
            self.bytes[self.len / 8] |= bit << (self.len % 8);
            self.len += 1;
        }
        self
    }

    /// RFC 1951 3.1.1: a code begins at the most significant bit.
    fn code(&mut self, code: usize, count: usize) -> &mut Self {
        for place in (0..count).rev() {
            self.number(code >> place, 1);
        }
        self
    }

    fn align(&mut self) {
        self.len = self.bytes.len() * 8;
    }
}
