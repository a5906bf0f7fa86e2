//! TLS over rustls: the trusted certificates and the handshake.

use alloc::borrow::ToOwned as _;
use alloc::boxed::Box;
use std::io;

use ::tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::ServerName;

use super::MaybeTlsStream;
use crate::io::{ConnectError, UrlError};

/// Returns the name that the certificate of the server must have: a host name or an IP address. A
/// host name is also sent unencrypted ([RFC 6066](https://www.rfc-editor.org/rfc/rfc6066), section
/// 3).
pub(super) fn server_name(host: &str) -> Result<ServerName<'static>, UrlError> {
    ServerName::try_from(host.to_owned()).map_err(|_| UrlError::ServerName)
}

pub(super) async fn handshake(
    connector: &TlsConnector,
    name: ServerName<'static>,
    stream: TcpStream,
) -> Result<MaybeTlsStream, ConnectError> {
    let stream = connector.connect(name, stream).await.map_err(as_tls_error)?;
    Ok(MaybeTlsStream::Tls(Box::new(stream)))
}

/// Tells an error of TLS from an error of the transport.
fn as_tls_error(error: io::Error) -> ConnectError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(inner) => ConnectError::Tls(inner.clone()),
        None => ConnectError::Io(error),
    }
}

#[cfg(not(any(feature = "webpki-roots", feature = "rustls-native-certs")))]
pub(super) async fn connector() -> Result<TlsConnector, ConnectError> {
    Err(ConnectError::NoRoots)
}

#[cfg(any(feature = "webpki-roots", feature = "rustls-native-certs"))]
pub(super) use with_roots::connector;

#[cfg(any(feature = "webpki-roots", feature = "rustls-native-certs"))]
mod with_roots {
    use alloc::sync::Arc;
    use alloc::vec;
    use std::sync::OnceLock;

    use tokio_rustls::TlsConnector;
    use tokio_rustls::rustls::crypto::ring;
    use tokio_rustls::rustls::{ClientConfig, RootCertStore};

    use crate::io::ConnectError;

    /// The configuration of the process. It is created once, because there are many roots, and
    /// because a second connection to a server can then resume the session of the first.
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();

    pub(in crate::tokio) async fn connector() -> Result<TlsConnector, ConnectError> {
        if let Some(config) = CONFIG.get() {
            return Ok(config.clone().into());
        }
        let config = config(roots().await?)?;
        Ok(CONFIG.get_or_init(|| Arc::new(config)).clone().into())
    }

    fn config(roots: RootCertStore) -> Result<ClientConfig, ConnectError> {
        // The default provider of the process may not be set, so this names one.
        let provider = Arc::new(ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(ConnectError::Tls)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        // The protocol of the opening handshake ([RFC
        // 7301](https://www.rfc-editor.org/rfc/rfc7301), section 6), for a server that supports
        // several protocols.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    #[cfg(not(feature = "rustls-native-certs"))]
    async fn roots() -> Result<RootCertStore, ConnectError> {
        Ok(compiled_in())
    }

    /// Reads the roots of the operating system. They are files, so another thread reads them.
    #[cfg(feature = "rustls-native-certs")]
    async fn roots() -> Result<RootCertStore, ConnectError> {
        let native = ::tokio::task::spawn_blocking(rustls_native_certs::load_native_certs);
        let native = native.await.map_err(std::io::Error::other)?;
        let mut roots = compiled_in();
        // Some systems have certificates that cannot be parsed. They are skipped.
        roots.add_parsable_certificates(native.certs);
        match native.errors.into_iter().next() {
            Some(error) if roots.is_empty() => Err(std::io::Error::other(error).into()),
            None if roots.is_empty() => Err(ConnectError::NoRoots),
            _ => Ok(roots),
        }
    }

    #[cfg(feature = "webpki-roots")]
    fn compiled_in() -> RootCertStore {
        RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
    }

    #[cfg(not(feature = "webpki-roots"))]
    fn compiled_in() -> RootCertStore {
        RootCertStore::empty()
    }
}
