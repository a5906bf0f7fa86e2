//! Servers and proxies over the loopback interface, each in threads of its own that end with the
//! test, and a client of each adapter.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;
#[cfg(feature = "tokio")]
use support::closed;

use websocket_proto::blocking::{self, WebSocketStream};
use websocket_proto::io::{ConnectError, ConnectOptions};
use websocket_proto::websocket::Config;
use websocket_proto::{CloseCode, Message};

/// How long anything may take before a test fails for it: much longer than it does.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// A server or proxy, and the heads of the requests that it gets.
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    heads: Receiver<String>,
}

impl Peer {
    /// Serves each connection in a thread.
    pub(crate) fn start(
        serve: impl Fn(TcpStream, Sender<String>) + Clone + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        Self::listen(listener, serve)
    }

    pub(crate) fn listen(
        listener: TcpListener,
        serve: impl Fn(TcpStream, Sender<String>) + Clone + Send + 'static,
    ) -> Self {
        let address = listener.local_addr().expect("it is bound");
        let (seen, heads) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (serve, seen) = (serve.clone(), seen.clone());
                thread::spawn(move || serve(stream, seen));
            }
        });
        Self { address, heads }
    }

    /// A server that reads a head, writes this, and hangs up.
    pub(crate) fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |mut stream, seen| {
            let _ = seen.send(read_head(&mut stream));
            let _ = stream.write_all(&answer);
            let _ = stream.shutdown(Shutdown::Write);
            // Not reset before the client has read it.
            let _ = io::copy(&mut stream, &mut io::sink());
        })
    }

    /// A server that never says anything.
    pub(crate) fn silent() -> Self {
        Self::answering_and_waiting("")
    }

    /// A server that writes this, then nothing, and does not hang up.
    pub(crate) fn answering_and_waiting(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |mut stream, _| {
            let _ = stream.write_all(&answer);
            let _ = io::copy(&mut stream, &mut io::sink());
        })
    }

    /// A WebSocket server that echoes.
    pub(crate) fn echo() -> Self {
        Self::listen(TcpListener::bind("127.0.0.1:0").expect("a free port"), echo)
    }

    /// A proxy that connects everybody to `server`, whatever its name, and says so with `answer`.
    pub(crate) fn proxy_to(server: SocketAddr, answer: &'static str) -> Self {
        Self::start(move |mut client, seen| {
            let _ = seen.send(read_head(&mut client));
            let Ok(server) = TcpStream::connect(server) else { return };
            let _ = client.write_all(answer.as_bytes());
            relay(client, server);
        })
    }

    pub(crate) fn ws(&self) -> String {
        format!("ws://{}/", self.address)
    }

    /// The head of the next request that it has got.
    pub(crate) fn head(&self) -> String {
        self.heads.recv_timeout(LIMIT).expect("a request")
    }
}

/// Echoes, and notes the headers of the request, each in a line.
pub(crate) fn echo(stream: TcpStream, seen: Sender<String>) {
    let accepted = WebSocketStream::accept_with(stream, Config::new(), |request| {
        let mut head = format!("GET {}\r\n", request.target());
        for header in request.headers().iter() {
            head += &format!("{}: {}\r\n", header.name, header.value.escape_ascii());
        }
        let _ = seen.send(head);
        let reply = websocket_proto::io::Reply::accept();
        match request.subprotocols().next() {
            Some(offered) => reply.subprotocol(offered),
            None => reply,
        }
    });
    let Ok(mut socket) = accepted else { return };
    while let Ok(Some(message)) = socket.read() {
        if message.is_data() && socket.send(message).is_err() {
            break;
        }
    }
    let _ = socket.finish();
}

/// Reads up to the blank line, and not further.
pub(crate) fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
        head.push(byte[0]);
    }
    String::from_utf8(head).expect("these clients write ASCII")
}

/// Passes bytes on in both directions, until both have ended.
pub(crate) fn relay(client: TcpStream, server: TcpStream) {
    let pass = |mut from: TcpStream, mut to: TcpStream| {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    };
    let back = (server.try_clone().expect("a handle"), client.try_clone().expect("a handle"));
    let thread = thread::spawn(move || pass(back.0, back.1));
    pass(client, server);
    let _ = thread.join();
}

/// What each adapter makes of the options: `Ok` when "Hello" was echoed and the connection closed.
/// For `ws` only.
pub(crate) fn by_each_adapter(
    options: &ConnectOptions,
) -> Vec<(&'static str, Result<Option<String>, ConnectError>)> {
    vec![
        ("blocking", by_blocking(options.clone())),
        #[cfg(feature = "tokio")]
        ("tokio", by_tokio(options.clone())),
    ]
}

pub(crate) fn by_blocking(options: ConnectOptions) -> Result<Option<String>, ConnectError> {
    let mut socket = blocking::connect(options)?;
    socket.send("Hello").unwrap();
    assert_eq!(socket.read().unwrap(), Some(Message::from("Hello")));
    socket.close(CloseCode::NORMAL, "").unwrap();
    while socket.read().unwrap().is_some() {}
    Ok(socket.subprotocol().map(str::to_owned))
}

#[cfg(feature = "tokio")]
fn by_tokio(options: ConnectOptions) -> Result<Option<String>, ConnectError> {
    run(async {
        let mut socket = websocket_proto::tokio::connect(options).await?;
        socket.send("Hello").await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::from("Hello"));
        closed(&mut socket, CloseCode::NORMAL, "").await.unwrap();
        Ok(socket.subprotocol().map(str::to_owned))
    })
}

/// Runs a future, for [`LIMIT`] at most.
#[cfg(feature = "tokio")]
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(LIMIT, future).await.expect("it hangs") })
}
