//! When the streams of the tokio adapter are terminated, for those who poll several of them.

use std::future::poll_fn;
use std::pin::Pin;

use futures_core::FusedStream;
use support::transport::{Peer, Transport, open, run};
use support::{Frame, Side};
use websocket_proto::connection::Server;
use websocket_proto::tokio::{ReadHalf, WebSocketStream};

/// Polls the stream until it waits, and returns what came: whether each was a message. Checks that
/// it is terminated when it ends, and that it is not while a message may come.
fn polled<T, E>(stream: &mut (impl FusedStream<Item = Result<T, E>> + Unpin)) -> Vec<bool> {
    let mut came = Vec::new();
    loop {
        let was_terminated = stream.is_terminated();
        match run(poll_fn(|context| Pin::new(&mut *stream).poll_next(context))) {
            Some(Some(item)) => {
                assert!(!was_terminated, "nothing comes from a terminated stream");
                came.push(item.is_ok());
            }
            Some(None) => {
                assert!(stream.is_terminated(), "it is over");
                return came;
            }
            None => {
                assert!(!stream.is_terminated(), "it may go on");
                return came;
            }
        }
    }
}

/// A way for a connection to end, and what comes before its end.
type End = (fn(&Peer), &'static [bool]);

const ENDS: [End; 4] = [
    (|peer| peer.give(Frame::close(1000, "").bytes(Side::Server)), &[true]),
    (Peer::end, &[false]),
    (|peer| peer.fail_reads(std::io::ErrorKind::ConnectionReset), &[false]),
    (
        |peer| {
            peer.give([0xff; 2]);
            peer.end();
        },
        &[false],
    ),
];

#[test]
fn a_stream_is_terminated_when_its_connection_is_over_however_it_ends() {
    for (end, came) in ENDS {
        let (mut socket, peer): (WebSocketStream<Transport, Server>, _) = open(Server);
        assert!(polled(&mut socket).is_empty());
        peer.give(Frame::text("a message").bytes(Side::Server));
        assert_eq!(polled(&mut socket), [true]);
        end(&peer);
        assert_eq!(polled(&mut socket), came);
        assert!(socket.is_terminated());
        assert!(polled(&mut socket).is_empty());
    }
}

#[test]
fn the_half_that_reads_is_terminated_when_its_connection_is_over() {
    for (end, came) in ENDS {
        let (socket, peer) = open(Server);
        let (mut reader, _writer): (ReadHalf<Transport, Server>, _) = socket.into_split();
        assert!(polled(&mut reader).is_empty());
        peer.give(Frame::text("a message").bytes(Side::Server));
        assert_eq!(polled(&mut reader), [true]);
        end(&peer);
        assert_eq!(polled(&mut reader), came);
        assert!(reader.is_terminated());
    }
}
