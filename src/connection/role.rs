//! The two roles (RFC 6455 1.2), as types: who masks is known when the program is compiled.

use core::fmt;

use chacha20::ChaCha8;
use chacha20::cipher::{KeyIvInit, StreamCipher};

use crate::mask::MaskKey;

/// The role of an endpoint: [`Client`] or [`Server`], and nothing else.
pub trait Role: sealed::Sealed {}

/// The endpoint that accepted the connection. It never masks (RFC 6455 5.1).
#[derive(Debug, Default)]
pub struct Server;

impl Role for Server {}

/// The endpoint that made the connection, with the generator of its masking keys.
///
/// Every frame gets a fresh key (RFC 6455 5.3) from ChaCha8 under the seed, so the key of one
/// frame says nothing about the next, and the same seed gives the same keys.
///
/// It cannot be cloned: the clone would repeat its keys.
pub struct Client {
    seed: [u8; 32],
    /// How many blocks have been made: the nonce of the next.
    blocks: u64,
    /// The keys of one ChaCha block.
    keys: [[u8; 4]; KEYS_PER_BLOCK],
    /// How many of them have been used.
    used: u8,
}

/// A ChaCha block has 64 bytes.
const KEYS_PER_BLOCK: usize = 16;

impl Client {
    /// A client with a seed for its masking keys: 32 bytes from a strong source of entropy, used
    /// for no other connection (RFC 6455 10.3).
    #[must_use]
    pub const fn new(seed: [u8; 32]) -> Self {
        Self { seed, blocks: 0, keys: [[0; 4]; KEYS_PER_BLOCK], used: KEYS_PER_BLOCK as u8 }
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

impl Role for Client {}

impl fmt::Debug for Client {
    /// Without the seed: who knows it knows every key to come.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

mod sealed {
    use super::{Client, MaskKey, Server};

    pub trait Sealed {
        /// Whether this role masks what it sends, so that the peer's frames must not be.
        const MASKS: bool;

        /// The key for the next frame.
        fn next_mask_key(&mut self) -> Option<MaskKey>;
    }

    impl Sealed for Server {
        const MASKS: bool = false;

        #[inline(always)]
        fn next_mask_key(&mut self) -> Option<MaskKey> {
            None
        }
    }

    impl Sealed for Client {
        const MASKS: bool = true;

        #[inline]
        fn next_mask_key(&mut self) -> Option<MaskKey> {
            loop {
                if let Some(key) = self.keys.get(usize::from(self.used)) {
                    self.used += 1;
                    return Some(MaskKey(*key));
                }
                self.refill();
            }
        }
    }
}
