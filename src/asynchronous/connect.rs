//! The client's opening handshake
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4.1).

use core::mem;
use std::io::ErrorKind;

use super::accept::{read_head, write_all};
use super::{Transport, WebSocketStream};
use crate::connection::Client;
use crate::handshake::{Response, random_nonce};
use crate::io::{ConnectError, ConnectOptions, Connecting, Step};

/// A client's opening handshake over any transport.
#[derive(Debug)]
pub struct Connector<T> {
    /// Given away when the WebSocket is open.
    transport: Option<T>,
    connecting: Connecting,
}

impl<T: Transport> Connector<T> {
    /// A handshake over a transport that has been connected to the host of the options, by
    /// `connect_tcp` of the adapter if need be, and through TLS if their scheme is `wss`. It has no
    /// time limit of its own: give one to whichever future waits for it.
    ///
    /// # Errors
    /// [`Entropy`](ConnectError::Entropy): the system has no random bytes.
    pub fn new(stream: T::Stream, options: ConnectOptions) -> Result<Self, ConnectError> {
        Self::from_transport(T::new(stream), options)
    }

    /// Creates a handshake as [`new`](Self::new) does, over a transport that your own code has set
    /// up.
    ///
    /// # Errors
    /// Returns the same errors as [`new`](Self::new).
    pub fn from_transport(transport: T, options: ConnectOptions) -> Result<Self, ConnectError> {
        let nonce = random_nonce().map_err(ConnectError::Entropy)?;
        let connecting = Connecting::new(options, nonce)?;
        Ok(Self { transport: Some(transport), connecting })
    }

    /// Opens the WebSocket.
    ///
    /// Dropped, it has lost nothing: call it again.
    ///
    /// # Errors
    /// Why none was opened.
    pub async fn connect(&mut self) -> Result<WebSocketStream<T, Client>, ConnectError> {
        self.connect_with(|_| ()).await
    }

    /// As [`connect`](Self::connect), and shows `inspect` the response that opens the WebSocket.
    ///
    /// Dropped, it has lost nothing: call it again.
    ///
    /// # Errors
    /// As of [`connect`](Self::connect).
    pub async fn connect_with(
        &mut self,
        inspect: impl FnOnce(&Response<'_>),
    ) -> Result<WebSocketStream<T, Client>, ConnectError> {
        let transport = self.transport.as_mut().ok_or(ConnectError::Finished)?;
        let mut inspect = Some(inspect);
        let outcome = loop {
            let step = self.connecting.step(|response| {
                if let Some(inspect) = inspect.take() {
                    inspect(response);
                }
            });
            match step {
                Step::Read => match read_head(transport, &mut self.connecting.input).await {
                    Ok(0) => self.connecting.receive_eof(),
                    Ok(_) => {}
                    // So a TLS stream says that it was cut off, which a refusal may well be.
                    Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                        self.connecting.receive_eof();
                    }
                    Err(error) => return Err(self.connecting.failed(error)),
                },
                Step::Write => {
                    let written = write_all(transport, &mut self.connecting.output).await;
                    written.map_err(|error| self.connecting.failed(error))?;
                    self.connecting.unflushed = false;
                }
                Step::Done(outcome) => break outcome,
            }
        };
        let opened = outcome?;
        let transport = self.transport.take().ok_or(ConnectError::Finished)?;
        let config = self.connecting.options().config.clone();
        let input = mem::take(&mut self.connecting.input);
        let client = Client::random().map_err(ConnectError::Entropy)?;
        Ok(WebSocketStream::from_transport(transport, client, config, opened, input))
    }
}
