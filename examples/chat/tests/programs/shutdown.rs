//! The graceful shutdown.

use websocket_proto::tokio::connect_tcp;

use crate::support::{Client, Server, connect, options, within};

#[tokio::test]
async fn every_member_gets_1001_and_the_server_ends_when_they_have_gone() {
    let server = Server::start(&[]).await;
    let mut members = Vec::new();
    for name in ["Ada", "Bo", "Cy"] {
        members.push(Client::join(&server, "lobby", name).await);
    }
    // Connections that have not joined, or have not sent a request, do not delay the shutdown.
    members.push(connect(options(&server)).await.unwrap());
    let idle = within(connect_tcp(&options(&server))).await.unwrap();

    server.interrupt().await;
    for member in &mut members {
        assert_eq!(member.closed().await, (1001, "the server shuts down".into()));
        assert!(within(member.socket.next()).await.is_none());
    }
    let options = options(&server);
    assert!(server.ended().await.success());
    assert!(connect(options).await.is_err());
    drop(idle);
}
