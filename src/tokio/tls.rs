//! TLS over rustls: the trusted certificates and the handshake.

use alloc::borrow::ToOwned as _;
use alloc::boxed::Box;
use std::io;

use ::tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::ServerName;

use super::MaybeTlsStream;
use crate::io::{ConnectError, ConnectOptions, ConnectStep, UrlError, UrlErrorKind};

/// Returns the name that the certificate of the server must have: a host name or an IP address. A
/// host name is also sent unencrypted ([RFC 6066](https://www.rfc-editor.org/rfc/rfc6066), section
/// 3).
pub(super) fn server_name(options: &ConnectOptions) -> Result<ServerName<'static>, UrlError> {
    ServerName::try_from(options.host().to_owned())
        .map_err(|_| options.url_error(UrlErrorKind::ServerName))
}

pub(super) async fn handshake(
    connector: &TlsConnector,
    name: ServerName<'static>,
    stream: TcpStream,
    step: &ConnectStep,
) -> Result<MaybeTlsStream, ConnectError> {
    let connected = connector.connect(name, stream).await;
    let stream = connected.map_err(|error| as_tls_error(error, step))?;
    Ok(MaybeTlsStream::Tls(Box::new(stream)))
}

/// Tells an error of TLS from an error of the transport.
fn as_tls_error(error: io::Error, step: &ConnectStep) -> ConnectError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(inner) => ConnectError::Tls { step: step.clone(), error: Box::new(inner.clone()) },
        None => step.failed(error),
    }
}

#[cfg(not(any(feature = "webpki-roots", feature = "rustls-native-certs")))]
pub(super) async fn connector(_: &ConnectStep) -> Result<TlsConnector, ConnectError> {
    Err(ConnectError::NoRoots)
}

#[cfg(any(feature = "webpki-roots", feature = "rustls-native-certs"))]
pub(super) use with_roots::connector;

#[cfg(any(feature = "webpki-roots", feature = "rustls-native-certs"))]
mod with_roots {
    use alloc::boxed::Box;
    use alloc::sync::Arc;
    use alloc::vec;
    use core::error::Error;
    use std::sync::OnceLock;

    use tokio_rustls::TlsConnector;
    use tokio_rustls::rustls::crypto::ring;
    use tokio_rustls::rustls::{ClientConfig, RootCertStore};

    use crate::io::{ConnectError, ConnectStep};

    /// The configuration of the process. It is created once, because there are many roots, and
    /// because a second connection to a server can then resume the session of the first.
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();

    pub(in crate::tokio) async fn connector(
        step: &ConnectStep,
    ) -> Result<TlsConnector, ConnectError> {
        if let Some(config) = CONFIG.get() {
            return Ok(config.clone().into());
        }
        let config = config(roots(step).await?, step)?;
        Ok(CONFIG.get_or_init(|| Arc::new(config)).clone().into())
    }

    fn config(roots: RootCertStore, step: &ConnectStep) -> Result<ClientConfig, ConnectError> {
        // The default provider of the process may not be set, so this names one.
        let provider = Arc::new(ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(step, error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        // The protocol of the opening handshake ([RFC
        // 7301](https://www.rfc-editor.org/rfc/rfc7301), section 6), for a server that supports
        // several protocols.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    #[cfg(not(feature = "rustls-native-certs"))]
    async fn roots(_: &ConnectStep) -> Result<RootCertStore, ConnectError> {
        Ok(compiled_in())
    }

    /// Reads the roots of the operating system. They are files, so another thread reads them.
    #[cfg(feature = "rustls-native-certs")]
    async fn roots(step: &ConnectStep) -> Result<RootCertStore, ConnectError> {
        let native = ::tokio::task::spawn_blocking(rustls_native_certs::load_native_certs);
        let native = native.await.map_err(|error| failed(step, error))?;
        let mut roots = compiled_in();
        // Some systems have certificates that cannot be parsed. They are skipped.
        roots.add_parsable_certificates(native.certs);
        match native.errors.into_iter().next() {
            Some(error) if roots.is_empty() => Err(failed(step, error)),
            None if roots.is_empty() => Err(ConnectError::NoRoots),
            _ => Ok(roots),
        }
    }

    fn failed(step: &ConnectStep, error: impl Error + Send + Sync + 'static) -> ConnectError {
        ConnectError::Tls { step: step.clone(), error: Box::new(error) }
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
