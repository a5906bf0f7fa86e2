//! Code that several examples share. The examples themselves are in `src/bin`.

use std::error::Error;
use std::iter;

#[cfg(feature = "std")]
pub mod arguments;
pub mod listen;

/// Returns the text of an error and of everything that caused it.
pub fn explain(error: &(dyn Error + 'static)) -> String {
    let chain = iter::successors(Some(error), |error: &&dyn Error| (*error).source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
