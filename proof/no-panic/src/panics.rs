//! Two panics, which `run.sh` must find.

use crate::{bytes, inspect};

pub fn run() {
    inspect(index(bytes()));
    inspect(bytes().first().unwrap());
}

#[inline(never)]
fn index(bytes: &[u8]) -> u8 {
    bytes[3]
}
