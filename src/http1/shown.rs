//! The way in which `Debug` shows the parts of a message that may contain secrets. Headers contain
//! passwords and cookies, and queries contain tokens. All of them may be long.

use core::fmt;

/// The number of bytes of a text that are shown.
const MAX_SHOWN: usize = 64;

/// A request target: its query is not shown.
pub(crate) struct ShownTarget<'a>(pub(crate) &'a str);

impl fmt::Debug for ShownTarget<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, query) = match self.0.split_once('?') {
            Some((path, _)) => (path, "?.."),
            None => (self.0, ""),
        };
        write!(f, "{:?}{query}", ShownText(path.as_bytes()))
    }
}

/// A text that is not secret. If it is long, its end is not shown.
pub(crate) struct ShownText<'a>(pub(crate) &'a [u8]);

impl fmt::Debug for ShownText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.get(..MAX_SHOWN).unwrap_or(self.0);
        let end = if shown.len() < self.0.len() { ".." } else { "" };
        write!(f, "{}{end}", shown.escape_ascii())
    }
}

/// A value of which only the length is shown.
pub(crate) struct ShownLen(pub(crate) usize);

impl fmt::Debug for ShownLen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0)
    }
}
