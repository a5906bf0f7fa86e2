//! The size of reads.

/// The size of the next read. It begins small, so that an idle connection needs little memory, and
/// grows with the traffic.
#[derive(Debug)]
pub(super) struct ReadSize(usize);

const SMALLEST: usize = 4 * 1024;
const LARGEST: usize = 256 * 1024;

impl ReadSize {
    pub(super) const fn new() -> Self {
        Self(SMALLEST)
    }

    /// Returns the size of the next read. The buffer has `held` bytes and `free` bytes of free
    /// space, and `frame_remaining` bytes of the current frame have not arrived.
    pub(super) fn next(&self, held: usize, free: usize, frame_remaining: usize) -> usize {
        // The read does not use all of the free space. Some transports initialise the space before
        // each read, which would be expensive for a peer that sends one byte at a time.
        let most = (4 * self.0).min(LARGEST);
        // There is room for the rest of a large frame. A larger read would move the part that has
        // arrived.
        if (1..=free).contains(&frame_remaining) && held >= self.0 {
            return free.min(most);
        }
        // To use free space costs little, and avoids a move of a large frame.
        self.0.max(free.min(frame_remaining)).min(most)
    }

    /// Adapts to a read of at most `asked` bytes that returned `read` bytes.
    pub(super) fn learn(&mut self, asked: usize, read: usize) {
        if read >= asked {
            self.0 = (self.0 * 2).min(LARGEST);
        } else if read < self.0 / 4 {
            self.0 = (self.0 / 2).max(SMALLEST);
        }
    }
}
