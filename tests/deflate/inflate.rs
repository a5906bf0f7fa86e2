//! DEFLATE (RFC 1951) read bit by bit, and messages of permessage-deflate (RFC 7692 7.2.2) made of
//! it. Written to be obviously right, and with nothing of what the crate decompresses with.

/// Why a payload is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It breaks a rule of RFC 1951, or refers to what is not there.
    Invalid,
    /// It ends inside a block.
    Truncated,
    /// It ends inside the codes in front of a block, out of which nothing comes.
    TruncatedCodes,
    /// The message is longer than the limit.
    TooLarge,
}

/// The receiver of one direction: what it has inflated so far can be referred to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inflater {
    /// All messages, with the one under way.
    text: Vec<u8>,
    /// The largest distance that was used since this was last set to 0.
    pub(crate) largest_distance: usize,
}

/// The farthest that a distance reaches.
const WINDOW: usize = 1 << 15;

/// What the sender took off (RFC 7692 7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

impl Inflater {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Forgets all messages: the next one must not refer to them.
    pub(crate) fn reset(&mut self) {
        self.text.clear();
    }

    /// The message that the payload of its frames stands for, by the letter: a payload that ends
    /// where taking off the tail leaves it.
    pub(crate) fn message(&mut self, payload: &[u8]) -> Result<Vec<u8>, Fault> {
        let (message, end) = self.inflate(payload, usize::MAX)?;
        if end == End::Trimmed { Ok(message) } else { Err(Fault::Truncated) }
    }

    /// As [`message`](Self::message), with what a receiver should put up with besides: no payload
    /// at all, one that ends behind a final block, and one that still has its tail.
    pub(crate) fn lenient_message(
        &mut self,
        payload: &[u8],
        limit: usize,
    ) -> Result<Vec<u8>, Fault> {
        if payload.is_empty() {
            return Ok(Vec::new());
        }
        let (message, end) = self.inflate(payload, limit)?;
        match end {
            End::Trimmed | End::Final => Ok(message),
            End::Bound if payload.ends_with(&TAIL) => Ok(message),
            End::Bound => Err(Fault::Truncated),
        }
    }

    /// What was made readable, as far as it came, also when it fails.
    pub(crate) fn readable(
        &mut self,
        payload: &[u8],
        limit: usize,
    ) -> (Vec<u8>, Result<End, Fault>) {
        let start = self.text.len();
        let result = self.inflate(payload, limit).map(|(_, end)| end);
        (self.text[start..].to_vec(), result)
    }

    fn inflate(&mut self, payload: &[u8], limit: usize) -> Result<(Vec<u8>, End), Fault> {
        let start = self.text.len();
        let mut bits = Bits { bytes: payload, at: 0 };
        loop {
            let is_final = match self.block(&mut bits, start.saturating_add(limit))? {
                Block::Trimmed => return Ok((self.text[start..].to_vec(), End::Trimmed)),
                Block::Whole { is_final } => is_final,
            };
            if is_final {
                // RFC 7692 7.2.1: the next block begins at the bound of a byte.
                bits.align();
            }
            if bits.at == payload.len() * 8 {
                let end = if is_final { End::Final } else { End::Bound };
                return Ok((self.text[start..].to_vec(), end));
            }
        }
    }

    /// RFC 1951 3.2.3.
    fn block(&mut self, bits: &mut Bits<'_>, end: usize) -> Result<Block, Fault> {
        let is_final = bits.take(1)? == 1;
        match bits.take(2)? {
            0 => {
                bits.align();
                if bits.at == bits.bytes.len() * 8 {
                    return Ok(Block::Trimmed);
                }
                self.stored(bits, end)?;
            }
            1 => {
                // RFC 1951 3.2.6.
                let literals = [vec![8; 144], vec![9; 112], vec![7; 24], vec![8; 8]].concat();
                self.compressed(bits, end, &Code::new(&literals)?, &Code::new(&[5; 32])?)?;
            }
            2 => {
                let (literals, distances) = dynamic_codes(bits).map_err(|fault| match fault {
                    Fault::Truncated => Fault::TruncatedCodes,
                    other => other,
                })?;
                self.compressed(bits, end, &literals, &distances)?;
            }
            _ => return Err(Fault::Invalid),
        }
        Ok(Block::Whole { is_final })
    }

    /// RFC 1951 3.2.4.
    fn stored(&mut self, bits: &mut Bits<'_>, end: usize) -> Result<(), Fault> {
        let len = bits.take(16)?;
        let complement = bits.take(16)?;
        if len != !complement & 0xffff {
            return Err(Fault::Invalid);
        }
        for _ in 0..len {
            let byte = bits.take(8)? as u8;
            self.put(byte, end)?;
        }
        Ok(())
    }

    /// RFC 1951 3.2.5.
    fn compressed(
        &mut self,
        bits: &mut Bits<'_>,
        end: usize,
        literals: &Code,
        distances: &Code,
    ) -> Result<(), Fault> {
        loop {
            let symbol = literals.decode(bits)?;
            match symbol {
                0..256 => self.put(symbol as u8, end)?,
                256 => return Ok(()),
                257..286 => {
                    let (base, extra) = LENGTHS[symbol - 257];
                    let len = base + bits.take(extra)?;
                    let symbol = distances.decode(bits)?;
                    let &(base, extra) = DISTANCES.get(symbol).ok_or(Fault::Invalid)?;
                    let distance = base + bits.take(extra)?;
                    if distance > self.text.len().min(WINDOW) {
                        return Err(Fault::Invalid);
                    }
                    self.largest_distance = self.largest_distance.max(distance);
                    for _ in 0..len {
                        self.put(self.text[self.text.len() - distance], end)?;
                    }
                }
                _ => return Err(Fault::Invalid),
            }
        }
    }

    fn put(&mut self, byte: u8, end: usize) -> Result<(), Fault> {
        self.text.push(byte);
        if self.text.len() > end { Err(Fault::TooLarge) } else { Ok(()) }
    }
}

/// Where a payload ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Behind the header of an empty stored block, whose lengths were taken off.
    Trimmed,
    /// Behind a final block.
    Final,
    /// Behind another block.
    Bound,
}

enum Block {
    Whole { is_final: bool },
    Trimmed,
}

/// RFC 1951 3.1.1: a number begins at the least significant bit of a byte.
struct Bits<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> Result<usize, Fault> {
        let mut number = 0;
        for place in 0..count {
            let byte = self.bytes.get(self.at / 8).ok_or(Fault::Truncated)?;
            number |= usize::from(byte >> (self.at % 8) & 1) << place;
            self.at += 1;
        }
        Ok(number)
    }

    fn align(&mut self) {
        self.at = self.at.next_multiple_of(8);
    }
}

/// A prefix code: the symbols whose code has that many bits, in ascending order.
struct Code {
    symbols: [Vec<usize>; 16],
}

impl Code {
    /// The code of these lengths, which has one symbol for whatever bits come. A single symbol may
    /// have a code of one bit and leave the other out (RFC 1951 3.2.7), and `None` is no fault
    /// until one is needed.
    fn new(lengths: &[u8]) -> Result<Self, Fault> {
        let mut symbols = <[Vec<usize>; 16]>::default();
        for (symbol, &len) in lengths.iter().enumerate().filter(|(_, len)| **len > 0) {
            symbols[usize::from(len)].push(symbol);
        }
        let code = Self { symbols };
        let used: Vec<u8> = lengths.iter().copied().filter(|&len| len > 0).collect();
        let share: usize = used.iter().map(|&len| 1 << (15 - len)).sum();
        let is_code = share == 1 << 15 || used == [1] || used.is_empty();
        if is_code { Ok(code) } else { Err(Fault::Invalid) }
    }

    /// RFC 1951 3.2.2: the codes of one length follow each other in the order of their symbols,
    /// behind those of the lengths before.
    fn decode(&self, bits: &mut Bits<'_>) -> Result<usize, Fault> {
        let (mut code, mut first) = (0, 0);
        for symbols in &self.symbols[1..] {
            // RFC 1951 3.1.1: the bits of a code begin at the most significant one.
            code = code << 1 | bits.take(1)?;
            if let Some(&symbol) = symbols.get(code - first) {
                return Ok(symbol);
            }
            first = (first + symbols.len()) << 1;
        }
        Err(Fault::Invalid)
    }
}

/// RFC 1951 3.2.7: the codes for literals and lengths, and for distances.
fn dynamic_codes(bits: &mut Bits<'_>) -> Result<(Code, Code), Fault> {
    const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    let literals = 257 + bits.take(5)?;
    let distances = 1 + bits.take(5)?;
    let count = 4 + bits.take(4)?;
    if literals > 286 || distances > 30 {
        return Err(Fault::Invalid);
    }
    let mut code_lengths = [0; 19];
    for &symbol in &ORDER[..count] {
        code_lengths[symbol] = bits.take(3)? as u8;
    }
    match code_lengths.iter().filter(|&&len| len > 0).count() {
        // That is seen as late as when all lengths should have come, a bit for each.
        0 => {
            return (0..literals + distances)
                .try_for_each(|_| bits.take(1).map(drop))
                .and(Err(Fault::Invalid));
        }
        // It would say the same all over.
        1 => return Err(Fault::Invalid),
        _ => {}
    }
    let code = Code::new(&code_lengths)?;
    let mut lengths = Vec::new();
    while lengths.len() < literals + distances {
        let (times, len) = match code.decode(bits)? {
            len @ 0..16 => (1, len as u8),
            16 => (3 + bits.take(2)?, *lengths.last().ok_or(Fault::Invalid)?),
            17 => (3 + bits.take(3)?, 0),
            _ => (11 + bits.take(7)?, 0),
        };
        lengths.extend(std::iter::repeat_n(len, times));
    }
    if lengths.len() > literals + distances || lengths[256] == 0 {
        return Err(Fault::Invalid);
    }
    let distances = lengths.split_off(literals);
    Ok((Code::new(&lengths)?, Code::new(&distances)?))
}

/// RFC 1951 3.2.5: the shortest length for each symbol from 257 on, and the bits for what it is
/// longer.
const LENGTHS: [(usize, usize); 29] = [
    (3, 0),
    (4, 0),
    (5, 0),
    (6, 0),
    (7, 0),
    (8, 0),
    (9, 0),
    (10, 0),
    (11, 1),
    (13, 1),
    (15, 1),
    (17, 1),
    (19, 2),
    (23, 2),
    (27, 2),
    (31, 2),
    (35, 3),
    (43, 3),
    (51, 3),
    (59, 3),
    (67, 4),
    (83, 4),
    (99, 4),
    (115, 4),
    (131, 5),
    (163, 5),
    (195, 5),
    (227, 5),
    (258, 0),
];

/// Likewise for distances.
const DISTANCES: [(usize, usize); 30] = [
    (1, 0),
    (2, 0),
    (3, 0),
    (4, 0),
    (5, 1),
    (7, 1),
    (9, 2),
    (13, 2),
    (17, 3),
    (25, 3),
    (33, 4),
    (49, 4),
    (65, 5),
    (97, 5),
    (129, 6),
    (193, 6),
    (257, 7),
    (385, 7),
    (513, 8),
    (769, 8),
    (1025, 9),
    (1537, 9),
    (2049, 10),
    (3073, 10),
    (4097, 11),
    (6145, 11),
    (8193, 12),
    (12289, 12),
    (16385, 13),
    (24577, 13),
];
