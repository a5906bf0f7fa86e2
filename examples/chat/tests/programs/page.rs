//! The page, on the port of the WebSocket.

use crate::support::Server;

#[tokio::test]
async fn the_page_and_its_files_are_served_with_their_types() {
    let server = Server::start(&[]).await;
    for (path, content_type) in [
        ("/", "text/html"),
        ("/?x=1", "text/html"),
        ("/style.css", "text/css"),
        ("/chat.js", "text/javascript"),
        ("/connection.js", "text/javascript"),
        ("/board.js", "text/javascript"),
        ("/icon.svg", "image/svg+xml"),
    ] {
        let response = server.request("GET", path, "").await;
        assert!(response.starts_with("HTTP/1.1 200 "), "{path}: {response}");
        assert!(response.contains(&format!("Content-Type: {content_type}; charset=utf-8\r\n")));
        assert!(response.contains("Content-Security-Policy: default-src 'none'; "));
    }
    let response = server.request("HEAD", "/", "").await;
    assert!(response.ends_with("\r\n\r\n"), "{response}");
}

#[tokio::test]
async fn other_requests_are_refused() {
    let server = Server::start(&[]).await;
    for (method, path, status) in
        [("GET", "/nowhere", 404), ("POST", "/", 405), ("GET", "/chat", 426)]
    {
        let response = server.request(method, path, "").await;
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {response}");
    }
}
