//! A WebSocket with permessage-deflate over a transport in memory, and what it writes there.

use websocket_proto::connection::{Role, Server};
use websocket_proto::deflate::Preferences;
use websocket_proto::extension::Extensions;
use websocket_proto::tokio::WebSocketStream;
use websocket_proto::websocket::Config;

use support::Setup;
use support::deflated::{Deflated, RSV1, Unframed, unframe};
use support::transport::{Peer, Transport, open_with};

/// An open WebSocket on the terms that a server of these preferences agrees on with most clients,
/// and the other end of its transport.
pub(crate) fn open<R: Role>(
    role: R,
    config: Config,
    preferences: Preferences,
) -> (WebSocketStream<Transport, R>, Peer) {
    let offer = b"permessage-deflate; client_max_window_bits";
    let agreement = preferences.accept(Extensions::parse(offer).map_while(Result::ok));
    open_with(role, Setup::agreed(config, agreement.expect("it can be met")))
}

pub(crate) fn open_server() -> (WebSocketStream<Transport, Server>, Peer) {
    open(Server, Config::new(), Preferences::new())
}

/// The frames that have been written since this was last asked.
#[track_caller]
pub(crate) fn take_frames(peer: &Peer) -> Vec<Unframed> {
    assert_eq!(peer.state().unflushed, 0, "what was written has been flushed");
    unframe(&peer.take_written())
}

/// The text messages in `frames`, each in one frame or in fragments, as a peer inflates them; and
/// the payloads of the Pongs among them.
#[track_caller]
pub(crate) fn read_texts(peer: &mut Deflated, frames: &[Unframed]) -> (Vec<String>, Vec<Vec<u8>>) {
    let (mut texts, mut pongs) = (Vec::new(), Vec::new());
    let mut under_way: Option<(bool, Vec<u8>)> = None;
    for Unframed { first, payload } in frames {
        match first & 0x0f {
            0x0 => under_way.as_mut().expect("a message").1.extend(payload),
            0x1 => {
                assert!(under_way.is_none());
                under_way = Some((first & RSV1 != 0, payload.clone()));
            }
            0xa => {
                pongs.push(payload.clone());
                continue;
            }
            0x8 => continue,
            other => panic!("opcode {other}"),
        }
        if first & 0x80 != 0 {
            let (is_compressed, payload) = under_way.take().expect("a message");
            let text = if is_compressed { peer.read(&payload) } else { payload };
            texts.push(String::from_utf8(text).expect("text"));
        }
    }
    assert!(under_way.is_none(), "it has no end");
    (texts, pongs)
}
