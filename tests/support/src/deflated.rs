//! permessage-deflate by the book, with nothing of the crate's own code: payloads as a peer
//! compresses them, and what a peer makes of ours.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};

/// The bit of a compressed message, at its place in the first byte.
pub const RSV1: u8 = 0x40;

/// RFC 7692 7.2.1.
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// A peer's two contexts, taken over from message to message.
#[derive(Debug)]
pub struct Deflated {
    compress: Compress,
    decompress: Decompress,
}

impl Default for Deflated {
    fn default() -> Self {
        Self::new()
    }
}

impl Deflated {
    /// A peer that refers to as much of what came before as it may.
    pub fn new() -> Self {
        Self::with_window_bits(15)
    }

    /// A peer that refers to no more than so much of what came before.
    pub fn with_window_bits(bits: u8) -> Self {
        Self {
            compress: Compress::new_with_window_bits(Compression::default(), false, bits),
            decompress: Decompress::new(false),
        }
    }

    /// The payload of a message.
    pub fn message(&mut self, text: impl AsRef<[u8]>) -> Vec<u8> {
        let mut payload = self.flushed(text);
        assert!(payload.ends_with(&TAIL));
        payload.truncate(payload.len() - TAIL.len());
        payload
    }

    /// The payload of a fragment that is not the last.
    pub fn flushed(&mut self, text: impl AsRef<[u8]>) -> Vec<u8> {
        let text = text.as_ref();
        let mut payload = Vec::with_capacity(text.len() * 2 + 64);
        self.compress.compress_vec(text, &mut payload, FlushCompress::Sync).unwrap();
        assert!(payload.len() < payload.capacity());
        payload
    }

    /// What a message says whose payload this is.
    #[track_caller]
    pub fn read(&mut self, payload: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        for mut input in [payload, &TAIL] {
            loop {
                text.reserve_exact(64);
                let before = self.decompress.total_in();
                self.decompress
                    .decompress_vec(input, &mut text, FlushDecompress::None)
                    .expect("a peer can read it");
                input = &input[(self.decompress.total_in() - before) as usize..];
                if input.is_empty() && text.len() < text.capacity() {
                    break;
                }
            }
        }
        text
    }
}

/// A message compressed that refers to none before it.
pub fn deflated(text: impl AsRef<[u8]>) -> Vec<u8> {
    Deflated::new().message(text)
}

/// Zeros, `len` of them: a thousand times as many as the bytes of it.
pub fn bomb(len: usize) -> Vec<u8> {
    let mut compress = Compress::new(Compression::best(), false);
    let mut payload = Vec::with_capacity(len / 500 + 64);
    compress.compress_vec(&vec![0; len], &mut payload, FlushCompress::Sync).unwrap();
    assert!(payload.len() < payload.capacity() && compress.total_in() == len as u64);
    payload.truncate(payload.len() - TAIL.len());
    payload
}

/// Text that compresses as such messages do, and is another for each `number`.
pub fn json(number: usize, len: usize) -> String {
    let mut text = String::new();
    for at in 0.. {
        if text.len() >= len {
            break;
        }
        let (id, price) = (number * 1000 + at, (number * 7919 + at * 4729) % 100_000);
        text += &format!(r#"{{"id":{id},"symbol":"ABC{}","price":{price},"open":true}},"#, at % 7);
    }
    text.truncate(len);
    text
}

/// A frame off the wire: its first byte, and its payload unmasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unframed {
    /// FIN, the reserved bits and the opcode.
    pub first: u8,
    /// The payload, unmasked.
    pub payload: Vec<u8>,
}

/// The frame at the start of `bytes`, and its length on the wire; `None` when it is not whole.
pub fn unframe_one(bytes: &[u8]) -> Option<(Unframed, usize)> {
    let [first, second] = *bytes.first_chunk()?;
    let (len, mut at) = match second & 0x7f {
        126 => (u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?).into(), 4),
        127 => (u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?) as usize, 10),
        len => (len.into(), 2),
    };
    let mut key = [0; 4];
    if second & 0x80 != 0 {
        key = *bytes.get(at..)?.first_chunk()?;
        at += 4;
    }
    let payload = bytes.get(at..at + len)?;
    let payload = payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
    Some((Unframed { first, payload }, at + len))
}

/// The frames in `bytes`, all of them whole.
#[track_caller]
pub fn unframe(mut bytes: &[u8]) -> Vec<Unframed> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let (frame, len) = unframe_one(bytes).expect("the last frame is whole");
        frames.push(frame);
        bytes = &bytes[len..];
    }
    frames
}
