//! flate2 alone: what compression costs without any WebSocket around it.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

/// What a sender removes from the end of each message (RFC 7692, section 7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// Compresses messages.
pub struct Flate {
    compress: Compress,
    takeover: bool,
    output: Vec<u8>,
}

impl Flate {
    /// Creates a compressor of level 6 with a window of 15 bits.
    #[must_use]
    pub fn new(takeover: bool) -> Self {
        let compress = Compress::new(Compression::new(6), false);
        Self { compress, takeover, output: Vec::new() }
    }

    /// Returns the compressed message, without its tail.
    pub fn compress(&mut self, message: &[u8]) -> &[u8] {
        let Self { compress, takeover, output } = self;
        if !*takeover {
            compress.reset();
        }
        output.clear();
        let start = compress.total_in();
        loop {
            output.reserve(message.len() / 2 + 128);
            let rest = &message[(compress.total_in() - start) as usize..];
            let status = compress.compress_vec(rest, output, FlushCompress::Sync);
            assert_eq!(status.expect("it compresses everything"), Status::Ok);
            // Room that is left means that nothing more comes.
            if output.len() < output.capacity() {
                break;
            }
        }
        output.strip_suffix(&TAIL).expect("a flush ends with the tail")
    }
}

/// Decompresses messages.
pub struct Inflate {
    decompress: Decompress,
    takeover: bool,
    output: Vec<u8>,
}

impl Inflate {
    /// Creates a decompressor with a window of 15 bits.
    #[must_use]
    pub fn new(takeover: bool) -> Self {
        Self { decompress: Decompress::new(false), takeover, output: Vec::new() }
    }

    /// Returns the message. `compressed` is without its tail.
    pub fn decompress(&mut self, compressed: &[u8]) -> &[u8] {
        if !self.takeover {
            self.decompress.reset(false);
        }
        self.output.clear();
        self.add(compressed);
        self.add(&TAIL);
        &self.output
    }

    fn add(&mut self, input: &[u8]) {
        let Self { decompress, output, .. } = self;
        let start = decompress.total_in();
        loop {
            output.reserve(input.len() * 4 + 256);
            let rest = &input[(decompress.total_in() - start) as usize..];
            let status = decompress.decompress_vec(rest, output, FlushDecompress::Sync);
            let status = status.expect("valid data");
            assert_ne!(status, Status::StreamEnd, "a message ends with a flush");
            if output.len() < output.capacity() {
                return;
            }
        }
    }
}
