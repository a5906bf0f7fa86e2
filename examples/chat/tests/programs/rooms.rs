//! Rooms, people and the board on one server.

use serde_json::json;

use crate::support::{Client, Server};

#[tokio::test]
async fn a_text_reaches_everybody_in_the_room_and_nobody_else() {
    let server = Server::start(&[]).await;
    let mut ada = Client::join(&server, "lobby", "Ada").await;
    let mut bo = Client::join(&server, "lobby", "Bo").await;
    let mut cy = Client::join(&server, "garden", "Cy").await;
    ada.say("Hello").await;
    cy.say("Is anybody here?").await;
    for client in [&mut ada, &mut bo] {
        assert_eq!(client.hear().await, ("Ada".into(), "Hello".into()));
    }
    bo.say("Hello Ada").await;
    for client in [&mut ada, &mut bo] {
        assert_eq!(client.hear().await, ("Bo".into(), "Hello Ada".into()));
    }
    assert_eq!(cy.hear().await, ("Cy".into(), "Is anybody here?".into()));
    // A long text, so that it is compressed.
    let long = "All of you: ".repeat(100);
    ada.say(&long).await;
    for client in [&mut ada, &mut bo] {
        assert_eq!(client.hear().await.1, long.trim());
    }
}

#[tokio::test]
async fn members_see_who_comes_and_goes() {
    let server = Server::start(&[]).await;
    let mut ada = Client::join(&server, "lobby", "Ada").await;
    ada.see(&["Ada"]).await;
    let mut bo = Client::join(&server, "lobby", " Bo ").await;
    let list = ada.receive("people").await;
    assert_eq!((&list["joined"][0]["name"], &list["left"]), (&json!("Bo"), &json!([])));
    bo.see(&["Ada", "Bo"]).await;
    bo.leave().await;
    let list = ada.receive("people").await;
    assert_eq!((&list["joined"], &list["left"][0]["name"]), (&json!([]), &json!("Bo")));
}

#[tokio::test]
async fn strokes_are_passed_on_and_kept_until_the_board_is_emptied() {
    let server = Server::start(&[]).await;
    let mut ada = Client::join(&server, "lobby", "Ada").await;
    let stroke = [3, 6, 0, 0, 0, 0, 255, 255, 255, 255];
    ada.say("look").await;
    ada.socket.send(stroke).await.unwrap();
    assert_eq!(ada.stroke().await, stroke);

    let mut bo = Client::join(&server, "lobby", "Bo").await;
    assert_eq!(bo.hear().await, ("Ada".into(), "look".into()));
    assert_eq!(bo.stroke().await, stroke);
    bo.send(json!({ "type": "clear" })).await;
    assert_eq!(ada.receive("cleared").await["by"], "Bo");

    let mut cy = Client::join(&server, "lobby", "Cy").await;
    cy.receive("cleared").await;
    let other = [0, 1, 1, 1, 1, 1];
    ada.socket.send(other).await.unwrap();
    assert_eq!(cy.stroke().await, other);
}

#[tokio::test]
async fn a_room_is_remembered_after_its_last_member_has_left() {
    let server = Server::start(&[]).await;
    let mut ada = Client::join(&server, "lobby", "Ada").await;
    ada.say("I was here").await;
    ada.hear().await;
    ada.leave().await;
    let mut bo = Client::join(&server, "lobby", "Bo").await;
    assert_eq!(bo.hear().await, ("Ada".into(), "I was here".into()));
    bo.see(&["Bo"]).await;
}

#[tokio::test]
async fn a_member_learns_its_latency() {
    let server = Server::start(&[]).await;
    let mut ada = Client::join(&server, "lobby", "Ada").await;
    let latency = ada.receive("latency").await["milliseconds"].as_f64().unwrap();
    assert!((0.0..10_000.0).contains(&latency), "{latency}");
}
