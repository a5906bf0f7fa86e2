//! The other end of TLS and of the WebSocket: it opens the WebSocket, sends the script and ends.

use std::io::{Cursor, Read as _, Write as _};

use support::echo::script;
use support::handshake::start;
use support::transport::Peer;
use support::{Side, stream};
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConnection, Connection, ServerConnection};
use websocket_proto::handshake::{Incoming, ServerHandshake};
use websocket_proto::tokio::tokio_rustls;

use crate::identity::Identity;

#[derive(Debug)]
pub(super) struct FarEnd {
    tls: Connection,
    peer: Peer,
    /// The bytes that have arrived, decrypted.
    received: Vec<u8>,
    /// The frames to send.
    frames: Vec<u8>,
    has_sent: bool,
    is_broken: bool,
}

impl FarEnd {
    /// The other end of an endpoint of this side.
    pub(super) fn new(identity: &Identity, side: Side, peer: Peer) -> Self {
        let mut tls: Connection = match side {
            Side::Server => {
                let name = ServerName::try_from("localhost").expect("a name");
                ClientConnection::new(identity.client(), name).expect("a good setup").into()
            }
            Side::Client => {
                let config = identity.server().config().clone();
                ServerConnection::new(config).expect("a good setup").into()
            }
        };
        tls.set_buffer_limit(None);
        let frames = stream(side, &script().0);
        let received = Vec::new();
        Self { tls, peer, received, frames, has_sent: false, is_broken: false }
    }

    /// Reads the bytes that the near end has written, and sends the answer to them. Returns whether
    /// there were such bytes or an answer.
    pub(super) fn pump(&mut self) -> bool {
        let written = self.peer.take_written();
        let mut rest = Cursor::new(&written);
        while rest.position() < written.len() as u64 && !self.is_broken {
            self.tls.read_tls(&mut rest).expect("memory");
            // A write that has failed may have left half a record before an alert.
            self.is_broken = self.tls.process_new_packets().is_err();
            // The result is `WouldBlock` until `close_notify` arrives.
            let _ = self.tls.reader().read_to_end(&mut self.received);
        }
        if !self.has_sent
            && let Some(head) = self.head()
        {
            self.has_sent = true;
            let bytes = [head, self.frames.clone()].concat();
            self.tls.writer().write_all(&bytes).expect("there is no limit");
            self.tls.send_close_notify();
        }
        let mut answer = Vec::new();
        while self.tls.wants_write() {
            self.tls.write_tls(&mut answer).expect("memory");
        }
        self.peer.give(&answer);
        if self.has_sent {
            self.peer.end();
        }
        !written.is_empty() || !answer.is_empty()
    }

    /// The head to send, once the handshake of TLS is complete and the request has come.
    fn head(&self) -> Option<Vec<u8>> {
        if self.tls.is_handshaking() {
            return None;
        }
        match &self.tls {
            Connection::Client(_) => Some(start("GET / HTTP/1.1")),
            Connection::Server(_) => {
                let mut handshake = ServerHandshake::new();
                let incoming = handshake.receive(&self.received).expect("a good request")?;
                let Incoming::WebSocket(request) = incoming else { panic!("{incoming:?}") };
                let mut out = [0; 512];
                let len = request.accept().write(&mut out).expect("there is room");
                Some(out[..len].to_vec())
            }
        }
    }

    /// The bytes after the head that has arrived.
    pub(super) fn frames(&self) -> &[u8] {
        let end = self.received.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        end.map_or(&[], |end| &self.received[end + 4..])
    }
}
