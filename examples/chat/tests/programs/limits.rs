//! The limits on a member, and that the messages of other members still arrive.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::sleep;
use websocket_proto::tokio::Kind;

use crate::support::{Client, Server, connect, options};

#[tokio::test]
async fn a_message_over_the_limit_is_answered_with_1009_and_a_reason() {
    let server = Server::start(&["--max-message-size", "1000"]).await;
    let mut ada = Client::join(&server, "lobby", "Ada").await;
    ada.socket.send("a".repeat(1001)).await.unwrap();
    let (code, reason) = ada.closed().await;
    assert_eq!(code, 1009);
    assert!(reason.contains("exceeds the limit of 1000 bytes"), "{reason}");
}

#[tokio::test]
async fn the_reason_arrives_although_others_go_on_talking() {
    let server = Server::start(&["--max-message-size", "1000"]).await;
    let mut bo = Client::join(&server, "lobby", "Bo").await;
    let mut ada = Client::join(&server, "lobby", "Ada").await;
    // The second fragment exceeds the limit. The server sends a Close and waits for Ada. She first
    // sends all her fragments, and then reads the Close.
    for _ in 0..20 {
        ada.socket.send_fragment(Kind::Binary, false, vec![0; 1000]).await.unwrap();
        bo.say("Hello").await;
        bo.hear().await;
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(ada.closed().await.0, 1009);
}

#[tokio::test]
async fn a_malformed_message_is_answered_with_a_sentence_and_the_member_stays() {
    let server = Server::start(&[]).await;
    let mut ada = Client::join(&server, "lobby", "Ada").await;
    ada.send(json!({ "type": "shout" })).await;
    let why = ada.receive("failed").await["why"].to_string();
    assert!(why.contains("unknown variant `shout`"), "{why}");
    ada.say("").await;
    assert_eq!(ada.receive("failed").await["why"], "the text is empty");
    ada.send(json!({ "type": "join", "room": "a", "name": "b" })).await;
    assert_eq!(ada.receive("failed").await["why"], "you are in a room already");
    ada.socket.send([9]).await.unwrap();
    assert_eq!(ada.receive("failed").await["why"], "a stroke needs a colour and a width");
    ada.say("Hello").await;
    assert_eq!(ada.hear().await.1, "Hello");
}

#[tokio::test]
async fn a_member_that_reads_too_slowly_is_dropped_and_the_others_miss_nothing() {
    let server = Server::start(&["--queue", "64", "--rate", "1000000"]).await;
    let mut slow = Client::join(&server, "lobby", "Slow").await;
    let mut reader = Client::join(&server, "lobby", "Reader").await;
    reader.see(&["Reader", "Slow"]).await;
    let mut writer = Client::join(&server, "lobby", "Writer").await;

    // The slow client reads nothing. The others get each stroke before the next one is sent, until
    // they see that the slow client is gone, and some time after that.
    let (mut number, mut more) = (0, None);
    while more != Some(0) {
        writer.socket.send(stroke(number)).await.unwrap();
        for client in [&mut writer, &mut reader] {
            let (texts, bytes) = client.texts_and_stroke().await;
            assert!(bytes == stroke(number), "stroke {number}");
            if texts.iter().any(|text| text["left"][0]["name"] == "Slow") {
                more = Some(100);
            }
        }
        number += 1;
        more = more.map(|more| more - 1);
    }
    let (code, reason) = slow.closed().await;
    assert_eq!(code, 1013);
    assert_eq!(reason, "too many messages waited: the connection is too slow");
}

/// Returns a stroke of 512 bytes that compresses badly and begins with this number.
fn stroke(number: u32) -> Vec<u8> {
    let mut bytes = vec![0, 1];
    let mut state = u64::from(number) + 1;
    bytes.extend(number.to_le_bytes());
    for _ in 0..63 {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes
}

#[tokio::test]
async fn a_member_that_sends_too_fast_waits_and_nothing_is_lost() {
    let server = Server::start(&["--rate", "50"]).await;
    let mut ada = Client::join(&server, "lobby", "Ada").await;
    // The first 100 messages do not wait, and the others take a second.
    for number in 0..150 {
        ada.say(&number.to_string()).await;
    }
    let begin = Instant::now();
    for number in 0..150 {
        assert_eq!(ada.hear().await.1, number.to_string());
    }
    assert!(begin.elapsed() > Duration::from_millis(800), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_first_message_that_is_no_join_is_answered_with_1008_and_a_reason() {
    let server = Server::start(&[]).await;
    for (first, reason) in [
        (json!({ "type": "say", "text": "Hello" }), "the first message must be a join"),
        (json!({ "type": "join", "room": "lobby", "name": " " }), "the name is empty"),
    ] {
        let mut client = connect(options(&server)).await.unwrap();
        client.send(first).await;
        assert_eq!(client.closed().await, (1008, reason.into()));
    }
}

#[tokio::test]
async fn a_connection_that_joins_no_room_is_closed() {
    let server = Server::start(&[]).await;
    let mut silent = connect(options(&server)).await.unwrap();
    let (code, reason) = silent.closed().await;
    assert_eq!(code, 1008);
    assert_eq!(reason, "no join came within 10 seconds");
}
