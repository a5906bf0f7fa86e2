//! The files of the page, which are compiled into the program.

use websocket_proto::tokio::Reply;

/// The page can load files and open WebSockets only from its own origin. Even if the page inserted
/// the text of a member as HTML, a script in this text would not run.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Returns the response with a file of the page, or `None` if there is no such file.
pub(crate) fn file(path: &str) -> Option<Reply> {
    let (content_type, body) = match path {
        "/" => ("text/html", include_str!("../page/index.html")),
        "/style.css" => ("text/css", include_str!("../page/style.css")),
        "/chat.js" => ("text/javascript", include_str!("../page/chat.js")),
        "/connection.js" => ("text/javascript", include_str!("../page/connection.js")),
        "/board.js" => ("text/javascript", include_str!("../page/board.js")),
        "/icon.svg" => ("image/svg+xml", include_str!("../page/icon.svg")),
        _ => return None,
    };
    let reply = Reply::refuse(200)
        .header("Content-Type", format!("{content_type}; charset=utf-8"))
        .header("Cache-Control", "no-cache")
        .header("Content-Security-Policy", POLICY)
        .header("Referrer-Policy", "no-referrer")
        .header("X-Content-Type-Options", "nosniff")
        .body(body);
    Some(reply)
}
