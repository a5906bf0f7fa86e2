//! `wss://` over a real TLS on loopback: whom a client trusts, messages both ways, and how it ends.

use std::net::SocketAddr;
use support::closed;

use crate::identity::Identity;
use crate::peers::{Peer, run};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::rustls::{CertificateError, Error as TlsError};
use tokio_rustls::server::TlsStream;
use websocket_proto::connection::Server;
use websocket_proto::io::{ConnectError, ConnectOptions, Error, UrlErrorKind};
use websocket_proto::tokio::{MaybeTlsStream, WebSocketStream, connect_with_tls, tokio_rustls};
use websocket_proto::{CloseCode, Message, ProtocolError};

type ServerSocket = WebSocketStream<TlsStream<TcpStream>, Server>;

/// A TLS server for one connection.
async fn serve<F: Future + Send + 'static>(
    identity: &Identity,
    serve: impl FnOnce(TlsStream<TcpStream>) -> F + Send + 'static,
) -> (SocketAddr, JoinHandle<Option<F::Output>>)
where
    F::Output: Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let tls = identity.server();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        match tls.accept(stream).await {
            Ok(stream) => Some(serve(stream).await),
            Err(_) => None,
        }
    });
    (address, server)
}

/// Echoes until the client closes; what it says of the end.
async fn echo(stream: TlsStream<TcpStream>) -> Result<(), Error> {
    let mut socket = WebSocketStream::accept(stream).await.unwrap();
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_data() {
            socket.feed(message).await?;
        }
    }
    socket.finish().await
}

fn options(host: &str, address: SocketAddr) -> ConnectOptions {
    ConnectOptions::new(&format!("wss://{host}:{}/", address.port())).unwrap()
}

#[test]
fn messages_are_echoed_and_the_connection_is_closed_on_both_sides() {
    run(async {
        let identity = Identity::of(&["localhost"]);
        let (address, server) = serve(&identity, echo).await;
        let options = options("localhost", address);
        let mut socket = connect_with_tls(options, identity.client()).await.unwrap();
        assert_eq!(socket.stream().tcp().peer_addr().unwrap(), address);
        for message in [Message::from("grüß dich"), Message::binary(vec![0xa5; 300])] {
            socket.send(message.clone()).await.unwrap();
            assert_eq!(socket.next().await.unwrap().unwrap(), message);
        }
        closed(&mut socket, CloseCode::NORMAL, "done").await.unwrap();
        assert!(socket.next().await.is_none());
        assert!(matches!(server.await.unwrap(), Some(Ok(()))));
    });
}

#[test]
fn large_messages_go_both_ways_at_once() {
    const COUNT: u8 = 4;
    fn large(seed: u8) -> Message {
        let bytes = (0_u32..1 << 20).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8);
        Message::binary(bytes.map(|byte| byte ^ seed).collect::<Vec<_>>())
    }
    run(async {
        let identity = Identity::of(&["localhost"]);
        let (address, server) = serve(&identity, echo).await;
        let options = options("localhost", address);
        let socket = connect_with_tls(options, identity.client()).await.unwrap();
        let (mut reader, mut writer) = socket.into_split();
        let sender = tokio::spawn(async move {
            for seed in 0..COUNT {
                writer.send(large(seed)).await.unwrap();
            }
            writer
        });
        for seed in 0..COUNT {
            // Not assert_eq, which would print them.
            assert!(reader.next().await.unwrap().unwrap() == large(seed));
        }
        let mut socket = reader.reunite(sender.await.unwrap()).unwrap();
        closed(&mut socket, CloseCode::NORMAL, "").await.unwrap();
        assert!(matches!(server.await.unwrap(), Some(Ok(()))));
    });
}

#[test]
fn the_server_learns_the_name_it_is_wanted_for_but_not_an_address() {
    run(async {
        let identity = Identity::of(&["localhost", "127.0.0.1"]);
        for (host, expected) in [("localhost", Some("localhost")), ("127.0.0.1", None)] {
            let (address, server) = serve(&identity, |stream| async move {
                let name = stream.get_ref().1.server_name().map(str::to_owned);
                echo(stream).await.unwrap();
                name
            })
            .await;
            let connected = connect_with_tls(options(host, address), identity.client()).await;
            closed(&mut connected.unwrap(), CloseCode::NORMAL, "").await.unwrap();
            assert_eq!(server.await.unwrap().unwrap().as_deref(), expected);
        }
    });
}

#[test]
fn a_certificate_for_another_host_is_refused() {
    run(async {
        let identity = Identity::of(&["elsewhere.test", "192.0.2.1"]);
        for host in ["localhost", "127.0.0.1"] {
            let (address, _server) = serve(&identity, echo).await;
            let refused = connect_with_tls(options(host, address), identity.client()).await;
            match refused {
                Err(ConnectError::Tls { error, .. }) => match error.downcast_ref().unwrap() {
                    TlsError::InvalidCertificate(
                        CertificateError::NotValidForName
                        | CertificateError::NotValidForNameContext { .. },
                    ) => {}
                    error => panic!("{host}: {error:?}"),
                },
                refused => panic!("{host}: {refused:?}"),
            }
        }
    });
}

#[test]
fn a_certificate_of_nobody_trusted_is_refused() {
    run(async {
        let (address, server) = serve(&Identity::of(&["localhost"]), echo).await;
        let config = Identity::of(&["localhost"]).client();
        let refused = connect_with_tls(options("localhost", address), config).await;
        let Err(error @ ConnectError::Tls { .. }) = refused else { panic!("{refused:?}") };
        assert_eq!(
            error.to_string(),
            format!("cannot open a TLS session with localhost:{}", address.port())
        );
        let cause = std::error::Error::source(&error).unwrap();
        assert!(matches!(cause.downcast_ref(), Some(TlsError::InvalidCertificate(_))), "{cause:?}");
        assert!(server.await.unwrap().is_none());
    });
}

#[test]
fn a_server_without_tls_is_no_wss_server() {
    let server = Peer::answering_and_waiting("HTTP/1.1 400 Bad Request\r\n\r\n");
    let config = Identity::of(&["localhost"]).client();
    let refused = run(connect_with_tls(options("localhost", server.address), config));
    assert!(matches!(refused, Err(ConnectError::Tls { .. })), "{refused:?}");
}

#[test]
fn a_host_that_no_certificate_can_name_is_refused_before_anything_is_opened() {
    let config = Identity::of(&["localhost"]).client();
    let options = ConnectOptions::new("wss://two..dots/").unwrap();
    let refused = run(connect_with_tls(options, config));
    let Err(ConnectError::Url(error)) = refused else { panic!("{refused:?}") };
    assert_eq!(error.kind(), UrlErrorKind::ServerName);
}

#[test]
fn ws_needs_no_tls_whatever_the_configuration() {
    let server = Peer::echo();
    run(async {
        let options = ConnectOptions::new(&server.ws()).unwrap();
        let config = Identity::of(&["localhost"]).client();
        let mut socket = connect_with_tls(options, config).await.unwrap();
        assert!(matches!(socket.stream(), MaybeTlsStream::Plain(_)));
        closed(&mut socket, CloseCode::NORMAL, "").await.unwrap();
    });
}

#[test]
fn how_tls_ends_has_no_meaning_behind_the_closing_handshake() {
    run(async {
        let identity = Identity::of(&["localhost"]);
        let (address, _server) = serve(&identity, |stream| async move {
            let mut socket = WebSocketStream::accept(stream).await.unwrap();
            assert!(matches!(socket.next().await, Some(Ok(Message::Close(_)))));
            socket.flush().await.unwrap();
            drop(without_close_notify(socket));
        })
        .await;
        let options = options("localhost", address);
        let mut socket = connect_with_tls(options, identity.client()).await.unwrap();
        closed(&mut socket, CloseCode::NORMAL, "").await.unwrap();
    });
}

#[test]
fn an_end_before_the_closing_handshake_is_told_from_one_that_somebody_forged() {
    async fn receive_from<F: Future<Output = ()> + Send + 'static>(
        end: impl FnOnce(ServerSocket) -> F + Send + 'static,
    ) -> Option<Result<Message, Error>> {
        let identity = Identity::of(&["localhost"]);
        let (address, _server) = serve(&identity, |stream| async move {
            end(WebSocketStream::accept(stream).await.unwrap()).await;
        })
        .await;
        let options = options("localhost", address);
        let mut socket = connect_with_tls(options, identity.client()).await.unwrap();
        socket.next().await
    }
    run(async {
        // With close_notify (RFC 8446 6.1): it was the server that ended it.
        let ended = receive_from(|mut socket| async move {
            socket.stream_mut().shutdown().await.unwrap();
        })
        .await;
        assert!(
            matches!(ended, Some(Err(Error::Protocol(ProtocolError::UnexpectedEof)))),
            "{ended:?}"
        );
        // Without it anybody on the way may have.
        let cut = receive_from(|socket| async move { drop(without_close_notify(socket)) }).await;
        match cut {
            Some(Err(error @ Error::Io(_))) => {
                assert!(error.is_disconnected(), "{error:?}");
                assert_eq!(error.close_code(), Some(CloseCode::ABNORMAL));
            }
            cut => panic!("{cut:?}"),
        }
    });
}

/// The TCP connection, on which nothing more will be said of TLS.
fn without_close_notify(socket: ServerSocket) -> TcpStream {
    socket.into_parts().stream.into_inner().0
}

#[test]
fn a_refusal_that_ends_without_close_notify_is_one_all_the_same() {
    run(async {
        let identity = Identity::of(&["localhost"]);
        let (address, _server) = serve(&identity, |mut stream| async move {
            let mut head = [0; 4096];
            let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut head).await.unwrap();
            stream.write_all(b"HTTP/1.1 503 Busy\r\n\r\nlater").await.unwrap();
            stream.flush().await.unwrap();
            drop(stream.into_inner().0);
        })
        .await;
        let refused = connect_with_tls(options("localhost", address), identity.client()).await;
        match refused {
            Err(ConnectError::Refused { answer, .. }) => {
                assert_eq!((answer.status, &answer.body[..]), (503, &b"later"[..]));
            }
            refused => panic!("{refused:?}"),
        }
    });
}

#[test]
fn wss_goes_through_a_proxy() {
    run(async {
        let identity = Identity::of(&["server.test"]);
        let (address, server) = serve(&identity, echo).await;
        let proxy = Peer::proxy_to(address, "HTTP/1.1 200 OK\r\n\r\n");
        let options = ConnectOptions::new("wss://server.test/")
            .unwrap()
            .proxy(&format!("http://bob:secret@{}", proxy.address))
            .unwrap();
        let mut socket = connect_with_tls(options, identity.client()).await.unwrap();
        let expected = "CONNECT server.test:443 HTTP/1.1\r\nHost: server.test:443\r\n\
             Proxy-Authorization: Basic Ym9iOnNlY3JldA==\r\n\r\n";
        assert_eq!(proxy.head(), expected);
        socket.send("Hello").await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::from("Hello"));
        closed(&mut socket, CloseCode::NORMAL, "").await.unwrap();
        assert!(matches!(server.await.unwrap(), Some(Ok(()))));
    });
}

#[test]
fn a_proxy_that_refuses_wss_says_why() {
    use websocket_proto::io::ProxyError;

    let proxy = Peer::answering("HTTP/1.1 407 Who?\r\nContent-Length: 4\r\n\r\nyou?");
    let options = ConnectOptions::new("wss://server.test/").unwrap();
    let options = options.proxy(&format!("http://{}", proxy.address)).unwrap();
    match run(connect_with_tls(options, Identity::of(&["server.test"]).client())) {
        Err(ConnectError::Proxy { error: ProxyError::Refused(answer), .. }) => {
            assert_eq!((answer.status, &answer.body[..]), (407, &b"you?"[..]));
        }
        refused => panic!("{refused:?}"),
    }
}

/// Also: it needs no crypto provider of the process, of which there is none here.
#[cfg(feature = "webpki-roots")]
#[test]
fn connect_trusts_the_roots_that_are_compiled_in_and_no_others() {
    run(async {
        let (address, server) = serve(&Identity::of(&["localhost"]), echo).await;
        let url = format!("wss://localhost:{}/", address.port());
        let refused = websocket_proto::tokio::connect(&url).await;
        assert!(matches!(refused, Err(ConnectError::Tls { .. })), "{refused:?}");
        assert!(server.await.unwrap().is_none());
    });
}

/// Those that OpenSSL's environment variable names, read by a process of their own: this test
/// again, which finds the URL in another.
#[cfg(all(feature = "rustls-native-certs", target_os = "linux"))]
#[test]
fn connect_trusts_the_roots_of_the_system() {
    const NAME: &str = "tls::connect_trusts_the_roots_of_the_system";
    const URL: &str = "WEBSOCKET_PROTO_TEST_URL";
    run(async {
        if let Ok(url) = std::env::var(URL) {
            let mut socket = websocket_proto::tokio::connect(&url).await.unwrap();
            return closed(&mut socket, CloseCode::NORMAL, "").await.unwrap();
        }
        let identity = Identity::of(&["localhost"]);
        let (address, server) = serve(&identity, echo).await;
        let roots = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("roots.pem");
        std::fs::write(&roots, identity.pem()).unwrap();
        let mut process = tokio::process::Command::new(std::env::current_exe().unwrap());
        process.args([NAME, "--exact"]).env("SSL_CERT_FILE", &roots);
        process.env(URL, format!("wss://localhost:{}/", address.port()));
        let output = process.output().await.unwrap();
        assert!(output.status.success(), "{output:?}");
        assert!(matches!(server.await.unwrap(), Some(Ok(()))));
    });
}
