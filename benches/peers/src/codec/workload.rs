//! The messages that are received and sent.

use bytes::Bytes;

use crate::frame;
use crate::payload::{Content, shifted};
use crate::role::Role;

/// About how many bytes one pass has.
const PASS: usize = 512 * 1024;

/// The largest number of different payloads. After these, the same payloads are repeated.
const PAYLOADS: usize = 61;

/// From this size on each message is flushed by itself.
const LARGE: usize = 16 * 1024;

/// How many small messages are flushed together.
const BATCH: usize = 16;

/// The name of a workload, and what it takes to build it.
pub struct Plan<W> {
    /// The name.
    pub name: String,
    build: Box<dyn Fn(String) -> W>,
}

impl<W> Plan<W> {
    /// Builds the workload.
    pub fn build(&self) -> W {
        (self.build)(self.name.clone())
    }
}

/// A stream of messages to receive.
pub struct Receive {
    /// The name.
    pub name: String,
    /// The role that receives.
    pub role: Role,
    /// What the payloads consist of.
    pub content: Content,
    /// The payloads, which come again and again in this order.
    pub payloads: Vec<Vec<u8>>,
    /// The number of messages in the stream.
    pub messages: usize,
    /// The frames.
    pub stream: Vec<u8>,
}

/// The numbers that a consumer counts in one pass.
#[derive(Clone, Copy)]
pub struct Totals {
    /// The number of messages.
    pub messages: usize,
    /// The number of payload bytes.
    pub bytes: usize,
    /// The sum of the first bytes of all payloads.
    pub first_bytes: u64,
}

impl Receive {
    fn new(name: String, role: Role, content: Content, len: usize, fragment: usize) -> Self {
        let messages = (PASS / len).max(1);
        let payloads: Vec<Vec<u8>> =
            (0..messages.min(PAYLOADS)).map(|number| content.payload(number, len)).collect();
        let mut stream = Vec::new();
        let mut frames = 0;
        for payload in payloads.iter().cycle().take(messages) {
            let mut opcode = if content.is_text() { frame::TEXT } else { frame::BINARY };
            let mut fragments = payload.chunks(fragment).peekable();
            while let Some(piece) = fragments.next() {
                let mask = (role == Role::Server).then(|| frame::mask_key(frames));
                frame::write(&mut stream, opcode, fragments.peek().is_none(), mask, piece);
                opcode = frame::CONTINUATION;
                frames += 1;
            }
        }
        Self { name, role, content, payloads, messages, stream }
    }

    /// Returns all payloads of one pass.
    pub fn all_payloads(&self) -> impl Iterator<Item = &[u8]> {
        self.payloads.iter().cycle().take(self.messages).map(Vec::as_slice)
    }

    /// Returns what must be counted.
    #[must_use]
    pub fn totals(&self) -> Totals {
        Totals {
            messages: self.messages,
            bytes: self.all_payloads().map(<[u8]>::len).sum(),
            first_bytes: self.all_payloads().map(|payload| u64::from(payload[0])).sum(),
        }
    }
}

/// Messages to send.
pub struct Send {
    /// The name.
    pub name: String,
    /// The role that sends.
    pub role: Role,
    /// The payload of each message.
    pub payloads: Vec<Vec<u8>>,
    /// The number of messages in one pass.
    pub messages: usize,
    /// How many messages are flushed together.
    pub batch: usize,
}

impl Send {
    fn new(name: String, role: Role, len: usize) -> Self {
        let batch = if len >= LARGE { 1 } else { BATCH };
        let messages = (PASS / len).clamp(1, 64 * BATCH).next_multiple_of(batch);
        let payloads = (0..messages.min(PAYLOADS))
            .map(|number| Content::Binary.payload(number, len))
            .collect();
        Self { name, role, payloads, messages, batch }
    }

    /// Returns the payload of each message, `shift` bytes after the start of an allocation.
    #[must_use]
    pub fn shifted_payloads(&self, shift: usize) -> Vec<Bytes> {
        shifted(&self.payloads, shift).iter().cycle().take(self.messages).cloned().collect()
    }

    /// Returns how many bytes one pass writes: all frames with minimal headers.
    #[must_use]
    pub fn wire_len(&self) -> usize {
        let mut stream = Vec::new();
        for payload in self.payloads.iter().cycle().take(self.messages) {
            let mask = self.role.is_client().then_some([0; 4]);
            frame::write(&mut stream, frame::BINARY, true, mask, payload);
        }
        stream.len()
    }
}

/// Returns the plans of all streams to receive.
pub fn receive() -> impl Iterator<Item = Plan<Receive>> {
    use Content::{Ascii, Binary, Multilingual};
    use Role::{Client, Server};
    let whole = [
        (Server, Binary, 16),
        (Server, Binary, 125),
        (Server, Binary, 1 << 10),
        (Server, Binary, 16 << 10),
        (Server, Binary, 256 << 10),
        (Server, Binary, 1 << 20),
        (Server, Binary, 4 << 20),
        (Server, Ascii, 16),
        (Server, Ascii, 125),
        (Server, Ascii, 1 << 10),
        (Server, Ascii, 16 << 10),
        (Server, Ascii, 1 << 20),
        (Server, Multilingual, 125),
        (Server, Multilingual, 1 << 10),
        (Server, Multilingual, 16 << 10),
        (Server, Multilingual, 1 << 20),
        (Client, Binary, 16),
        (Client, Binary, 125),
        (Client, Binary, 1 << 10),
        (Client, Binary, 16 << 10),
        (Client, Binary, 1 << 20),
        (Client, Binary, 4 << 20),
        (Client, Ascii, 125),
        (Client, Multilingual, 16 << 10),
        (Client, Multilingual, 1 << 20),
    ];
    let fragmented = [
        (Server, Binary, 16 << 10, 1 << 10),
        (Server, Binary, 1 << 20, 4 << 10),
        (Server, Multilingual, 1 << 20, 4 << 10),
        (Client, Binary, 1 << 20, 4 << 10),
    ];
    let whole = whole.into_iter().map(|(role, content, len)| {
        let name = format!("{}-recv-{}-{}", role.name(), content.name(), size(len));
        let build = move |name| Receive::new(name, role, content, len, len);
        Plan { name, build: Box::new(build) as Box<dyn Fn(String) -> Receive> }
    });
    let fragmented = fragmented.into_iter().map(|(role, content, len, fragment)| {
        let (kind, len_name) = (content.name(), size(len));
        let name = format!("{}-recv-{kind}-{len_name}-frag-{}", role.name(), size(fragment));
        let build = move |name| Receive::new(name, role, content, len, fragment);
        Plan { name, build: Box::new(build) as Box<dyn Fn(String) -> Receive> }
    });
    whole.chain(fragmented)
}

/// Returns the plans of all messages to send.
pub fn send() -> impl Iterator<Item = Plan<Send>> {
    let sizes = [16, 125, 1 << 10, 16 << 10, 256 << 10, 1 << 20];
    [Role::Server, Role::Client].into_iter().flat_map(move |role| {
        sizes.into_iter().map(move |len| Plan {
            name: format!("{}-send-bin-{}", role.name(), size(len)),
            build: Box::new(move |name| Send::new(name, role, len)) as Box<dyn Fn(String) -> Send>,
        })
    })
}

fn size(len: usize) -> String {
    match len {
        len if len >= 1 << 20 => format!("{}m", len >> 20),
        len if len >= 1 << 10 => format!("{}k", len >> 10),
        len => len.to_string(),
    }
}
