//! Who may enter.

use websocket_proto::tokio::ConnectError;

use crate::support::{Client, Server, connect, options, with_subprotocols};

/// Returns the status of the refusal, and its body.
fn refusal(refused: Result<Client, ConnectError>) -> (u16, String) {
    match refused.err().expect("a refusal") {
        ConnectError::Refused { answer, .. } => {
            (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
        }
        error => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn a_client_without_a_valid_invite_gets_401() {
    let server = Server::start(&[]).await;
    let wrong = "invite.00000000000000000000000000000000";
    for subprotocols in [&["chat.v1"][..], &["chat.v1", wrong], &["chat.v1", "invite."]] {
        let (status, body) = refusal(connect(with_subprotocols(&server, subprotocols)).await);
        assert_eq!(status, 401, "{subprotocols:?}");
        assert_eq!(body, "the invite is missing or not valid");
    }
}

#[tokio::test]
async fn the_server_agrees_on_the_subprotocol_and_does_not_repeat_the_invite() {
    let server = Server::start(&[]).await;
    let client = connect(options(&server)).await.unwrap();
    assert_eq!(client.socket.subprotocol(), Some("chat.v1"));
    assert!(client.socket.deflate_terms().is_some());

    let only_invite = [&*format!("invite.{}", server.invite)];
    let (status, _) = refusal(connect(with_subprotocols(&server, &only_invite)).await);
    assert_eq!(status, 400);
}

#[tokio::test]
async fn a_page_of_another_origin_gets_403() {
    let server = Server::start(&[]).await;
    let from = |origin: &str| connect(options(&server).origin(origin).unwrap());
    from(&server.url).await.unwrap();
    let (status, body) = refusal(from("https://example.com").await);
    assert_eq!((status, &*body), (403, "pages of this origin may not open a WebSocket here"));
}

#[tokio::test]
async fn behind_a_proxy_the_origin_is_that_of_the_given_url() {
    let server = Server::start_behind(&["--url", "https://chat.example/"]).await;
    let from = |origin: &str| connect(options(&server).origin(origin).unwrap());
    from("https://chat.example").await.unwrap();
    assert_eq!(refusal(from("https://example.com").await).0, 403);
}

#[tokio::test]
async fn the_page_can_ask_whether_its_invite_is_valid() {
    let server = Server::start(&[]).await;
    let valid = format!("Authorization: Bearer {}\r\n", server.invite);
    let response = server.request("GET", "/invite", &valid).await;
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
    for wrong in ["", "Authorization: Bearer x\r\n", "Authorization: Basic eA==\r\n"] {
        let response = server.request("GET", "/invite", wrong).await;
        assert!(response.starts_with("HTTP/1.1 401 "), "{response}");
    }
}
