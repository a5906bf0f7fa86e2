//! Calls every public function of the library's core and of its opening handshake with inputs that
//! the compiler knows nothing about. `run.sh` then looks for panics in the compiled program.
//!
//! The program also runs to its end, but what it prints or returns has no meaning.

#![no_std]
#![no_main]

mod connection;
mod extension;
mod fields;
mod handshake;
mod http1;
#[cfg(feature = "panics")]
mod panics;
mod wire;

use core::fmt::{self, Write};
use core::hint::black_box;
use core::panic::PanicInfo;

// The C runtime of the host starts the program; nothing else of it is used.
#[link(name = "c")]
unsafe extern "C" {
    fn abort() -> !;
}

#[unsafe(no_mangle)]
extern "C" fn main() -> i32 {
    wire::run();
    extension::run();
    http1::run();
    handshake::run();
    connection::run();
    #[cfg(feature = "panics")]
    panics::run();
    0
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: it takes nothing, and may be called in any state.
    unsafe { abort() }
}

/// The precompiled `core` names the function that unwinds; nothing here ever calls it.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// Returns bytes of which the compiler knows neither the length nor the values.
fn bytes<'b>() -> &'b [u8] {
    black_box(b"0123456789abcdef".as_slice())
}

/// Returns text of which the compiler knows nothing.
fn text<'b>() -> &'b str {
    black_box("text")
}

/// Makes the compiler believe that `value` is used, and prints it in every way that it has.
fn show<T: fmt::Debug + fmt::Display>(value: T) {
    let _ = write!(Nowhere, "{value} {value:?} {value:#?}");
    black_box(value);
}

/// As [`show`], for a value without `Display`.
fn inspect(value: impl fmt::Debug) {
    let _ = write!(Nowhere, "{value:?} {value:#?}");
    black_box(value);
}

struct Nowhere;

impl Write for Nowhere {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match black_box(text).is_empty() {
            true => Err(fmt::Error),
            false => Ok(()),
        }
    }
}
