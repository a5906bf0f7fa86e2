//! DEFLATE by the book (RFC 1951), with no more of a window than is allowed.

/// Reads one message after another, the tail of each put back (RFC 7692 7.2.2).
#[derive(Debug)]
pub(crate) struct Inflater {
    window: usize,
    /// All that was read since the window was empty.
    pub(crate) out: Vec<u8>,
}

impl Inflater {
    pub(crate) fn new(window: usize) -> Self {
        Self { window, out: Vec::new() }
    }

    /// Reads all blocks; `None` when they are not DEFLATE, or refer to what is outside the window.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Option<()> {
        let mut bits = Bits { bytes, at: 0 };
        while bits.at < 8 * bytes.len() {
            let is_final = bits.take(1)? == 1;
            match bits.take(2)? {
                0 => self.stored(&mut bits)?,
                1 => {
                    let mut lengths = [8; 288];
                    lengths[144..256].fill(9);
                    lengths[256..280].fill(7);
                    self.block(&mut bits, &Code::new(&lengths), &Code::new(&[5; 30]))?;
                }
                2 => {
                    let (literals, distances) = codes(&mut bits)?;
                    self.block(&mut bits, &literals, &distances)?;
                }
                _ => return None,
            }
            if is_final {
                bits.align();
            }
        }
        Some(())
    }

    fn stored(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        bits.align();
        let len = bits.take(16)?;
        if bits.take(16)? != !len & 0xffff {
            return None;
        }
        for _ in 0..len {
            self.out.push(bits.take(8)? as u8);
        }
        Some(())
    }

    fn block(&mut self, bits: &mut Bits<'_>, literals: &Code, distances: &Code) -> Option<()> {
        loop {
            let symbol = literals.symbol(bits)?;
            let (len, extra) = match symbol {
                0..256 => {
                    self.out.push(symbol as u8);
                    continue;
                }
                256 => return Some(()),
                257..265 => (symbol - 254, 0),
                285 => (258, 0),
                265..285 => {
                    let extra = (symbol - 261) / 4;
                    (((4 + (symbol - 261) % 4) << extra) + 3, extra)
                }
                _ => return None,
            };
            let len = len + bits.take(extra)?;
            let symbol = distances.symbol(bits)?;
            let (distance, extra) = match symbol {
                0..4 => (symbol + 1, 0),
                4..30 => {
                    let extra = symbol / 2 - 1;
                    (((2 + symbol % 2) << extra) + 1, extra)
                }
                _ => return None,
            };
            let distance = distance + bits.take(extra)?;
            if distance > self.window {
                return None;
            }
            for _ in 0..len {
                let byte = *self.out.get(self.out.len().checked_sub(distance)?)?;
                self.out.push(byte);
            }
        }
    }
}

/// The codes of a block that brings its own (RFC 1951 3.2.7).
fn codes(bits: &mut Bits<'_>) -> Option<(Code, Code)> {
    const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    let literals = 257 + bits.take(5)?;
    let distances = 1 + bits.take(5)?;
    let count = 4 + bits.take(4)?;
    let mut lengths = [0; 19];
    for &at in &ORDER[..count] {
        lengths[at] = bits.take(3)?;
    }
    let code = Code::new(&lengths);
    let mut lengths = Vec::new();
    while lengths.len() < literals + distances {
        let (length, times) = match code.symbol(bits)? {
            length @ 0..16 => (length, 1),
            16 => (*lengths.last()?, 3 + bits.take(2)?),
            17 => (0, 3 + bits.take(3)?),
            _ => (0, 11 + bits.take(7)?),
        };
        lengths.extend(std::iter::repeat_n(length, times));
    }
    let (literals, distances) = lengths.split_at(literals);
    Some((Code::new(literals), Code::new(distances)))
}

/// A Huffman code (RFC 1951 3.2.2): how many symbols have each length, and the symbols in order.
#[derive(Debug)]
struct Code {
    counts: [usize; 16],
    symbols: Vec<usize>,
}

impl Code {
    fn new(lengths: &[usize]) -> Self {
        let mut counts = [0; 16];
        let mut symbols = Vec::new();
        for (length, count) in counts.iter_mut().enumerate().skip(1) {
            let with = lengths.iter().enumerate().filter(|(_, of)| **of == length);
            symbols.extend(with.map(|(symbol, _)| symbol));
            *count = lengths.iter().filter(|of| **of == length).count();
        }
        Self { counts, symbols }
    }

    fn symbol(&self, bits: &mut Bits<'_>) -> Option<usize> {
        let next = bits.peek();
        let (mut code, mut first, mut index) = (0, 0, 0);
        for (length, count) in self.counts.iter().enumerate().skip(1) {
            code |= next >> (length - 1) & 1;
            if code < first + count {
                bits.take(length)?;
                return self.symbols.get(index + code - first).copied();
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        None
    }
}

#[derive(Debug)]
struct Bits<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Bits<'_> {
    /// The next bits, up to 16 and more; behind the last one, zeros.
    fn peek(&self) -> usize {
        let rest = self.bytes.get(self.at / 8..).unwrap_or_default();
        let mut word = [0; 8];
        let len = rest.len().min(8);
        word[..len].copy_from_slice(&rest[..len]);
        usize::from_le_bytes(word) >> (self.at % 8)
    }

    fn take(&mut self, count: usize) -> Option<usize> {
        let value = self.peek() & ((1 << count) - 1);
        self.at += count;
        (self.at <= 8 * self.bytes.len()).then_some(value)
    }

    fn align(&mut self) {
        self.at = self.at.next_multiple_of(8);
    }
}
