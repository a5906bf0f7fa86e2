//! The methods of an adapter that the models call. A model for both adapters is generic over the
//! trait [`Adapter`].

use websocket_proto::connection::{Role, Server, State};
use websocket_proto::io::Error;
use websocket_proto::websocket::{Config, Prepared};
use websocket_proto::{CloseCode, Message, ProtocolError, SendError};

use crate::peer::Peer;

/// Enough room for everything that a model sends, except large messages.
pub(crate) const ROOMY: usize = 256;

/// An adapter whose halves the models run.
pub(crate) trait Adapter: 'static {
    /// The first word of the name of each model.
    const NAME: &'static str;
    type Reader<R: Role + 'static>: Reader<Writer = Self::Writer<R>>;
    type Writer<R: Role + 'static>: Writer;

    /// The halves of an endpoint without a close time-out, and their peer. The transport holds
    /// `capacity` bytes in each direction.
    fn halves<R: Role + 'static>(
        role: R,
        config: Config,
        capacity: usize,
    ) -> (Self::Reader<R>, Self::Writer<R>, Peer);

    /// The halves of a server, and their peer.
    fn server(capacity: usize) -> (Self::Reader<Server>, Self::Writer<Server>, Peer) {
        Self::halves(Server, Config::new(), capacity)
    }

    /// Runs a model in every order, as [`machine::explore`] does.
    fn explore(name: &str, preemptions: Option<usize>, model: impl Fn() + Send + Sync + 'static) {
        machine::explore(&format!("{}: {name}", Self::NAME), preemptions, model);
    }
}

/// The half that receives. Each method waits.
pub(crate) trait Reader: Sized + 'static {
    type Writer;

    fn receive(&mut self) -> Option<Result<Message, Error>>;

    fn finish(&mut self) -> Result<(), Error>;

    fn state(&self) -> State;

    /// Joins both halves, writes everything that is queued, and returns the next message.
    fn join_and_flush(self, writer: Self::Writer) -> Whole;

    /// Receives a message.
    #[track_caller]
    fn message(&mut self) -> Message {
        self.receive().unwrap().unwrap()
    }

    /// Receives an error, which is returned once.
    #[track_caller]
    fn last_error(&mut self) -> Error {
        let error = self.receive().unwrap().unwrap_err();
        assert!(self.receive().is_none(), "the error is returned once");
        error
    }

    /// Receives the end of a transport that has ended without a Close.
    #[track_caller]
    fn expect_the_end(&mut self) {
        let error = self.last_error();
        assert!(matches!(error, Error::Protocol(ProtocolError::UnexpectedEof)), "{error:?}");
    }

    /// Receives a Close, and completes the closing handshake.
    #[track_caller]
    fn expect_a_close(&mut self) {
        assert!(matches!(self.message(), Message::Close(_)));
        assert!(self.receive().is_none());
    }
}

/// A WebSocket whose halves were joined. It waits for the next message.
pub(crate) type Whole = Box<dyn FnMut() -> Option<Result<Message, Error>>>;

/// The half that sends. Each method waits.
pub(crate) trait Writer: 'static {
    fn feed(&mut self, message: impl Into<Message>) -> Result<(), Error>;

    fn send(&mut self, message: impl Into<Message>) -> Result<(), Error>;

    fn send_prepared(&mut self, message: &Prepared) -> Result<(), Error>;

    fn close(&mut self, code: CloseCode) -> Result<(), Error>;
}

/// Whether a message was not sent because the connection closes.
pub(crate) fn is_closing(error: &Error) -> bool {
    matches!(error, Error::Rejected(rejected) if rejected.error == SendError::Closing)
}
