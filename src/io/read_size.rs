//! How much to read at once.

use bytes::BytesMut;

/// Reads begin small, so that an idle connection costs little, and grow with the traffic.
#[derive(Debug)]
pub(crate) struct ReadSize(usize);

const SMALLEST: usize = 4 * 1024;
const LARGEST: usize = 256 * 1024;

impl ReadSize {
    pub(crate) const fn new() -> Self {
        Self(SMALLEST)
    }

    /// How much to read behind what `input` holds, when this much of a frame is still to come.
    pub(crate) fn next(&self, input: &BytesMut, frame_remaining: u64) -> usize {
        let frame_remaining = usize::try_from(frame_remaining).unwrap_or(usize::MAX);
        let free = input.capacity() - input.len();
        // Not all the room that there is: some have to fill it before they read, and a peer that
        // sends a byte at a time would have it filled for each.
        let most = (4 * self.0).min(LARGEST);
        // The rest of a large frame has its room: to ask for more would move what has come of it.
        if (1..=free).contains(&frame_remaining) && input.len() >= self.0 {
            return free.min(most);
        }
        // Room that is there costs little more, and saves a large frame a move.
        self.0.max(free.min(frame_remaining)).min(most)
    }

    /// Learns from a read of `asked` bytes that gave `read`.
    pub(crate) fn learn(&mut self, asked: usize, read: usize) {
        if read == asked {
            self.0 = (self.0 * 2).min(LARGEST);
        } else if read < self.0 / 4 {
            self.0 = (self.0 / 2).max(SMALLEST);
        }
    }
}
