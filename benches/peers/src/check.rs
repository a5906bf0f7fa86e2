//! Checks that may fail without an end of the program.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `check`, and returns the text of its panic if it panics.
pub fn catching<T>(check: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(check)).map_err(|panic| text(panic.as_ref()))
}

fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked").to_owned()
}
