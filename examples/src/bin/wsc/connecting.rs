//! The options of a connection, from the command line.

use std::error::Error;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use websocket_proto::tokio::tokio_rustls::TlsConnector;
use websocket_proto::tokio::{
    ClientStream, Config, ConnectError, ConnectOptions, DeflateConfig, Keepalive, MaybeTlsStream,
    connect, connect_with_tls,
};

use crate::arguments::Arguments;
use crate::tls;

/// The server, and the options for each attempt to connect to it.
pub(crate) struct Target {
    options: ConnectOptions,
    /// `None` if the default certificates are trusted.
    tls: Option<TlsConnector>,
}

impl Target {
    pub(crate) fn new(arguments: &Arguments) -> Result<Self, Box<dyn Error>> {
        let mut options = ConnectOptions::new(&arguments.url)?
            .config(config(arguments))
            .connect_timeout(arguments.connect_timeout)
            .subprotocols(&arguments.subprotocol)?;
        for header in &arguments.header {
            let (name, value) = header
                .split_once(':')
                // The text may be a secret, so the error does not contain it.
                .ok_or("a --header has no colon between the name and the value")?;
            options = options.header(name.trim(), value.trim())?;
        }
        if let Some(auth) = &arguments.auth {
            if !auth.contains(':') {
                return Err("--auth has no colon between the user name and the password".into());
            }
            // RFC 7617, section 2.
            let value = format!("Basic {}", BASE64_STANDARD.encode(auth));
            options = options.header("Authorization", value)?;
        }
        if let Some(origin) = &arguments.origin {
            options = options.origin(origin)?;
        }
        if let Some(proxy) = &arguments.proxy {
            options = options.proxy(proxy)?;
        }
        Ok(Self { options, tls: tls::connector(arguments)? })
    }

    pub(crate) async fn connect(&self) -> Result<ClientStream<MaybeTlsStream>, ConnectError> {
        match &self.tls {
            Some(tls) => connect_with_tls(self.options.clone(), tls.clone()).await,
            None => connect(self.options.clone()).await,
        }
    }
}

fn config(arguments: &Arguments) -> Config {
    let mut config = Config::new()
        .max_message_size(arguments.max_message_size)
        // The user waits for the end of the program, so the time is short.
        .close_timeout(Duration::from_secs(5));
    if arguments.compress {
        config = config.deflate(DeflateConfig::new());
    }
    if let Some(time) = arguments.keepalive {
        config = config.keepalive(Keepalive { interval: time, timeout: time });
    }
    config
}
