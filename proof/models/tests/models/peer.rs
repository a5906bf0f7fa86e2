//! The peer: a thread that sends and receives frames over the bare transport.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;

use machine::TcpStream;

pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

/// A frame with a payload of less than 126 bytes, or the first bytes of a longer one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) opcode: u8,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    pub(crate) fn new(opcode: u8, payload: impl AsRef<[u8]>) -> Self {
        Self { opcode, payload: payload.as_ref().to_vec() }
    }

    /// A Close with this code, and without a reason.
    pub(crate) fn close(code: u16) -> Self {
        Self::new(CLOSE, code.to_be_bytes())
    }

    /// The bytes of a client, with a masking key of zeros.
    pub(crate) fn masked(&self) -> Vec<u8> {
        let header = [0x80 | self.opcode, 0x80 | u8::try_from(self.payload.len()).unwrap()];
        [&header[..], &[0; 4], &self.payload].concat()
    }

    /// The bytes of a server.
    pub(crate) fn unmasked(&self) -> Vec<u8> {
        let header = [0x80 | self.opcode, u8::try_from(self.payload.len()).unwrap()];
        [&header[..], &self.payload].concat()
    }

    /// Decodes the first frame, and returns its length too.
    fn decode(bytes: &[u8]) -> Option<(Self, usize)> {
        let &[first, second, ..] = bytes else { return None };
        assert_eq!(first & 0xf0, 0x80, "whole messages only");
        let (is_masked, short) = (second & 0x80 != 0, usize::from(second & 0x7f));
        let (len, begin) = match short {
            126 => (usize::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?)), 4),
            127 => (u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?) as usize, 10),
            short => (short, 2),
        };
        let key = if is_masked { *bytes.get(begin..)?.first_chunk::<4>()? } else { [0; 4] };
        let begin = begin + if is_masked { 4 } else { 0 };
        let payload = bytes.get(begin..begin + len)?;
        let payload = payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key);
        Some((Self::new(first & 0x0f, payload.collect::<Vec<_>>()), begin + len))
    }
}

/// The peer and the bytes that it has read.
pub(crate) struct Peer {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Peer {
    pub(crate) const fn new(stream: TcpStream) -> Self {
        Self { stream, read: Vec::new() }
    }

    /// Sends a frame as a client.
    pub(crate) fn send(&mut self, frame: Frame) {
        self.stream.write_all(&frame.masked()).unwrap();
    }

    /// Sends a frame as a server.
    pub(crate) fn send_unmasked(&mut self, frame: Frame) {
        self.stream.write_all(&frame.unmasked()).unwrap();
    }

    /// Sends a frame as a client, except its last byte.
    pub(crate) fn send_without_the_end(&mut self, frame: Frame) {
        let bytes = frame.masked();
        self.stream.write_all(&bytes[..bytes.len() - 1]).unwrap();
    }

    /// Waits for the next frame, or for the end.
    pub(crate) fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some((frame, len)) = Frame::decode(&self.read) {
                self.read.drain(..len);
                return Some(frame);
            }
            let mut bytes = vec![0; 128 * 1024];
            let count = self.stream.read(&mut bytes).unwrap();
            self.read.extend(&bytes[..count]);
            if count == 0 {
                assert!(self.read.is_empty(), "the end comes after a whole frame");
                return None;
            }
        }
    }

    /// Waits for this many frames.
    pub(crate) fn take(&mut self, count: usize) -> Vec<Frame> {
        (0..count).map(|_| self.next().unwrap()).collect()
    }

    /// Waits for this many frames, and sorts them by their opcodes.
    pub(crate) fn take_sorted(&mut self, count: usize) -> Vec<Frame> {
        let mut frames = self.take(count);
        frames.sort_by_key(|frame| frame.opcode);
        frames
    }

    /// Waits for the Pong "p" and for `frame`, in any order. Then ends, and waits for the end.
    pub(crate) fn expect_a_pong_and(mut self, frame: Frame) {
        assert_eq!(self.take_sorted(2), [frame, Frame::new(PONG, "p")]);
        self.end();
        assert_eq!(self.rest(), []);
    }

    /// Waits for a Close, answers it, ends, and waits for the end. Returns the frames before it.
    pub(crate) fn answer_close(mut self) -> Vec<Frame> {
        let frames = self.until_close();
        self.send(Frame::new(CLOSE, ""));
        self.end();
        assert_eq!(self.rest(), []);
        frames
    }

    /// Waits for a Close, and returns the frames before it.
    pub(crate) fn until_close(&mut self) -> Vec<Frame> {
        let next = || self.next().filter(|frame| frame.opcode != CLOSE);
        std::iter::from_fn(next).collect()
    }

    /// Waits for all frames and then for the end.
    pub(crate) fn rest(mut self) -> Vec<Frame> {
        std::iter::from_fn(|| self.next()).collect()
    }

    /// Ends the sending side.
    pub(crate) fn end(&self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// Breaks the transport.
    pub(crate) fn break_off(&self) {
        self.stream.break_off();
    }

    /// Makes the reads of the other end fail. Its writes may still wait.
    pub(crate) fn break_off_sending(&self) {
        self.stream.break_off_writes();
    }

    /// Makes the writes of the other end fail. Its reads go on.
    pub(crate) fn break_off_receiving(&self) {
        self.stream.break_off_reads();
    }

    /// Makes the reads and writes of the other end time out, from now on.
    pub(crate) fn slow_down(&self) {
        self.stream.slow_down();
    }

    /// Makes only the reads of the other end time out, from now on.
    pub(crate) fn slow_down_sending(&self) {
        self.stream.slow_down_writes();
    }
}
