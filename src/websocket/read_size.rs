//! How much to read at once.

/// Reads begin small, so that an idle connection costs little, and grow with the traffic.
#[derive(Debug)]
pub(super) struct ReadSize(usize);

const SMALLEST: usize = 4 * 1024;
const LARGEST: usize = 256 * 1024;

impl ReadSize {
    pub(super) const fn new() -> Self {
        Self(SMALLEST)
    }

    /// How much to read after the `held` bytes that the buffer has, when it has `free` bytes of free
    /// space and `frame_remaining` bytes of a frame have not arrived.
    pub(super) fn next(&self, held: usize, free: usize, frame_remaining: usize) -> usize {
        // Not all the free space: some transports must initialise it before they read, and a peer
        // that sends a byte at a time would have it initialised for each.
        let most = (4 * self.0).min(LARGEST);
        // The rest of a large frame has its room: to ask for more would move what has come of it.
        if (1..=free).contains(&frame_remaining) && held >= self.0 {
            return free.min(most);
        }
        // Free space costs little more, and saves a large frame a move.
        self.0.max(free.min(frame_remaining)).min(most)
    }

    /// Learns from a read of `asked` bytes that gave `read`.
    pub(super) fn learn(&mut self, asked: usize, read: usize) {
        if read >= asked {
            self.0 = (self.0 * 2).min(LARGEST);
        } else if read < self.0 / 4 {
            self.0 = (self.0 / 2).max(SMALLEST);
        }
    }
}
