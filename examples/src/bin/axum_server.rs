//! An echo server on axum, with an extractor for requests that ask for a WebSocket.
//!
//! `axum_server [ADDR] [--max-message-size BYTES] [--compress]`

use std::error::Error;
use std::io;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt as _;
use bytes::BytesMut;
use examples::arguments;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use websocket_proto::http::{Offer, OfferError};
use websocket_proto::tokio::{Config, Server, ServerStream, WebSocketStream};

type Socket = ServerStream<TokioIo<Upgraded>>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (address, config) = arguments::parse()?;
    let listener = TcpListener::bind(address).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    Ok(serve(listener, config).await?)
}

async fn serve(listener: TcpListener, config: Config) -> io::Result<()> {
    let router = Router::new().route("/", get(chat)).with_state(config);
    // axum goes on after a failed `accept`. Small messages leave at once, because Nagle's algorithm
    // is switched off. If the switch fails, the connection is only slower.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, router).await
}

/// The handler. axum answers other paths, and methods other than GET, by itself.
async fn chat(State(config): State<Config>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.open(config, "echo", async |socket| {
        if let Err(error) = echo(socket).await {
            eprintln!("{error}");
        }
    })
}

/// Extracts a request for a WebSocket. Any other request gets a response that tells its fault.
struct WebSocketUpgrade {
    offer: Offer,
    on_upgrade: OnUpgrade,
}

impl<S: Sync> FromRequestParts<S> for WebSocketUpgrade {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        // This server speaks HTTP/1.1, which has no `:protocol`.
        let offer = Offer::from_parts(parts, None);
        let offer = offer.map_err(|error| error.response().into_response())?;
        match (offer, parts.extensions.remove::<OnUpgrade>()) {
            (Some(offer), Some(on_upgrade)) => Ok(Self { offer, on_upgrade }),
            _ => Err(OfferError::NotWebSocket(parts.version).response().into_response()),
        }
    }
}

impl WebSocketUpgrade {
    /// Returns the response that opens the WebSocket, with this subprotocol if the client offers
    /// it. `run` gets the WebSocket as soon as the response is written.
    fn open<F>(
        self,
        config: Config,
        subprotocol: &str,
        run: impl FnOnce(Socket) -> F + Send + 'static,
    ) -> Response
    where
        F: Future<Output = ()> + Send,
    {
        let accept = self.offer.accept().choose_subprotocol(&[subprotocol]);
        let (response, opened) = accept.deflate(config.deflate_preferences()).open();
        tokio::spawn(async move {
            match self.on_upgrade.await {
                Ok(upgraded) => {
                    let stream = TokioIo::new(upgraded);
                    let input = BytesMut::new();
                    run(WebSocketStream::from_parts(stream, Server, config, opened, input)).await;
                }
                Err(error) => eprintln!("{error}"),
            }
        });
        response.map(|()| Body::empty())
    }
}

async fn echo(mut socket: Socket) -> Result<(), Box<dyn Error + Send + Sync>> {
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_data() {
            socket.feed(message).await?;
        }
    }
    Ok(())
}
