//! `wsc`, a WebSocket client for the command line. `wsc --help` describes it.
//!
//! A message goes from `input` through `session` to the server, and from the server through
//! `session` to `console`. `main` opens a session, and with `--reconnect` another one after each
//! failure.

mod arguments;
mod backoff;
mod connecting;
mod console;
mod exit;
mod hex;
mod input;
mod interrupts;
mod json;
mod session;
mod tls;

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser as _;
use examples::explain;
use websocket_proto::tokio::ConnectError;

use arguments::Arguments;
use backoff::Backoff;
use connecting::Target;
use console::Console;
use exit::Exit;
use input::Input;
use interrupts::Interrupts;
use session::{End, Session};

/// The largest part of a refusal that is printed, in characters.
const MOST_OF_REFUSAL: usize = 200;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let console = Console::new(&arguments);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let exit = match runtime {
        Ok(runtime) => {
            let exit = runtime.block_on(run(&arguments, &console));
            // The look-up of a name cannot be interrupted. This call does not wait for its thread.
            runtime.shutdown_background();
            exit
        }
        Err(error) => failed(&console, &error, Exit::Local),
    };
    exit.into()
}

async fn run(arguments: &Arguments, console: &Console) -> Exit {
    let target = match Target::new(arguments) {
        Ok(target) => target,
        Err(error) => return failed(console, &*error, Exit::Usage),
    };
    let mut interrupts = match Interrupts::new() {
        Ok(interrupts) => interrupts,
        Err(error) => return failed(console, &error, Exit::Local),
    };
    let mut input = Input::new(arguments.binary);
    let mut backoff = Backoff::new(arguments);
    loop {
        let connected = tokio::select! {
            connected = target.connect() => connected,
            () = interrupts.next() => return Exit::Interrupted,
        };
        let (reason, exit) = match connected {
            Ok(socket) => {
                let opened = Instant::now();
                let session = Session { arguments, console, input: &mut input };
                let end = session.run(socket, &mut interrupts).await;
                backoff.handle_end(opened.elapsed());
                match end {
                    End::Final(exit) => return exit,
                    End::Lost { reason, exit } => (reason, exit),
                }
            }
            Err(error) => {
                let exit = Exit::of_connect_error(&error);
                if !error.is_transient() {
                    failed(console, &error, exit);
                    print_refusal(console, &error);
                    return exit;
                }
                print_refusal(console, &error);
                (explain(&error), exit)
            }
        };
        console.failure(&reason);
        let Some(pause) = backoff.next_pause() else {
            if arguments.reconnect {
                console.failure(&format!("gave up: --max-attempts is {}", arguments.max_attempts));
            }
            return exit;
        };
        console.status(&format!("next attempt in {:.1} s", pause.as_secs_f32()));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = interrupts.next() => return Exit::Interrupted,
        }
    }
}

/// Prints the first line of the body of a refusal. It often tells the reason.
fn print_refusal(console: &Console, error: &ConnectError) {
    if let ConnectError::Refused { answer, .. } = error
        && let Ok(body) = str::from_utf8(&answer.body)
        && let Some(line) = body.lines().find(|line| !line.trim().is_empty())
    {
        console.failure(&line.chars().take(MOST_OF_REFUSAL).collect::<String>());
    }
}

fn failed(console: &Console, error: &(dyn Error + 'static), exit: Exit) -> Exit {
    console.failure(&explain(error));
    exit
}
