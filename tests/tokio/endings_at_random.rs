//! Whatever both sides do, and in whatever order, a connection ends in time, and its end is told
//! once.

use std::io::ErrorKind;
use std::time::Duration;

use support::transport::{Peer, open_with, whole_messages, within};
use support::{Frame, SEED, Side};
use tokio::time::{sleep, timeout};
use websocket_proto::connection::{Client, Server};
use websocket_proto::websocket::{Config, Keepalive};
use websocket_proto::{CloseCode, Message};

/// Numbers that look random, the same for each seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        // Knuth's constants.
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

fn config(random: &mut Random) -> Config {
    let mut config = Config::new().high_water_mark([1, 100, 100_000][random.below(3) as usize]);
    if random.below(2) == 0 {
        let (interval, timeout) = (Duration::from_secs(20), Duration::from_secs(5));
        config = config.keepalive(Keepalive { interval, timeout });
    }
    if random.below(2) == 0 {
        config = config.write_timeout(Duration::from_secs(15));
    }
    config
}

/// What the peer does, now and then.
fn act(peer: &Peer, random: &mut Random) {
    match random.below(14) {
        0..=3 => peer.give(Frame::text("text").bytes(Side::Server)),
        4 => peer.give(Frame::ping("ping").bytes(Side::Server)),
        5 => peer.give(Frame::close(1000, "").bytes(Side::Server)),
        6 => peer.room(random.below(200) as usize),
        7..=9 => peer.open_room(),
        10 => peer.end(),
        11 => peer.fail_reads(ErrorKind::ConnectionReset),
        12 => peer.give([0xff]),
        _ => peer.room(0),
    }
}

fn all_is_well_formed(peer: &Peer) {
    let (messages, _) = whole_messages(Client::new(SEED), &peer.take_written());
    let close = messages.iter().position(|message| matches!(message, Message::Close(_)));
    assert!(close.is_none_or(|at| at + 1 == messages.len()), "nothing is behind a Close");
}

#[tokio::test(start_paused = true)]
async fn two_tasks_end_in_time_and_learn_the_end_once() {
    for seed in 0..1500 {
        let mut random = Random(seed);
        let (socket, peer) = open_with(Server, config(&mut random));
        let (mut reader, mut writer) = socket.into_split();
        let reading = tokio::spawn(async move {
            let mut errors = 0;
            while let Some(next) = reader.next().await {
                errors += usize::from(next.is_err());
            }
            assert!(reader.next().await.is_none());
            (reader, errors)
        });
        for _ in 0..random.below(30) {
            act(&peer, &mut random);
            let limit = Duration::from_secs(random.below(12));
            let len = random.below(300) as usize;
            // Each future may be dropped at its limit.
            match random.below(7) {
                0 => drop(timeout(limit, writer.send(vec![7; len])).await),
                1 => drop(timeout(limit, writer.feed(vec![7; len])).await),
                2 => drop(timeout(limit, writer.flush()).await),
                3 => drop(timeout(limit, writer.ready()).await),
                4 => drop(timeout(limit, writer.send(Message::Ping("".into()))).await),
                5 if random.below(4) == 0 => {
                    drop(timeout(limit, writer.close(CloseCode::NORMAL, "")).await);
                }
                6 if random.below(4) == 0 => {
                    let close = Message::close(CloseCode::NORMAL, "").expect("sendable");
                    drop(timeout(limit, writer.send(close)).await);
                }
                _ => sleep(limit).await,
            }
        }
        let _ = within(writer.close(CloseCode::NORMAL, "")).await;
        let (mut reader, errors) = within(reading).await.expect("no panic");
        assert!(errors <= 1, "the end is told once, with seed {seed}");
        within(reader.finish()).await.expect("it is told already");
        within(writer.send("late")).await.expect_err("it is over");
        let _ = within(writer.flush()).await;
        all_is_well_formed(&peer);
    }
}

#[tokio::test(start_paused = true)]
async fn one_task_ends_in_time_and_learns_the_end_once() {
    for seed in 0..1500 {
        let mut random = Random(seed);
        let (mut socket, peer) = open_with(Server, config(&mut random));
        let mut errors = 0;
        for _ in 0..random.below(40) {
            act(&peer, &mut random);
            let limit = Duration::from_secs(random.below(12));
            let len = random.below(300) as usize;
            match random.below(9) {
                0 => drop(timeout(limit, socket.send(vec![7; len])).await),
                1 => drop(timeout(limit, socket.feed(vec![7; len])).await),
                2 => drop(timeout(limit, socket.flush()).await),
                3 if random.below(6) == 0 => {
                    drop(timeout(limit, socket.close(CloseCode::NORMAL, "")).await);
                }
                4 if random.below(6) == 0 => {
                    let finished = timeout(limit, socket.finish()).await;
                    errors += usize::from(finished.is_ok_and(|finished| finished.is_err()));
                }
                5 => {
                    let (reader, writer) = socket.into_split();
                    socket = reader.reunite(writer).expect("one connection");
                }
                _ => {
                    let next = timeout(limit, socket.next()).await;
                    errors += usize::from(matches!(next, Ok(Some(Err(_)))));
                }
            }
        }
        let _ = within(socket.close(CloseCode::NORMAL, "")).await;
        errors += usize::from(within(socket.finish()).await.is_err());
        assert!(errors <= 1, "the end is told once, with seed {seed}");
        assert!(within(socket.next()).await.is_none());
        within(socket.finish()).await.expect("it is told already");
        within(socket.send("late")).await.expect_err("it is over");
        all_is_well_formed(&peer);
    }
}
