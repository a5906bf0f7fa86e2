//! TLS with a certificate that is generated at the start.

use std::path::Path;
use std::sync::Arc;

use websocket_proto::tokio::tokio_rustls::TlsAcceptor;
use websocket_proto::tokio::tokio_rustls::rustls::ServerConfig;
use websocket_proto::tokio::tokio_rustls::rustls::crypto::ring;

use crate::Failure;

/// The names in the certificate, which is only for tests on one machine.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Generates a certificate, and writes it to `file` if there is one.
pub(crate) fn generated(file: Option<&Path>) -> Result<TlsAcceptor, Failure> {
    let made = rcgen::generate_simple_self_signed(NAMES.map(String::from))?;
    if let Some(file) = file {
        std::fs::write(file, made.cert.pem())
            .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    }
    let mut config = ServerConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.into()], made.signing_key.into())?;
    // This server supports only HTTP/1.1.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
