//! `Config::answer_close(false)`: only the application can answer the Close of the peer.

use std::time::Duration;

use support::transport::{Peer, open_with, within};
use support::{Frame, SEED, Side};
use tokio::time::{Instant, sleep};
use websocket_proto::connection::{Client, Server, State};
use websocket_proto::io::Error;
use websocket_proto::websocket::Config;
use websocket_proto::{CloseCode, Message};

fn config() -> Config {
    Config::new().answer_close(false)
}

/// The peer sends a Close, and then ends the transport.
fn close_and_end(peer: &Peer) {
    peer.give(Frame::close(1000, "bye").bytes(Side::Server));
    peer.end();
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_close_ends_with_the_close_time_out_although_the_transport_has_ended() {
    let (mut socket, peer) = open_with(Server, config());
    close_and_end(&peer);
    let close = within(socket.next()).await.expect("a Close").expect("a good peer");
    assert!(matches!(close, Message::Close(_)), "{close:?}");
    assert_eq!(socket.state(), State::RemoteClosing);
    let begin = Instant::now();
    assert!(within(socket.next()).await.is_none());
    assert_eq!(begin.elapsed().as_secs(), 10);
    let info = socket.close_info().expect("it is over");
    assert_eq!((info.code, info.reason, info.is_clean), (CloseCode::NORMAL, "bye", false));
    within(socket.finish()).await.expect("the peer has sent a Close");
}

#[tokio::test(start_paused = true)]
async fn a_half_answers_a_close_after_its_replies_although_the_peer_sends_no_more() {
    let (socket, peer) = open_with(Server, config());
    let (mut reader, mut writer) = socket.into_split();
    close_and_end(&peer);
    let close = within(reader.next()).await.expect("a Close").expect("a good peer");
    assert!(matches!(close, Message::Close(_)), "{close:?}");
    let begin = Instant::now();
    let reading = tokio::spawn(async move {
        assert!(within(reader.next()).await.is_none());
        begin.elapsed().as_secs()
    });
    sleep(Duration::from_secs(2)).await;
    assert!(!reading.is_finished());
    within(writer.send("reply")).await.expect("it is still open");
    within(writer.close(CloseCode::NORMAL, "done")).await.expect("a good peer");
    assert_eq!(reading.await.expect("no panic"), 2);
    let answer = Message::close(CloseCode::NORMAL, "done").expect("sendable");
    assert_eq!(peer.take_messages(Client::new(SEED)), [Message::text("reply"), answer]);
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_close_ends_at_once_when_the_transport_neither_has_nor_accepts_bytes() {
    let (socket, peer) = open_with(Server, config().close_timeout(Duration::MAX));
    let (mut reader, mut writer) = socket.into_split();
    close_and_end(&peer);
    let close = within(reader.next()).await.expect("a Close").expect("a good peer");
    assert!(matches!(close, Message::Close(_)), "{close:?}");
    let reading = tokio::spawn(async move { reader.next().await.is_none() });
    sleep(Duration::from_secs(1)).await;
    assert!(!reading.is_finished());
    peer.fail_at(0, true);
    let failed = within(writer.send("reply")).await.expect_err("the transport has failed");
    assert!(failed.is_disconnected(), "{failed:?}");
    assert!(within(reading).await.expect("no panic"));
    let rejected = within(writer.send("reply")).await.expect_err("it is over");
    assert!(matches!(rejected, Error::Rejected(_)), "{rejected:?}");
}
