//! The generated certificate.

use std::sync::Arc;

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

fn config(roots: RootCertStore) -> Arc<ClientConfig> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}
