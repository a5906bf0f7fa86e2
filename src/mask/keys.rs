//! The masking keys of a client ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 5.3).

use core::fmt;

use chacha20::ChaCha8;
use chacha20::cipher::{KeyIvInit, StreamCipher};

use super::MaskKey;

/// Generates the masking keys of one client.
///
/// Every frame gets a fresh key (RFC 6455, section 5.3). ChaCha8 makes the keys from the seed. So
/// the key of one frame does not reveal the next key, and the same seed gives the same keys.
///
/// The generator cannot be cloned, because the clone would repeat its keys.
pub struct MaskKeys {
    seed: [u8; 32],
    /// How many blocks have been made. It is also the nonce of the next block.
    blocks: u64,
    /// The keys of one ChaCha block.
    keys: [[u8; 4]; KEYS_PER_BLOCK],
    /// How many keys of the block have been used.
    used: u8,
}

/// The number of masking keys in a ChaCha block: 64 bytes make 16 keys of 4 bytes.
const KEYS_PER_BLOCK: usize = 16;

impl MaskKeys {
    /// Creates a generator from a seed.
    ///
    /// The seed must be 32 bytes from a strong source of entropy, and must not be used for another
    /// connection (RFC 6455, section 10.3).
    #[must_use]
    pub const fn new(seed: [u8; 32]) -> Self {
        Self { seed, blocks: 0, keys: [[0; 4]; KEYS_PER_BLOCK], used: KEYS_PER_BLOCK as u8 }
    }

    /// Returns the key for the next frame.
    #[inline]
    #[must_use]
    pub fn next_key(&mut self) -> MaskKey {
        loop {
            if let Some(key) = self.keys.get(usize::from(self.used)) {
                self.used += 1;
                return MaskKey(*key);
            }
            self.refill();
        }
    }

    #[cold]
    fn refill(&mut self) {
        let mut nonce = [0; 12];
        let (counter, _) = nonce.split_at_mut(8);
        counter.copy_from_slice(&self.blocks.to_le_bytes());
        self.blocks = self.blocks.wrapping_add(1);
        self.keys = [[0; 4]; KEYS_PER_BLOCK];
        ChaCha8::new(&self.seed.into(), &nonce.into())
            .apply_keystream(self.keys.as_flattened_mut());
        self.used = 0;
    }
}

impl fmt::Debug for MaskKeys {
    /// Omits the seed, because all later keys can be computed from it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MaskKeys").finish_non_exhaustive()
    }
}
