//! The smallest parts of the grammar. Each function takes its part from the front of a text.

use crate::http1::grammar::{token, token_run};

/// Takes the longest token at the front. Returns `None` if there is none.
pub(super) fn take_token<'b>(rest: &mut &'b [u8]) -> Option<&'b str> {
    let (name, after) = rest.split_at_checked(token_run(rest))?;
    *rest = after;
    token(name)
}

/// Takes the first byte if it equals `byte`. Returns whether it did.
pub(super) fn take_byte(rest: &mut &[u8], byte: u8) -> bool {
    let is_there = rest.first() == Some(&byte);
    if is_there {
        rest.split_off_first();
    }
    is_there
}

pub(super) fn skip_whitespace(rest: &mut &[u8]) {
    while let [b' ' | b'\t', after @ ..] = *rest {
        *rest = after;
    }
}
