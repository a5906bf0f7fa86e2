//! What the consumer of messages does: it touches each message, and in the pass of checks it
//! compares each of them.

/// Counts messages, and looks at the length and the first byte of each.
#[derive(Debug, Default)]
pub struct Tally<'e> {
    /// The number of messages.
    pub messages: usize,
    /// The sum of their lengths.
    pub bytes: usize,
    /// The sum of their first bytes.
    pub first_bytes: u64,
    expected: Option<Expected<'e>>,
}

/// The messages that must arrive.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'e> {
    /// Whether they are text.
    pub text: bool,
    /// Their payloads, which come again and again in this order.
    pub payloads: &'e [Vec<u8>],
}

impl<'e> Tally<'e> {
    /// Creates a tally that compares each message.
    #[must_use]
    pub fn checking(expected: Expected<'e>) -> Self {
        Self { expected: Some(expected), ..Self::default() }
    }

    /// Takes a message.
    ///
    /// # Panics
    /// If the message is not the one that must arrive.
    #[inline(always)]
    pub fn take(&mut self, text: bool, payload: &[u8]) {
        if let Some(expected) = self.expected {
            expected.check(self.messages, text, payload);
        }
        self.messages += 1;
        self.bytes += payload.len();
        self.first_bytes += u64::from(payload.first().copied().unwrap_or_default());
    }
}

impl Expected<'_> {
    /// Compares message `number`. It is apart from `take`, so that the measured loop stays small.
    #[cold]
    #[inline(never)]
    fn check(&self, number: usize, text: bool, payload: &[u8]) {
        assert_eq!(text, self.text, "message {number} has the wrong type");
        let expected = &self.payloads[number % self.payloads.len()];
        assert!(payload == expected.as_slice(), "message {number} differs from what was sent");
    }
}
