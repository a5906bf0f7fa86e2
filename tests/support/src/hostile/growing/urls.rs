//! URLs that a program may get from a source that it does not trust.

use super::{Growing, row};

fn url(before: &str, unit: &str, size: usize, after: &str) -> Vec<u8> {
    format!("{before}{}{after}", unit.repeat(size / unit.len())).into_bytes()
}

/// URLs, each with whether it is valid.
pub fn growing_urls() -> Vec<Growing<bool>> {
    vec![
        row("URL with a path", |size| url("ws://a.test/", "a", size, ""), true),
        row("URL with a path outside ASCII", |size| url("ws://a.test/", "ä", size, ""), true),
        row("URL with segments", |size| url("ws://a.test/", "a/", size, ""), true),
        row("URL with dot segments", |size| url("ws://a.test/", "../", size, ""), true),
        row("URL with encoded dot segments", |size| url("ws://a.test/", "%2e%2E/", size, ""), true),
        row("URL that goes down and up", |size| url("ws://a.test/", "a/../", size, ""), true),
        row("URL with backslashes", |size| url("ws://a.test/", "\\", size, ""), true),
        row("URL with a query", |size| url("ws://a.test/?", "a=b&", size, ""), true),
        row("URL with a fragment", |size| url("ws://a.test/", "a", size, "#"), false),
        row("URL with a control character", |size| url("ws://a.test/", "a", size, "\n"), false),
        row("URL with a user name", |size| url("ws://", "a", size, "@a.test/"), true),
        row("URL with @ in the user name", |size| url("ws://", "@", size, "@a.test/"), false),
        row("URL with encoded credentials", |size| url("ws://", "%41", size, ":b@a.test/"), true),
        row("URL with a host", |size| url("ws://", "a", size, "/"), true),
        row("URL with colons", |size| url("ws://", ":", size, "/"), false),
        row("URL with an IPv6 address", |size| url("ws://[", "1:", size, "]/"), false),
        row("URL with a port", |size| url("ws://a.test:", "0", size, "1/"), true),
        row("URL with a scheme", |size| url("", "a", size, "://a.test/"), false),
        row("URL without a scheme", |size| url("", "a", size, ""), false),
    ]
}
