//! Certificates that are made for a test, and TLS configurations that have or trust them.

use std::sync::Arc;

use rcgen::{CertifiedKey, KeyPair};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use websocket_proto::tokio::tokio_rustls;

/// A certificate, signed by itself, and its key.
pub(crate) struct Identity(CertifiedKey<KeyPair>);

impl Identity {
    /// One for these names and addresses.
    pub(crate) fn of(names: &[&str]) -> Self {
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        Self(rcgen::generate_simple_self_signed(names).unwrap())
    }

    #[cfg(all(feature = "rustls-native-certs", target_os = "linux"))]
    pub(crate) fn pem(&self) -> String {
        self.0.cert.pem()
    }

    /// A server that is this.
    pub(crate) fn server(&self) -> tokio_rustls::TlsAcceptor {
        let key = self.0.signing_key.serialize_der().try_into().unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.0.cert.der().clone()], key)
            .unwrap();
        Arc::new(config).into()
    }

    /// A client that trusts this, and nobody else.
    pub(crate) fn client(&self) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.cert.der().clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Arc::new(config)
    }
}
