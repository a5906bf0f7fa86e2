//! The answer to the one request of a connection: a file of the page, whether an invite is valid,
//! or a WebSocket.
//!
//! A page cannot set headers for a WebSocket, so its token must be in the URL or in the list of
//! subprotocols. This chat puts it into the list, as `invite.TOKEN` beside the real subprotocol:
//! servers and proxies write URLs into their logs, but few of them log this header. The server
//! selects the real subprotocol, so the response does not contain the token.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use websocket_proto::tokio::{
    AcceptError, Acceptor, HttpRequest, Incoming, Reply, Request, ServerStream,
};

use crate::Failure;
use crate::login::{Login, LoginError};
use crate::page;
use crate::server::Server;

/// The subprotocol of this chat.
const SUBPROTOCOL: &str = "chat.v1";

/// The text before the token in the list of subprotocols.
const TOKEN_PREFIX: &str = "invite.";

/// How long a client may take to read a response that does not open a WebSocket.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);

/// Answers the request. Returns the WebSocket, or `None` after any other response.
pub(crate) async fn open<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    server: &Server,
) -> Result<Option<ServerStream<S>>, Failure> {
    let mut acceptor = Acceptor::new(stream).config(server.config.clone());
    let reply = match acceptor.incoming().await {
        Ok(Incoming::WebSocket(request)) => decide(&request, &server.login).await,
        Ok(Incoming::Http(request)) => respond(&request, &server.login).await,
        // Browsers open connections in advance, and close some of them without a request.
        Err(AcceptError::Io(_)) => return Ok(None),
        Err(error) => {
            acceptor.finish(RESPONSE_TIMEOUT).await?;
            return Err(error.into());
        }
    };
    match acceptor.reply(reply).await {
        Ok(socket) => Ok(Some(socket)),
        Err(AcceptError::NotWebSocket { .. } | AcceptError::Refused { .. }) => {
            // It is not an error of the server if the client does not read the whole response.
            let _ = acceptor.finish(RESPONSE_TIMEOUT).await;
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Accepts or refuses a request for a WebSocket. It looks the token up, which can take time.
async fn decide(request: &Request<'_>, login: &Login) -> Reply {
    if request.path() != "/chat" {
        return refuse(404, "the WebSocket is at /chat");
    }
    if !login.allows_origin(request.origin(), request.host()) {
        return refuse(403, "pages of this origin may not open a WebSocket here");
    }
    let Some(subprotocol) = request.choose_subprotocol(&[SUBPROTOCOL]) else {
        return refuse(400, "this server needs the subprotocol chat.v1");
    };
    let token = request.subprotocols().find_map(|name| name.strip_prefix(TOKEN_PREFIX));
    match login.check(token).await {
        Ok(()) => Reply::accept().subprotocol(subprotocol),
        Err(error) => refuse_login(error),
    }
}

/// Responds to any other request.
async fn respond(request: &HttpRequest<'_>, login: &Login) -> Reply {
    let path = request.target.split('?').next().unwrap_or_default();
    if !matches!(request.method, "GET" | "HEAD") {
        return refuse(405, "only GET and HEAD are allowed").header("Allow", "GET, HEAD");
    }
    match path {
        // A page does not learn why its WebSocket was refused. So it asks here, with its token in a
        // header.
        "/invite" => match login.check(bearer(request)).await {
            Ok(()) => text(Reply::refuse(200), "the invite is valid"),
            Err(error) => refuse_login(error),
        },
        "/chat" => refuse(426, "this is a WebSocket").header("Upgrade", "websocket"),
        path => page::file(path).unwrap_or_else(|| refuse(404, "there is no such page")),
    }
}

/// Returns the token of `Authorization: Bearer TOKEN`.
fn bearer<'b>(request: &HttpRequest<'b>) -> Option<&'b str> {
    let value = str::from_utf8(request.headers.first("Authorization")?).ok()?;
    value.strip_prefix("Bearer ")
}

fn refuse_login(error: LoginError) -> Reply {
    match error {
        LoginError::Invalid => refuse(401, "the invite is missing or not valid")
            .header("WWW-Authenticate", "Bearer realm=\"chat\""),
        LoginError::Unavailable(error) => {
            eprintln!("cannot look up an invite: {error}");
            refuse(503, "the invite cannot be checked at the moment")
        }
    }
}

fn refuse(status: u16, why: &'static str) -> Reply {
    text(Reply::refuse(status), why)
}

fn text(reply: Reply, body: &'static str) -> Reply {
    reply
        .header("Content-Type", "text/plain; charset=utf-8")
        .header("Cache-Control", "no-store")
        .body(body)
}
