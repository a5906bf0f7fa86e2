//! The client's opening handshake
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4.1).

use core::time::Duration;

use super::opening::drive;
use super::{Transport, WebSocketStream};
use crate::connection::Client;
use crate::handshake::{Response, random_nonce};
use crate::io::{ConnectError, ConnectOptions, Connecting};

/// The opening handshake of a client over any transport.
///
/// Its time limit is the [`connect_timeout`](ConnectOptions::connect_timeout) of the options, from
/// its creation on.
#[derive(Debug)]
pub struct Connector<T> {
    /// `None` after the WebSocket was opened.
    transport: Option<T>,
    connecting: Option<Connecting>,
}

impl<T: Transport> Connector<T> {
    /// Creates a handshake over a byte stream that leads to the host of the options. For `wss`, the
    /// byte stream is a TLS stream. This call reads and writes nothing.
    ///
    /// # Errors
    /// - [`Entropy`](ConnectError::Entropy): the system has no random bytes.
    /// - [`Request`](ConnectError::Request): a part of the request cannot be written.
    pub fn new(stream: T::Stream, options: ConnectOptions) -> Result<Self, ConnectError> {
        Self::from_transport(T::new(stream), options)
    }

    /// Creates a handshake as [`new`](Self::new) does, over a transport that your own code has set
    /// up.
    ///
    /// # Errors
    /// Returns the same errors as [`new`](Self::new).
    pub fn from_transport(mut transport: T, options: ConnectOptions) -> Result<Self, ConnectError> {
        let end = options.connect_deadline(transport.now());
        Self::until(end, transport, options)
    }

    /// Creates a handshake whose time limit is a moment on the clock of the transport.
    pub(crate) fn until(
        end: Duration,
        transport: T,
        options: ConnectOptions,
    ) -> Result<Self, ConnectError> {
        let nonce = random_nonce().map_err(ConnectError::Entropy)?;
        let mut connecting = Connecting::new(options, nonce)?;
        connecting.expire_at(end);
        Ok(Self { transport: Some(transport), connecting: Some(connecting) })
    }

    /// Opens the WebSocket.
    ///
    /// If the future is dropped, nothing is lost: call this method again.
    ///
    /// # Errors
    /// Returns the reason why no WebSocket was opened.
    pub async fn connect(&mut self) -> Result<WebSocketStream<T, Client>, ConnectError> {
        self.connect_with(|_| ()).await
    }

    /// Opens the WebSocket as [`connect`](Self::connect) does, and passes the response of the server
    /// to `inspect`.
    ///
    /// If the future is dropped, nothing is lost: call this method again.
    ///
    /// # Errors
    /// Returns the same errors as [`connect`](Self::connect).
    pub async fn connect_with(
        &mut self,
        inspect: impl FnOnce(&Response<'_>),
    ) -> Result<WebSocketStream<T, Client>, ConnectError> {
        let (Some(transport), Some(connecting)) = (&mut self.transport, &mut self.connecting)
        else {
            return Err(ConnectError::Finished);
        };
        let mut inspect = Some(inspect);
        let outcome = drive(transport, connecting, |connecting| {
            connecting.step(|response| {
                if let Some(inspect) = inspect.take() {
                    inspect(response);
                }
            })
        })
        .await;
        outcome.map_err(|error| connecting.failed(error))??;
        let (Some(transport), Some(connecting)) = (self.transport.take(), self.connecting.take())
        else {
            return Err(ConnectError::Finished);
        };
        let client = Client::random().map_err(ConnectError::Entropy)?;
        let websocket = connecting.into_websocket(client).ok_or(ConnectError::Finished)?;
        Ok(WebSocketStream::from_websocket(transport, websocket))
    }
}
