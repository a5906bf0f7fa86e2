//! Header lines, and the comma lists in them (RFC 9110 5).

use core::fmt;
use core::str;

/// One header line (RFC 9110 5).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Header<'b> {
    /// The name, in the case in which it was sent; names are compared without regard to case.
    pub name: &'b str,
    /// The value, without whitespace around it. Bytes from 0x80 on are opaque (RFC 9110 5.5).
    pub value: &'b [u8],
}

impl<'b> Header<'b> {
    /// A header to send. What may stand in it is checked when it is written.
    #[must_use]
    pub const fn new(name: &'b str, value: &'b str) -> Self {
        Self { name, value: value.as_bytes() }
    }

    /// Whether this is the header of that name, in any case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

impl fmt::Debug for Header<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.value.escape_ascii())
    }
}

/// The headers of a request or response, in the order in which they came.
///
/// They are read out of the caller's buffer each time; nothing is stored.
///
/// ```
/// use websocket_proto::handshake::{Header, Headers};
///
/// let lines = [Header::new("Accept", "*/*"), Header::new("Cookie", "a=1")];
/// let headers = Headers::new(&lines);
/// assert_eq!(headers.first("cookie"), Some(&b"a=1"[..]));
/// assert_eq!(headers.all("accept").count(), 1);
/// assert_eq!(headers.iter().count(), 2);
/// ```
#[derive(Clone, Copy)]
pub struct Headers<'b> {
    source: Source<'b>,
}

#[derive(Clone, Copy)]
enum Source<'b> {
    /// The header lines of a head that httparse has taken, each with its CRLF.
    Lines(&'b [u8]),
    /// Headers that something else has parsed.
    Parsed(&'b [Header<'b>]),
}

impl<'b> Headers<'b> {
    /// Headers that something else has parsed, such as an HTTP library or an HTTP/2 connection.
    #[must_use]
    pub const fn new(headers: &'b [Header<'b>]) -> Self {
        Self { source: Source::Parsed(headers) }
    }

    /// The header lines of a head that httparse has taken.
    pub(super) const fn from_lines(lines: &'b [u8]) -> Self {
        Self { source: Source::Lines(lines) }
    }

    /// Every header, in order.
    #[must_use]
    pub const fn iter(&self) -> HeadersIter<'b> {
        HeadersIter { source: self.source }
    }

    /// The value of the first header of this name, in any case.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&'b [u8]> {
        self.all(name).next()
    }

    /// The values of every header of this name, in order.
    pub fn all<'n>(&self, name: &'n str) -> impl Iterator<Item = &'b [u8]> + Clone + use<'b, 'n> {
        Values { first: None, headers: self.iter(), name }
    }

    /// As [`all`](Self::all), for a type that has to name it.
    pub(super) const fn values(&self, name: &'static str) -> Values<'b, 'static> {
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

/// The iterator of [`Headers::iter`].
#[derive(Clone)]
pub struct HeadersIter<'b> {
    source: Source<'b>,
}

impl<'b> Iterator for HeadersIter<'b> {
    type Item = Header<'b>;

    fn next(&mut self) -> Option<Header<'b>> {
        match &mut self.source {
            Source::Parsed(headers) => headers.split_off_first().copied(),
            Source::Lines(lines) => {
                let (line, rest) = take_line(lines)?;
                *lines = rest;
                // RFC 9112 5: field-name ":" OWS field-value OWS. The only whitespace that
                // httparse lets into a line is that of OWS.
                let colon = line.iter().position(|&byte| byte == b':')?;
                let (name, value) = (line.get(..colon)?, line.get(colon + 1..)?);
                Some(Header { name: str::from_utf8(name).ok()?, value: value.trim_ascii() })
            }
        }
    }
}

impl fmt::Debug for HeadersIter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// The first line without its CRLF, and what is behind that. `bytes` are of a head in which every
/// CR is part of a CRLF.
pub(super) fn take_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (line, rest) = bytes.split_at_checked(bytes.iter().position(|&byte| byte == b'\r')?)?;
    Some((line, rest.get(2..)?))
}

/// The values of every header of one name.
#[derive(Clone, Debug)]
pub(super) struct Values<'b, 'n> {
    first: Option<&'b [u8]>,
    headers: HeadersIter<'b>,
    name: &'n str,
}

impl<'b> Values<'b, 'static> {
    /// The elements of a comma list that may be spread over several lines (RFC 9110 5.3), each
    /// without whitespace around it. Empty elements are among them.
    pub(super) fn elements(self) -> impl Iterator<Item = &'b [u8]> + Clone + use<'b> {
        self.flat_map(|value| value.split(|&byte| byte == b',')).map(<[u8]>::trim_ascii)
    }
}

impl<'b> Iterator for Values<'b, '_> {
    type Item = &'b [u8];

    fn next(&mut self) -> Option<&'b [u8]> {
        let name = self.name;
        self.first.take().or_else(|| {
            let header = self.headers.find(|header| header.is(name))?;
            Some(header.value)
        })
    }
}

/// The headers that a handshake looks at, picked out in one pass.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fields<'b> {
    pub(super) host: Field<'b>,
    pub(super) origin: Field<'b>,
    pub(super) upgrade: Field<'b>,
    pub(super) connection: Field<'b>,
    pub(super) content_length: Field<'b>,
    pub(super) transfer_encoding: Field<'b>,
    pub(super) key: Field<'b>,
    pub(super) accept: Field<'b>,
    pub(super) version: Field<'b>,
    pub(super) subprotocol: Field<'b>,
    pub(super) extensions: Field<'b>,
}

impl<'b> Fields<'b> {
    pub(super) fn of(headers: Headers<'b>) -> Self {
        let mut fields = Self::default();
        for header in headers {
            // The lengths tell most names apart before any byte is compared.
            let (name, field) = match header.name.len() {
                4 => ("Host", &mut fields.host),
                6 => ("Origin", &mut fields.origin),
                7 => ("Upgrade", &mut fields.upgrade),
                10 => ("Connection", &mut fields.connection),
                14 => ("Content-Length", &mut fields.content_length),
                17 if header.is("Sec-WebSocket-Key") => ("Sec-WebSocket-Key", &mut fields.key),
                17 => ("Transfer-Encoding", &mut fields.transfer_encoding),
                20 => ("Sec-WebSocket-Accept", &mut fields.accept),
                21 => ("Sec-WebSocket-Version", &mut fields.version),
                22 => ("Sec-WebSocket-Protocol", &mut fields.subprotocol),
                24 => ("Sec-WebSocket-Extensions", &mut fields.extensions),
                _ => continue,
            };
            if header.is(name) {
                field.add(header.value);
            }
        }
        fields
    }
}

/// How often a header came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Field<'b> {
    #[default]
    Absent,
    Once(&'b [u8]),
    Repeated,
}

impl<'b> Field<'b> {
    fn add(&mut self, value: &'b [u8]) {
        *self = match self {
            Self::Absent => Self::Once(value),
            Self::Once(_) | Self::Repeated => Self::Repeated,
        };
    }

    pub(super) const fn is_present(self) -> bool {
        !matches!(self, Self::Absent)
    }

    /// Every value. Only if there are several are the headers gone through again.
    pub(super) const fn values(
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
