//! Checks whose failure does not end the program.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};

/// Runs `check`, and returns the text of its panic if it panics. The caller reports it.
pub fn catching<T>(check: impl FnOnce() -> T) -> Result<T, String> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let result = panic::catch_unwind(AssertUnwindSafe(check));
    panic::set_hook(hook);
    result.map_err(|panic| text(panic.as_ref()))
}

fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked").to_owned()
}
