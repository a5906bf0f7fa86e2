//! The output: messages on the standard output, everything else on the standard error output.

use std::borrow::Cow;
use std::env;
use std::io::{self, IsTerminal, Write as _};

use websocket_proto::Message;

use crate::arguments::{Arguments, Color};
use crate::{hex, json};

/// Prints messages and remarks.
#[derive(Debug)]
pub(crate) struct Console {
    /// Whether the standard output is printed for people, and not for another program.
    is_for_people: bool,
    stdout_has_color: bool,
    stderr_has_color: bool,
    json: bool,
    verbose: bool,
    quiet: bool,
}

#[derive(Clone, Copy, Debug)]
enum Paint {
    Green,
    Dim,
    Red,
}

impl Console {
    pub(crate) fn new(arguments: &Arguments) -> Self {
        // Any value except an empty one turns colours off (https://no-color.org).
        let no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let has_color = |is_terminal: bool| match arguments.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => is_terminal && !no_color,
        };
        let is_terminal = io::stdout().is_terminal();
        Self {
            is_for_people: is_terminal || arguments.color == Color::Always,
            stdout_has_color: has_color(is_terminal),
            stderr_has_color: has_color(io::stderr().is_terminal()),
            json: arguments.json,
            verbose: arguments.verbose,
            quiet: arguments.quiet,
        }
    }

    /// Prints a message of the server.
    pub(crate) fn message(&self, message: &Message) -> io::Result<()> {
        match message {
            Message::Text(text) => {
                let indented = if self.json { json::indent(text) } else { None };
                self.received(indented.as_deref().unwrap_or(text))
            }
            Message::Binary(bytes) => self.received(&hex::encode(bytes)),
            Message::Ping(payload) => {
                self.status(&format!("Ping {}", payload.escape_ascii()));
                Ok(())
            }
            Message::Pong(payload) => {
                self.status(&format!("Pong {}", payload.escape_ascii()));
                Ok(())
            }
            // The session prints the Close at the end of the connection.
            _ => Ok(()),
        }
    }

    fn received(&self, text: &str) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        if self.is_for_people {
            // The other lines of a message begin with spaces, so that none of them looks like a
            // message or a remark of its own.
            let text = format!("< {}", printable(text).replace('\n', "\n  "));
            writeln!(stdout, "{}", paint(&text, Paint::Green, self.stdout_has_color))?;
        } else {
            // Another program reads the output, so no byte is changed.
            writeln!(stdout, "{text}")?;
        }
        stdout.flush()
    }

    /// Prints a remark about the connection.
    pub(crate) fn status(&self, text: &str) {
        if !self.quiet {
            self.remark(text, Paint::Dim);
        }
    }

    /// Prints a remark that only `--verbose` shows.
    pub(crate) fn detail(&self, text: &str) {
        if self.verbose {
            self.remark(text, Paint::Dim);
        }
    }

    /// Prints the reason of a failure.
    pub(crate) fn failure(&self, text: &str) {
        self.remark(text, Paint::Red);
    }

    fn remark(&self, text: &str, color: Paint) {
        // A remark is one line. It can have text of the server, such as the reason of a Close.
        let text = format!("wsc: {}", printable(text).replace('\n', "\\n"));
        // If nobody reads the remarks, the messages are still useful.
        let _ = writeln!(io::stderr(), "{}", paint(&text, color, self.stderr_has_color));
    }
}

fn paint(text: &str, color: Paint, has_color: bool) -> Cow<'_, str> {
    let code = match color {
        Paint::Green => 32,
        Paint::Dim => 2,
        Paint::Red => 31,
    };
    if has_color { format!("\x1b[{code}m{text}\x1b[0m").into() } else { text.into() }
}

/// Escapes control characters and those that change the direction of text. A server could otherwise
/// move the cursor, change the title of the window, hide text, or show it in another order.
fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_harmful) {
        return text.into();
    }
    let escaped = text.chars().map(|character| match character {
        character if is_harmful(character) => character.escape_default().to_string(),
        character => character.to_string(),
    });
    escaped.collect::<String>().into()
}

fn is_harmful(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        // The characters with the property Bidi_Control (Unicode Standard Annex 9).
        '\u{61c}' | '\u{200e}' | '\u{200f}' => true,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        character => character.is_control(),
    }
}
