//! The generated certificate.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use websocket_proto::tokio::tokio_rustls::rustls::crypto::ring;
use websocket_proto::tokio::tokio_rustls::rustls::pki_types::CertificateDer;
use websocket_proto::tokio::tokio_rustls::rustls::pki_types::pem::PemObject as _;
use websocket_proto::tokio::tokio_rustls::rustls::{ClientConfig, RootCertStore};
use websocket_proto::tokio::{ConnectError, connect_with_tls};

use crate::support::{Client, Server, options, within};

#[tokio::test]
async fn the_chat_works_over_tls_for_those_who_trust_the_certificate() {
    let file = format!("{}/chat.pem", env!("CARGO_TARGET_TMPDIR"));
    let server = Server::start(&["--tls", "--save-certificate", &file]).await;
    assert!(server.url.starts_with("https://"));
    let mut roots = RootCertStore::empty();
    let nobody = connect_with_tls(options(&server), config(roots.clone()));
    assert!(matches!(within(nobody).await, Err(ConnectError::Tls { .. })));

    roots.add(CertificateDer::from_pem_file(&file).unwrap()).unwrap();
    let socket = within(connect_with_tls(options(&server), config(roots))).await.unwrap();
    let mut ada = Client { socket };
    ada.send_join("lobby", "Ada").await;
    ada.say("Hello").await;
    assert_eq!(ada.hear().await, ("Ada".into(), "Hello".into()));
    ada.leave().await;
}

#[tokio::test]
async fn a_client_that_never_begins_the_tls_handshake_does_not_hold_up_the_shutdown() {
    let server = Server::start(&["--tls"]).await;
    let silent = within(TcpStream::connect(server.address())).await.unwrap();
    // The server accepts connections in their order, so it has accepted the silent one.
    let other = connect_with_tls(options(&server), config(RootCertStore::empty()));
    within(other).await.unwrap_err();
    let begin = Instant::now();
    server.interrupt().await;
    assert!(server.ended().await.success());
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    drop(silent);
}

fn config(roots: RootCertStore) -> Arc<ClientConfig> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}
