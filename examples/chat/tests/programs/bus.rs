//! Two servers on one Redis server are one chat.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use crate::support::{Client, Redis, Server, connect, options, with_subprotocols, within};

async fn two_servers(redis: &Redis) -> (Server, Server) {
    let url = redis.url();
    (Server::start(&["--bus", &url]).await, Server::start(&["--bus", &url]).await)
}

#[tokio::test]
async fn texts_strokes_and_people_cross_from_server_to_server() {
    let redis = Redis::start().await;
    let (one, two) = two_servers(&redis).await;
    let mut ada = Client::join(&one, "lobby", "Ada").await;
    ada.say("Is anybody here?").await;
    ada.hear().await;

    // Earlier messages are kept for later members, on any server.
    let mut bo = Client::join(&two, "lobby", "Bo").await;
    assert_eq!(bo.hear().await, ("Ada".into(), "Is anybody here?".into()));
    ada.see(&["Ada", "Bo"]).await;
    bo.see(&["Ada", "Bo"]).await;

    bo.say("I am").await;
    assert_eq!(ada.hear().await, ("Bo".into(), "I am".into()));
    let stroke = [1, 2, 3, 4, 5, 6];
    ada.socket.send(stroke).await.unwrap();
    assert_eq!(bo.stroke().await, stroke);

    // The people in another room are not listed.
    let mut cy = Client::join(&two, "garden", "Cy").await;
    cy.see(&["Cy"]).await;

    bo.leave().await;
    ada.see(&["Ada"]).await;
}

#[tokio::test]
async fn an_invite_of_one_server_is_valid_on_the_other() {
    let redis = Redis::start().await;
    let (one, two) = two_servers(&redis).await;
    assert_ne!(one.invite, two.invite);
    let invite = format!("invite.{}", one.invite);
    connect(with_subprotocols(&two, &["chat.v1", &invite])).await.unwrap();
    assert!(connect(with_subprotocols(&two, &["chat.v1", "invite.x"])).await.is_err());
}

#[tokio::test]
async fn servers_behind_a_proxy_are_one_chat() {
    let redis = Redis::start().await;
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let arguments = ["--bus", &redis.url(), "--url", &url];
    let mut one = Server::start_behind(&arguments).await;
    let two = Server::start_behind(&arguments).await;
    tokio::spawn(take_turns(proxy, [one.address(), two.address()]));

    // The proxy passes the connections of the members on to different servers.
    one.url.clone_from(&url);
    let mut members = Vec::new();
    for name in ["Ada", "Bo", "Cy"] {
        let options = options(&one).origin(&url).unwrap();
        let mut member = connect(options).await.unwrap();
        member.send_join("lobby", name).await;
        members.push(member);
    }
    members[0].say("Hello").await;
    for member in &mut members {
        assert_eq!(member.hear().await, ("Ada".into(), "Hello".into()));
    }
    members[2].see(&["Ada", "Bo", "Cy"]).await;
}

/// Passes each connection on to the next of these servers.
async fn take_turns(proxy: TcpListener, servers: [SocketAddr; 2]) {
    for server in servers.into_iter().cycle() {
        let (mut client, _) = proxy.accept().await.unwrap();
        tokio::spawn(async move {
            let mut server = TcpStream::connect(server).await?;
            copy_bidirectional(&mut client, &mut server).await
        });
    }
}

#[tokio::test]
async fn members_of_a_server_that_shuts_down_leave_the_room() {
    let redis = Redis::start().await;
    let (one, two) = two_servers(&redis).await;
    let mut ada = Client::join(&one, "lobby", "Ada").await;
    let mut bo = Client::join(&two, "lobby", "Bo").await;
    ada.see(&["Ada", "Bo"]).await;
    two.interrupt().await;
    assert_eq!(bo.closed().await.0, 1001);
    drop(bo);
    assert!(two.ended().await.success());
    ada.see(&["Ada"]).await;
}

#[tokio::test]
async fn members_of_a_server_that_is_killed_leave_the_room_some_seconds_later() {
    let redis = Redis::start().await;
    let (one, two) = two_servers(&redis).await;
    let mut ada = Client::join(&one, "lobby", "Ada").await;
    let _bo = Client::join(&two, "lobby", "Bo").await;
    ada.see(&["Ada", "Bo"]).await;
    // The drop kills the server.
    drop(two);
    ada.see(&["Ada"]).await;
}

#[tokio::test]
async fn a_redis_server_that_was_away_is_used_again() {
    let mut redis = Redis::start().await;
    let (one, two) = two_servers(&redis).await;
    let mut ada = Client::join(&one, "lobby", "Ada").await;
    let mut bo = Client::join(&two, "lobby", "Bo").await;
    redis.stop().await;
    ada.say("lost").await;
    ada.receive("failed").await;
    redis.restart().await;
    within(async {
        // The servers try to reach Redis once a second.
        loop {
            ada.say("back").await;
            tokio::select! {
                heard = bo.hear() => break assert_eq!(heard.1, "back"),
                () = sleep(Duration::from_millis(500)) => {}
            }
        }
    })
    .await;
}

#[tokio::test]
async fn without_its_redis_server_it_does_not_start() {
    let mut redis = Redis::start().await;
    let url = redis.url();
    redis.stop().await;
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_chat"))
        .args(["--listen", "127.0.0.1:0", "--bus", &url])
        .output();
    let output = within(output).await.unwrap();
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.starts_with("chat: cannot connect to the Redis server at 127.0.0.1:"), "{error}");
}

/// A server subscribes before it reads the kept events. So it also receives events that are kept
/// and erased between these two steps.
#[tokio::test]
async fn a_server_that_comes_while_the_board_is_emptied_shows_no_old_stroke() {
    let redis = Redis::start().await;
    let one = Server::start(&["--bus", &redis.url()]).await;
    let mut ada = Client::join(&one, "lobby", "Ada").await;

    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", proxy.local_addr().unwrap());
    let (reads, mut reading) = mpsc::unbounded_channel();
    let (go_on, may_read) = watch::channel(false);
    tokio::spawn(hold_reads_back(proxy, redis.address(), reads, may_read));
    let two = Server::start(&["--bus", &url]).await;
    let draw_and_clear = async {
        within(reading.recv()).await.unwrap();
        ada.socket.send([0, 1, 2, 3, 4, 5]).await.unwrap();
        ada.stroke().await;
        ada.send(json!({ "type": "clear" })).await;
        ada.receive("cleared").await;
        go_on.send(true).unwrap();
    };
    let (mut bo, ()) = tokio::join!(Client::join(&two, "lobby", "Bo"), draw_and_clear);

    let later = [5, 4, 3, 2, 1, 0];
    ada.socket.send(later).await.unwrap();
    assert_eq!(bo.stroke().await, later);
}

/// Passes connections on to Redis. Requests for lists wait until `may_read` is true.
async fn hold_reads_back(
    proxy: TcpListener,
    redis: SocketAddr,
    reads: mpsc::UnboundedSender<()>,
    may_read: watch::Receiver<bool>,
) {
    loop {
        let (client, _) = proxy.accept().await.unwrap();
        let (reads, mut may_read) = (reads.clone(), may_read.clone());
        tokio::spawn(async move {
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_redis, mut to_redis) =
                TcpStream::connect(redis).await.unwrap().into_split();
            tokio::spawn(async move { copy(&mut from_redis, &mut to_client).await });
            let mut buffer = vec![0; 4096];
            while let Ok(len @ 1..) = from_client.read(&mut buffer).await {
                if String::from_utf8_lossy(&buffer[..len]).contains("LRANGE") {
                    let _ = reads.send(());
                    may_read.wait_for(|may_read| *may_read).await.unwrap();
                }
                to_redis.write_all(&buffer[..len]).await.unwrap();
            }
        });
    }
}
