//! soketto.

use bytes::Bytes;
use futures_util::io::{BufReader, BufWriter};
use soketto::connection::Builder;
use soketto::{Data, Mode};

use crate::contestant::{Contestant, Receiver, Sender};
use crate::memory::Memory;
use crate::poll;
use crate::role::Role;
use crate::tally::Tally;

/// The two halves, over the buffers that its server example has.
pub const CONTESTANT: Contestant = Contestant {
    name: "soketto",
    package: "soketto",
    how: "`receive_data` into a reused `Vec`, `send_binary` and `flush`, over `BufReader` and `BufWriter` as in its example; the application validates text with `str::from_utf8`, as its example does",
    receiver: Some(|memory, role| Box::new(Receiving::new(memory, role))),
    sender: Some(|memory, role| Box::new(connection(memory, role).0)),
};

type Buffered = BufReader<BufWriter<Memory>>;
type Halves = (soketto::Sender<Buffered>, soketto::Receiver<Buffered>);

fn connection(memory: Memory, role: Role) -> Halves {
    let mode = match role {
        Role::Server => Mode::Server,
        Role::Client => Mode::Client,
    };
    Builder::new(BufReader::new(BufWriter::new(memory)), mode).finish()
}

struct Receiving {
    halves: Halves,
    message: Vec<u8>,
}

impl Receiving {
    fn new(memory: Memory, role: Role) -> Self {
        Self { halves: connection(memory, role), message: Vec::new() }
    }
}

impl Receiver for Receiving {
    fn receive(&mut self, messages: usize, tally: &mut Tally<'_>) {
        let Self { halves: (_, receiver), message } = self;
        poll::now(async {
            for _ in 0..messages {
                message.clear();
                match receiver.receive_data(message).await.expect("a message") {
                    Data::Text(_) => {
                        let text = std::str::from_utf8(message).expect("UTF-8");
                        tally.take(true, text.as_bytes());
                    }
                    Data::Binary(_) => tally.take(false, message),
                }
            }
        });
    }
}

impl Sender for soketto::Sender<Buffered> {
    fn send(&mut self, payloads: &[Bytes], batch: usize) {
        poll::now(async {
            for batch in payloads.chunks(batch) {
                for payload in batch {
                    self.send_binary(payload).await.expect("the sink takes all");
                }
                self.flush().await.expect("the sink takes all");
            }
        });
    }
}
