//! The errors of URLs, which quote the URL without its secrets.

use alloc::format;
use alloc::string::String;
use core::error::Error;
use core::fmt;

/// An error in a URL (RFC 6455, section 3): which part of it is wrong, and the URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlError {
    kind: UrlErrorKind,
    shown: String,
}

/// The part of a URL that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlErrorKind {
    /// The text is not a URL with a host.
    Invalid,
    /// The scheme is neither `ws` nor `wss`.
    Scheme,
    /// The host is not a name or an address.
    Host,
    /// The host has characters outside ASCII. Write it in its ASCII form, which begins with `xn--`
    /// (RFC 5890, section 2.3.2.1).
    InternationalHost,
    /// The port is not a number from 0 to 65535.
    Port,
    /// The path or the query contains a control character.
    Path,
    /// There is a fragment.
    Fragment,
    /// The user name or the password cannot be sent (RFC 7617, section 2): its percent-encoding is
    /// wrong, it has a control character, or the name has a colon.
    Credentials,
    /// The URL of a proxy is not `http://` and a host, with an optional port, and optional
    /// credentials before the host.
    Proxy,
    /// The scheme is `wss`, and the caller has no TLS.
    Tls,
    /// The scheme is `wss`, and no certificate can name the host.
    ServerName,
}

impl UrlError {
    pub(crate) fn new(kind: UrlErrorKind, url: &str) -> Self {
        Self { kind, shown: without_secrets(url) }
    }

    /// Returns which part of the URL is wrong.
    #[must_use]
    pub const fn kind(&self) -> UrlErrorKind {
        self.kind
    }

    /// Returns the URL without its secrets: `...` replaces the credentials, the query, the
    /// fragment, and the end of a long URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shown
    }
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the URL \"{}\" ", self.shown)?;
        f.write_str(match self.kind {
            UrlErrorKind::Invalid => "is not a URL with a host",
            UrlErrorKind::Scheme => "has a scheme other than ws and wss",
            UrlErrorKind::Host => "has a host that is neither a name nor an address",
            UrlErrorKind::Port => "has a port that is not a number from 0 to 65535",
            UrlErrorKind::InternationalHost => {
                "has a host with characters outside ASCII: write it in its ASCII form, which begins \
                 with xn--"
            }
            UrlErrorKind::Path => "has a path or a query with a control character",
            UrlErrorKind::Fragment => "has a fragment, which a WebSocket URL must not have",
            UrlErrorKind::Credentials => "has a user name or a password that cannot be sent",
            UrlErrorKind::Proxy => {
                "is not the URL of an HTTP proxy, which is http://, a host and an optional port"
            }
            UrlErrorKind::Tls => {
                "needs TLS, which is not available here: enable the feature tls for the tokio \
                 adapter, or pass a TLS stream to a Connector"
            }
            UrlErrorKind::ServerName => "has a host that no certificate can name",
        })
    }
}

impl Error for UrlError {}

/// Returns a URL without its secrets, for a log. The text may not be a URL, so the search for
/// secrets does not rely on its syntax: everything between the scheme and the last `@` counts as
/// credentials.
fn without_secrets(url: &str) -> String {
    const MAX_SHOWN: usize = 200;
    const CUT: &str = "...";
    // If the text before `://` is not a scheme, it may be a part of a secret.
    let colon = url.find("://").filter(|&colon| url.get(..colon).is_some_and(is_scheme));
    let (scheme, rest) = url.split_at(colon.map_or(0, |colon| colon + "://".len()));
    let (credentials, rest) = match rest.rsplit_once('@') {
        Some((_, rest)) => ("...@", rest),
        None => ("", rest),
    };
    let (rest, end) = match rest.find(['?', '#']) {
        Some(mark) => (rest.get(..=mark).unwrap_or(rest), CUT),
        None => (rest, ""),
    };
    let (rest, end) = match rest.char_indices().nth(MAX_SHOWN) {
        Some((index, _)) => (rest.get(..index).unwrap_or(rest), CUT),
        None => (rest, end),
    };
    format!("{}{credentials}{}{end}", scheme.escape_debug(), rest.escape_debug())
}

/// Returns whether `text` looks like a scheme (RFC 3986, section 3.1).
fn is_scheme(text: &str) -> bool {
    text.len() <= 16
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}
