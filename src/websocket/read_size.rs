//! The size of reads.

/// The size of the next read. It begins small, so that an idle connection needs little memory, and
/// grows with the traffic.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReadSize {
    size: usize,
    largest: usize,
    /// How many of the last reads in a row were small.
    small_reads: u8,
}

const SMALLEST: usize = 8 * 1024;
const LARGEST: usize = 256 * 1024;

/// The largest read of a connection with permessage-deflate. The bytes of one read are decompressed
/// without a pause, and one byte can become more than a thousand. A read of this size becomes at
/// most 33 MB.
const LARGEST_COMPRESSED: usize = 32 * 1024;

/// The number of small reads in a row after which the size is halved. A single small read is often
/// only the end of a batch.
const SMALL_READS: u8 = 16;

impl ReadSize {
    pub(super) const fn new(is_compressed: bool) -> Self {
        let largest = if is_compressed { LARGEST_COMPRESSED } else { LARGEST };
        Self { size: SMALLEST, largest, small_reads: 0 }
    }

    /// Returns the size of the next read. The buffer has `held` bytes and `free` bytes of free
    /// space, and `frame_remaining` bytes of the current frame have not arrived.
    pub(super) fn next(&self, held: usize, free: usize, frame_remaining: usize) -> usize {
        // The read does not use all of the free space. Some transports initialise the space before
        // each read, which would be expensive for a peer that sends one byte at a time.
        let most = (4 * self.size).min(self.largest);
        // The free space holds the rest of a large frame. A larger read would need more space, and
        // the part that has arrived would be moved.
        if (1..=free).contains(&frame_remaining) && held >= self.size {
            return free.min(most);
        }
        // A read into free space costs little, and a large frame need not be moved later.
        self.size.max(free.min(frame_remaining)).min(most)
    }

    /// Returns how much space a read may get at most. Without permessage-deflate a read may use all
    /// of the free space.
    pub(super) const fn most(&self) -> usize {
        if self.largest < LARGEST { self.largest } else { usize::MAX }
    }

    /// Adapts to a read of at most `asked` bytes that returned `read` bytes.
    pub(super) fn learn(&mut self, asked: usize, read: usize) {
        if read >= asked.max(self.size) {
            self.size = (self.size * 2).min(self.largest);
            self.small_reads = 0;
        } else if read >= self.size / 4 {
            self.small_reads = 0;
        } else {
            self.small_reads += 1;
            if self.small_reads == SMALL_READS {
                self.size = (self.size / 2).max(SMALLEST);
                self.small_reads = 0;
            }
        }
    }
}
