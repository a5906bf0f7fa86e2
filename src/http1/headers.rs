//! Header lines, and the comma-separated lists in them
//! ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110), section 5).

use core::fmt;
use core::str;

use memchr::memchr;

use super::shown::{ShownLen, ShownText};

/// One header line (RFC 9110, section 5).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Header<'b> {
    /// The name, in the case in which the peer sent it. Names are compared without regard to case.
    pub name: &'b str,
    /// The value, without the whitespace around it. Bytes from 0x80 on are opaque (RFC 9110,
    /// section 5.5).
    pub value: &'b [u8],
}

impl<'b> Header<'b> {
    /// Creates a header to send. The name and the value are checked when the header is written.
    #[must_use]
    pub const fn new(name: &'b str, value: &'b str) -> Self {
        Self { name, value: value.as_bytes() }
    }

    /// Returns whether this header has the given name, in any case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// Shows the name and the length of the value. The value may be a credential.
impl fmt::Debug for Header<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = ShownText(self.name.as_bytes());
        write!(f, "{name:?}: {:?}", ShownLen(self.value.len()))
    }
}

/// The headers of a request or a response, in the order in which they arrived.
///
/// Each access reads the headers from the caller's buffer. Nothing is stored.
///
/// ```
/// use websocket_proto::http1::{Header, Headers};
///
/// let lines = [Header::new("Accept", "*/*"), Header::new("Cookie", "a=1")];
/// let headers = Headers::new(&lines);
/// assert_eq!(headers.first("cookie"), Some(&b"a=1"[..]));
/// assert_eq!(headers.all("accept").count(), 1);
/// assert_eq!(headers.iter().count(), 2);
/// ```
#[derive(Clone, Copy)]
pub struct Headers<'b> {
    source: HeaderSource<'b>,
}

#[derive(Clone, Copy)]
enum HeaderSource<'b> {
    /// The header lines of a head that httparse has accepted, each with its CRLF.
    Lines(&'b [u8]),
    /// Headers that other code has parsed.
    Parsed(&'b [Header<'b>]),
}

impl<'b> Headers<'b> {
    /// Wraps headers that other code has parsed, such as an HTTP library or an HTTP/2 connection.
    #[must_use]
    pub const fn new(headers: &'b [Header<'b>]) -> Self {
        Self { source: HeaderSource::Parsed(headers) }
    }

    /// Wraps the header lines of a head that httparse has accepted.
    pub(crate) const fn from_lines(lines: &'b [u8]) -> Self {
        Self { source: HeaderSource::Lines(lines) }
    }

    /// Returns an iterator over all headers, in order.
    #[must_use]
    pub const fn iter(&self) -> HeadersIter<'b> {
        HeadersIter { source: self.source }
    }

    /// Returns the value of the first header with this name, in any case.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&'b [u8]> {
        self.all(name).next()
    }

    /// Returns an iterator over the values of all headers with this name, in order.
    pub fn all<'n>(&self, name: &'n str) -> impl Iterator<Item = &'b [u8]> + Clone + use<'b, 'n> {
        Values { first: None, headers: self.iter(), name }
    }

    /// Returns how often the header with this name occurs, and its value if it occurs once.
    pub(crate) fn field(&self, name: &str) -> Field<'b> {
        let mut field = Field::Absent;
        self.all(name).for_each(|value| field.add(value));
        field
    }

    /// Returns the same values as [`all`](Self::all), in a type that other types can name.
    pub(crate) const fn values(&self, name: &'static str) -> Values<'b, 'static> {
        Values { first: None, headers: self.iter(), name }
    }
}

impl fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'b> IntoIterator for Headers<'b> {
    type Item = Header<'b>;
    type IntoIter = HeadersIter<'b>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The iterator that [`Headers::iter`] returns.
#[derive(Clone)]
pub struct HeadersIter<'b> {
    source: HeaderSource<'b>,
}

impl<'b> Iterator for HeadersIter<'b> {
    type Item = Header<'b>;

    fn next(&mut self) -> Option<Header<'b>> {
        let (name, value) = self.next_line()?;
        Some(Header { name: str::from_utf8(name).ok()?, value })
    }
}

impl<'b> HeadersIter<'b> {
    /// Returns the name and the value of the next header. A handshake compares every name, so the
    /// name is not converted to text.
    #[inline]
    pub(crate) fn next_line(&mut self) -> Option<(&'b [u8], &'b [u8])> {
        match &mut self.source {
            HeaderSource::Parsed(headers) => {
                let header = headers.split_off_first()?;
                Some((header.name.as_bytes(), header.value))
            }
            HeaderSource::Lines(lines) => {
                let (line, rest) = take_line(lines)?;
                *lines = rest;
                // RFC 9112, section 5: a header line is field-name ":" OWS field-value OWS.
                // httparse accepts no whitespace in a line except SP and HTAB, so `trim_ascii`
                // removes only OWS.
                let colon = memchr(b':', line)?;
                Some((line.get(..colon)?, line.get(colon + 1..)?.trim_ascii()))
            }
        }
    }
}

impl fmt::Debug for HeadersIter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// Returns the first line without its CRLF, and the bytes after that line. `bytes` are part of a
/// head in which every CR is part of a CRLF.
pub(crate) fn take_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (line, rest) = bytes.split_at_checked(memchr(b'\r', bytes)?)?;
    Some((line, rest.get(2..)?))
}

/// An iterator over the values of all headers with one name.
#[derive(Clone, Debug)]
pub(crate) struct Values<'b, 'n> {
    first: Option<&'b [u8]>,
    headers: HeadersIter<'b>,
    name: &'n str,
}

impl<'b> Values<'b, 'static> {
    /// Returns the elements of a comma-separated list, which several header lines may share
    /// (RFC 9110, section 5.3). The whitespace around each element is removed. Empty elements are
    /// included.
    pub(crate) fn elements(self) -> impl Iterator<Item = &'b [u8]> + Clone + use<'b> {
        self.flat_map(|value| value.split(|&byte| byte == b',')).map(<[u8]>::trim_ascii)
    }
}

impl<'b> Iterator for Values<'b, '_> {
    type Item = &'b [u8];

    fn next(&mut self) -> Option<&'b [u8]> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        loop {
            let (name, value) = self.headers.next_line()?;
            if name.eq_ignore_ascii_case(self.name.as_bytes()) {
                return Some(value);
            }
        }
    }
}

/// How often a header occurs, with its value if it occurs once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Field<'b> {
    #[default]
    Absent,
    Once(&'b [u8]),
    Repeated,
}

impl<'b> Field<'b> {
    pub(crate) fn add(&mut self, value: &'b [u8]) {
        *self = match self {
            Self::Absent => Self::Once(value),
            Self::Once(_) | Self::Repeated => Self::Repeated,
        };
    }

    pub(crate) const fn is_present(self) -> bool {
        !matches!(self, Self::Absent)
    }

    /// Returns all values. The headers are searched again only if there are several values.
    pub(crate) const fn values(
        self,
        headers: Headers<'b>,
        name: &'static str,
    ) -> Values<'b, 'static> {
        match self {
            Self::Absent => Headers::new(&[]).values(name),
            Self::Once(value) => {
                Values { first: Some(value), headers: Headers::new(&[]).iter(), name }
            }
            Self::Repeated => headers.values(name),
        }
    }
}
