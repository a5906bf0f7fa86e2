//! The server of the crate `fastwebsockets`, on hyper.

use std::convert::Infallible;
use std::error::Error;

use fastwebsockets::{FragmentCollector, Frame, OpCode, Payload, WebSocketError, upgrade};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::header::HeaderValue;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on ws://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let connection = http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service_fn(answer))
            .with_upgrades();
        tokio::spawn(connection);
    }
}

async fn answer(mut request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, Infallible> {
    let Ok((mut response, upgraded)) = upgrade::upgrade(&mut request) else {
        let mut refusal = Response::new(Empty::new());
        *refusal.status_mut() = hyper::StatusCode::BAD_REQUEST;
        return Ok(refusal);
    };
    let offered = request.headers().get("Sec-WebSocket-Protocol");
    if offered.is_some_and(|value| value.as_bytes().ends_with(b"echo")) {
        response.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("echo"));
    }
    tokio::spawn(async {
        // The client shows what went wrong.
        let _ = echo(upgraded).await;
    });
    Ok(response)
}

async fn echo(upgraded: upgrade::UpgradeFut) -> Result<(), WebSocketError> {
    let mut socket = FragmentCollector::new(upgraded.await?);
    loop {
        let Frame { opcode, payload, .. } = socket.read_frame().await?;
        match (opcode, &*payload) {
            (OpCode::Text, b"fragments") => {
                for (opcode, fin, payload) in [
                    (OpCode::Text, false, "one "),
                    (OpCode::Continuation, false, "two "),
                    (OpCode::Continuation, true, "three"),
                ] {
                    let payload = Payload::Borrowed(payload.as_bytes());
                    socket.write_frame(Frame::new(fin, opcode, None, payload)).await?;
                }
            }
            (OpCode::Text, b"ping") => {
                let payload = Payload::Borrowed(b"interop");
                socket.write_frame(Frame::new(true, OpCode::Ping, None, payload)).await?;
            }
            (OpCode::Text, b"close") => socket.write_frame(Frame::close(4000, b"bye")).await?,
            (OpCode::Pong, _) => socket.write_frame(Frame::text(payload)).await?,
            // It is answered already.
            (OpCode::Close, _) => return Ok(()),
            (OpCode::Text | OpCode::Binary, _) => {
                socket.write_frame(Frame::new(true, opcode, None, payload)).await?;
            }
            _ => {}
        }
    }
}
