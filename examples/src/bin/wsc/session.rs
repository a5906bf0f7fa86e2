//! One connection, from its first message to its last.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use examples::explain;
use tokio::sync::mpsc;
use websocket_proto::tokio::{
    Client, ClientStream, CloseCode, CloseFrame, Error, MaybeTlsStream, Message, ReadHalf, Traffic,
    WriteHalf,
};

use crate::arguments::Arguments;
use crate::console::Console;
use crate::exit::Exit;
use crate::input::Input;
use crate::interrupts::Interrupts;

/// The values that one connection needs.
#[derive(Debug)]
pub(crate) struct Session<'a> {
    pub(crate) arguments: &'a Arguments,
    pub(crate) console: &'a Console,
    pub(crate) input: &'a mut Input,
}

/// How a connection ended.
#[derive(Debug)]
pub(crate) enum End {
    /// The program ends too.
    Final(Exit),
    /// The program may connect again.
    Lost { reason: String, exit: Exit },
}

/// The reason why this side closes the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    /// The input has ended, or `/close` or `--count` asked for it.
    Done,
    /// A line is not valid, or the input cannot be read.
    Unusable,
    Interrupted,
}

impl Session<'_> {
    pub(crate) async fn run(
        mut self,
        socket: ClientStream<MaybeTlsStream>,
        interrupts: &mut Interrupts,
    ) -> End {
        self.report_opening(&socket);
        let (mut reader, mut writer) = socket.into_split();
        let (ask_to_close, asked_to_close) = mpsc::unbounded_channel();
        let mut closing = None;
        let (console, count) = (self.console, self.arguments.count);
        // Receiving goes on while a message waits to be sent. Otherwise an echo server and this
        // client could each wait for the other.
        let ended = tokio::select! {
            ended = receive(&mut reader, console, count, ask_to_close) => ended,
            never = self.send(&mut writer, asked_to_close, &mut closing, interrupts) => match never {},
        };
        let is_compressed = reader.opened().deflate_terms().is_some();
        for (verb, traffic) in [("received", reader.received()), ("sent", writer.sent())] {
            let Traffic { messages, bytes, compressed_bytes, .. } = traffic;
            let mut text = format!("{verb} {messages} messages of {bytes} bytes");
            if is_compressed {
                text = format!("{text}, compressed to {compressed_bytes}");
            }
            console.detail(&text);
        }
        self.end(ended, closing)
    }

    fn report_opening(&self, socket: &ClientStream<MaybeTlsStream>) {
        let Self { arguments, console, .. } = self;
        if let Some(answer) = socket.opened().answer() {
            console.detail(&format!("the server answered with status {}", answer.status));
            for (name, value) in &answer.headers {
                console.detail(&format!("{name}: {}", value.escape_ascii()));
            }
        }
        let mut text = String::from("connected");
        if let Some(subprotocol) = socket.subprotocol() {
            text = format!("{text}, subprotocol {subprotocol}");
        }
        if arguments.compress {
            let agreed = if socket.deflate_terms().is_some() { "" } else { "not " };
            text = format!("{text}, {agreed}compressed");
        }
        console.status(&text);
        if arguments.insecure && matches!(socket.stream(), MaybeTlsStream::Tls(_)) {
            console.failure("the certificate of the server was not checked");
        }
    }

    /// Sends lines until there is a reason to close, and closes the connection. It never returns,
    /// because [`receive`] waits for the end.
    async fn send(
        &mut self,
        writer: &mut WriteHalf<MaybeTlsStream, Client>,
        mut asked_to_close: mpsc::UnboundedReceiver<Closing>,
        closing: &mut Option<Closing>,
        interrupts: &mut Interrupts,
    ) -> Infallible {
        let mut close = (CloseCode::NORMAL, String::new());
        let reason = tokio::select! {
            reason = self.send_lines(writer, &mut close) => reason,
            Some(reason) = asked_to_close.recv() => reason,
            () = interrupts.next() => Closing::Interrupted,
        };
        *closing = Some(reason);
        if reason == Closing::Interrupted {
            self.console.status("closing; press Ctrl-C again to end at once");
        }
        // `receive` reports the errors of the connection.
        let _ = writer.close(close.0, &close.1).await;
        pending().await
    }

    async fn send_lines(
        &mut self,
        writer: &mut WriteHalf<MaybeTlsStream, Client>,
        close: &mut (CloseCode, String),
    ) -> Closing {
        for text in &self.arguments.send {
            self.send_message(writer, Message::text(text.as_str())).await;
        }
        while let Some(line) = self.input.next().await {
            let command = line.and_then(|line| self.parse_line(line));
            match command {
                Ok(Command::Send(message)) => self.send_message(writer, message).await,
                Ok(Command::Close(code, reason)) => {
                    *close = (code, reason);
                    return Closing::Done;
                }
                Err(error) => {
                    self.console.failure(&error);
                    return Closing::Unusable;
                }
            }
        }
        match (self.arguments.wait, self.arguments.count) {
            (Some(Duration::MAX), _) | (None, Some(_)) => pending().await,
            (Some(time), _) => tokio::time::sleep(time).await,
            (None, None) => {}
        }
        Closing::Done
    }

    /// Sends a message. If the connection is lost, this function waits until [`receive`] has
    /// reported the loss.
    async fn send_message(&self, writer: &mut WriteHalf<MaybeTlsStream, Client>, message: Message) {
        if let Err(error) = writer.send(message).await {
            self.console.detail(&format!("a message was not sent: {}", explain(&error)));
            pending().await
        }
    }

    fn parse_line(&self, line: String) -> Result<Command, String> {
        let command = match line.strip_prefix('/') {
            Some(command) if self.arguments.slash => command,
            _ => return self.input.message(line).map(Command::Send),
        };
        if command.starts_with('/') {
            return self.input.message(command.to_owned()).map(Command::Send);
        }
        let (name, rest) = command.split_once(' ').unwrap_or((command, ""));
        match name {
            "ping" if rest.len() <= 125 => Ok(Command::Send(Message::ping(rest.to_owned()))),
            "ping" => Err("/ping: a Ping has at most 125 bytes".into()),
            "close" => parse_close(rest),
            _ => Err(format!("/{name} is not a command: use /ping or /close")),
        }
    }

    fn end(self, ended: Ended, closing: Option<Closing>) -> End {
        let (text, code, is_lost) = match ended {
            Ended::Closed(None) => {
                ("closed without a code".to_owned(), CloseCode::NO_STATUS, false)
            }
            Ended::Closed(Some(frame)) => {
                let (code, reason) = frame.parts();
                let name = format!("closed with code {}", u16::from(code));
                let text = if reason.is_empty() { name } else { format!("{name}: {reason}") };
                // RFC 6455, section 7.4.1, and the registry of close codes: the server stops, has
                // an internal error, restarts, or asks to try again later.
                let may_pass = matches!(u16::from(code), 1001 | 1011..=1013);
                (text, code, may_pass)
            }
            Ended::Failed(error) => {
                let code = error.close_code().unwrap_or(CloseCode::ABNORMAL);
                let text = format!("{} (code {})", explain(&error), u16::from(code));
                (text, code, error.is_disconnected())
            }
            Ended::NoOutput(error) => {
                self.console.failure(&format!("cannot write the output: {error}"));
                return End::Final(Exit::Local);
            }
        };
        let exit = Exit::of_close(code);
        match closing {
            None if is_lost && self.arguments.reconnect => End::Lost { reason: text, exit },
            _ => {
                match exit {
                    Exit::Clean => self.console.status(&text),
                    _ => self.console.failure(&text),
                }
                End::Final(match closing {
                    Some(Closing::Interrupted) => Exit::Interrupted,
                    Some(Closing::Unusable) => Exit::Local,
                    Some(Closing::Done) | None => exit,
                })
            }
        }
    }
}

/// The meaning of a line.
#[derive(Debug)]
enum Command {
    Send(Message),
    Close(CloseCode, String),
}

fn parse_close(rest: &str) -> Result<Command, String> {
    let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    let code = match code {
        "" => CloseCode::NORMAL,
        code => code
            .parse::<u16>()
            .map(CloseCode::from)
            .map_err(|_| format!("/close: {code:?} is not a close code"))?,
    };
    let frame = CloseFrame::new(code, reason).map_err(|error| format!("/close: {error}"))?;
    Ok(Command::Close(frame.code(), frame.reason().to_owned()))
}

/// How receiving ended.
#[derive(Debug)]
enum Ended {
    Closed(Option<CloseFrame>),
    Failed(Error),
    NoOutput(std::io::Error),
}

/// Prints what arrives until the connection is over.
async fn receive(
    reader: &mut ReadHalf<MaybeTlsStream, Client>,
    console: &Console,
    count: Option<u64>,
    ask_to_close: mpsc::UnboundedSender<Closing>,
) -> Ended {
    let mut close = None;
    let mut left = count;
    while let Some(received) = reader.next().await {
        let message = match received {
            Ok(message) => message,
            Err(error) => return Ended::Failed(error),
        };
        // More messages than `--count` asks for are not printed.
        if left == Some(0) && message.is_data() {
            continue;
        }
        if let Err(error) = console.message(&message) {
            return Ended::NoOutput(error);
        }
        if message.is_data() {
            left = left.map(|left| left - 1);
            if left == Some(0) {
                let _ = ask_to_close.send(Closing::Done);
            }
        }
        if let Message::Close(frame) = message {
            close = frame.map(|frame| *frame);
        }
    }
    Ended::Closed(close)
}
