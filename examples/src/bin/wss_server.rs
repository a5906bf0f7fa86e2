//! An echo server for `wss://` on tokio.
//!
//! `wss_server [ADDR] [CERTIFICATES.pem KEY.pem] [--max-message-size BYTES] [--keepalive MILLISECONDS]
//! [--compress]`
//!
//! Without a certificate it creates one for `localhost`. Clients trust it only if they are
//! configured to.

use std::error::Error;
use std::time::Duration;

use examples::arguments;
use examples::{explain, listen};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use websocket_proto::tokio::tokio_rustls::TlsAcceptor;
use websocket_proto::tokio::tokio_rustls::rustls::ServerConfig;
use websocket_proto::tokio::tokio_rustls::rustls::crypto::ring;
use websocket_proto::tokio::tokio_rustls::rustls::pki_types::pem::PemObject;
use websocket_proto::tokio::tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use websocket_proto::tokio::{Acceptor, Config, ServerStream};

type Failure = Box<dyn Error + Send + Sync>;
type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// The time limit for the handshakes of TLS and of the WebSocket together.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let (values, config) = arguments::parse_values(3)?;
    let (address, (certificates, key)) = match &values[..] {
        [] => ("127.0.0.1:9443", self_signed()?),
        [address] => (&address[..], self_signed()?),
        [address, certificates, key] => (&address[..], from_pem(certificates, key)?),
        _ => return Err("the key is missing".into()),
    };
    let tls_config = ServerConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(certificates, key)?;
    let tls = TlsAcceptor::from(std::sync::Arc::new(tls_config));

    let listener = TcpListener::bind(address).await?;
    println!("listening on wss://{}", listener.local_addr()?);
    loop {
        let stream = listen::accept_async(&listener).await;
        let (tls, config) = (tls.clone(), config.clone());
        tokio::spawn(async move {
            if let Err(error) = serve(stream, tls, config).await {
                eprintln!("{}", explain(&*error));
            }
        });
    }
}

async fn serve(stream: TcpStream, tls: TlsAcceptor, config: Config) -> Result<(), Failure> {
    let opening = async {
        // TLS comes first. The TLS stream is then a transport like any other.
        let stream = tls.accept(stream).await?;
        Ok::<_, Failure>(Acceptor::new(stream).config(config).accept().await?)
    };
    let mut socket = timeout(HANDSHAKE_TIMEOUT, opening).await??;
    echo(&mut socket).await
}

async fn echo<S>(socket: &mut ServerStream<S>) -> Result<(), Failure>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_data() {
            socket.feed(message).await?;
        }
    }
    Ok(())
}

fn from_pem(certificates: &str, key: &str) -> Result<Identity, Failure> {
    let certificates = CertificateDer::pem_file_iter(certificates)?.collect::<Result<_, _>>()?;
    Ok((certificates, PrivateKeyDer::from_pem_file(key)?))
}

fn self_signed() -> Result<Identity, Failure> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    Ok((vec![made.cert.into()], made.signing_key.into()))
}
