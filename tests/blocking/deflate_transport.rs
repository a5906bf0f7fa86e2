//! permessage-deflate in the blocking adapter over transports that are not TCP: they may be never
//! quite ready, and the terms may be of a handshake that was not ours.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};

use bytes::BytesMut;
use support::compressing::{compressed, compressing};
use support::deflated::{Deflated, json, unframe};
use support::{Frame, Side, stream};
use websocket_proto::Message;
use websocket_proto::blocking::WebSocketStream;
use websocket_proto::connection::{Client, Server};
use websocket_proto::deflate::{Preferences, Terms};
use websocket_proto::extension::Extensions;
use websocket_proto::handshake::Opened;
use websocket_proto::io::Error;
use websocket_proto::websocket::Config;

/// Agrees as the server of these preferences does with a client that offers this.
fn agreement(preferences: Preferences, offer: &str) -> Terms {
    let offers = Extensions::parse(offer.as_bytes()).map_while(Result::ok);
    preferences.accept(offers).expect("it can be met")
}

/// Gives and takes a few bytes at every other call, and would block at those between.
struct Hesitant {
    incoming: VecDeque<u8>,
    written: Vec<u8>,
    bite: usize,
    blocks: bool,
}

impl Hesitant {
    fn hesitate(&mut self) -> io::Result<()> {
        self.blocks = !self.blocks;
        if self.blocks { Err(ErrorKind::WouldBlock.into()) } else { Ok(()) }
    }
}

impl websocket_proto::blocking::Transport for Hesitant {}

impl Read for Hesitant {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.hesitate()?;
        let bite = self.bite.min(buffer.len());
        self.incoming.read(&mut buffer[..bite])
    }
}

impl Write for Hesitant {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hesitate()?;
        let bite = self.bite.min(bytes.len());
        self.written.write(&bytes[..bite])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.hesitate()
    }
}

fn again_until_done<T>(mut call: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    loop {
        match call() {
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {}
            done => return done,
        }
    }
}

#[test]
fn calls_that_would_block_are_made_again_and_lose_nothing() {
    for bite in [1, 2, 3, 7, 1000] {
        let terms = agreement(Preferences::new(), "permessage-deflate");
        let opened = Opened::new().with_deflate_terms(terms);
        let mut peer = Deflated::new();
        let mut incoming = Vec::new();
        for number in 0..4 {
            let text = json(number, 1500);
            let (begin, end) = text.split_at(700);
            incoming.push(compressed(peer.flushed(begin)).more());
            incoming.push(Frame::ping([number as u8]));
            incoming.push(Frame::continuation(peer.message(end)));
        }
        incoming.push(Frame::close(1000, ""));
        let incoming = stream(Side::Server, &incoming).into();
        let transport = Hesitant { incoming, written: Vec::new(), bite, blocks: false };
        let mut socket =
            WebSocketStream::from_parts(transport, Server, compressing(), opened, BytesMut::new());
        let mut read = Vec::new();
        while let Some(message) = again_until_done(|| socket.read()).unwrap() {
            if message.is_data()
                && let Err(Error::Io(error)) = socket.send(message.clone())
            {
                // It is queued, and leaves once.
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
            }
            read.push(message);
        }
        again_until_done(|| socket.flush()).unwrap();

        let data: Vec<_> = read.iter().filter(|message| message.is_data()).cloned().collect();
        assert_eq!(data, [0, 1, 2, 3].map(|number| Message::text(json(number, 1500))));
        assert_eq!(read.len(), 4 + 4 + 1);
        let mut sent = Vec::new();
        for frame in unframe(&socket.into_parts().stream.written) {
            if frame.first & 0x0f == 1 {
                assert_eq!(frame.first, 0xc1);
                sent.push(Message::text(String::from_utf8(peer.read(&frame.payload)).unwrap()));
            }
        }
        assert_eq!(sent, data, "in bites of {bite}");
    }
}

/// Both roles can be told the terms, without a handshake of ours.
#[test]
fn terms_of_somebody_elses_handshake_are_kept() {
    let terms = agreement(
        Preferences::new().server_max_window_bits(9),
        "permessage-deflate; client_max_window_bits=10",
    );
    let opened = Opened::new().with_deflate_terms(terms);
    let config = Config::new();
    let transport = Hesitant {
        incoming: VecDeque::new(),
        written: Vec::new(),
        bite: usize::MAX,
        blocks: false,
    };
    let client = WebSocketStream::from_parts(
        transport,
        Client::new([1; 32]),
        config,
        opened,
        BytesMut::new(),
    );
    assert_eq!(client.deflate_terms(), Some(&terms));
}
