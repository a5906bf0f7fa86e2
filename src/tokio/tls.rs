//! TLS by rustls: who is trusted, and the handshake.

use alloc::borrow::ToOwned as _;
use alloc::boxed::Box;
use std::io;

use ::tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::ServerName;

use super::MaybeTlsStream;
use crate::io::{ConnectError, ConnectOptions, ConnectStep, UrlError, UrlErrorKind};

/// The host as what a certificate has to be for: a name, which is also sent in the clear (SNI,
/// RFC 6066 3), or an address.
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

/// What TLS found wrong, apart from what went wrong on the way.
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

    /// One for the process, since the roots are many, and so that a second connection to a server
    /// resumes the session of the first.
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
        // Not the provider of the process, which may not be set.
        let provider = Arc::new(ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(step, error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        // What the opening handshake speaks (RFC 7301 6), so that a server of several protocols
        // takes it for nothing else.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    #[cfg(not(feature = "rustls-native-certs"))]
    async fn roots(_: &ConnectStep) -> Result<RootCertStore, ConnectError> {
        Ok(compiled_in())
    }

    /// Those of the system are files: they are read where that keeps nobody from running.
    #[cfg(feature = "rustls-native-certs")]
    async fn roots(step: &ConnectStep) -> Result<RootCertStore, ConnectError> {
        let native = ::tokio::task::spawn_blocking(rustls_native_certs::load_native_certs);
        let native = native.await.map_err(|error| failed(step, error))?;
        let mut roots = compiled_in();
        // Systems have certificates that nobody can read any more: they are left out.
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
