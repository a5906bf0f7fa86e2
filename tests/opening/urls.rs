//! Which URLs a client takes, and what it sends for them.

use http::Uri;
use proptest::prelude::*;

use crate::peers::{Peer, by_each_adapter};
use websocket_proto::handshake::Scheme;
use websocket_proto::io::{ConnectOptions, Connecting, UrlErrorKind};

#[test]
fn urls_with_a_host_are_taken() {
    use Scheme::{Ws, Wss};
    for (url, scheme, host, port) in [
        ("ws://example.com", Ws, "example.com", 80),
        ("wss://example.com", Wss, "example.com", 443),
        ("WSS://Example.com/", Wss, "example.com", 443),
        ("ws://example.com:/", Ws, "example.com", 80),
        ("ws://example.com:8080/chat?room=1", Ws, "example.com", 8080),
        ("ws://example.com?room=1", Ws, "example.com", 80),
        ("ws://127.0.0.1:65535/", Ws, "127.0.0.1", 65535),
        ("ws://[::1]", Ws, "::1", 80),
        ("wss://[2001:db8::1]:8443/", Wss, "2001:db8::1", 8443),
        ("ws://alice:secret@[::1]:81/", Ws, "::1", 81),
        ("ws://alice@example.com/", Ws, "example.com", 80),
        ("ws://:@example.com/", Ws, "example.com", 80),
        ("ws://@example.com/", Ws, "example.com", 80),
        ("ws://j\u{fc}rg:p\u{e4}@example.com/", Ws, "example.com", 80),
        ("ws://xn--bcher-kva.example/", Ws, "xn--bcher-kva.example", 80),
        (r"ws://example.com\@evil.test/", Ws, "example.com", 80),
    ] {
        let options = ConnectOptions::new(url).unwrap_or_else(|error| panic!("{url}: {error}"));
        assert_eq!(
            (options.scheme(), options.host(), options.port()),
            (scheme, host, port),
            "{url}"
        );
    }
}

#[test]
fn urls_that_say_something_else_are_refused() {
    use UrlErrorKind::{
        Credentials, Fragment, Host, InternationalHost, Invalid, Path, Port, Scheme,
    };
    for (url, error) in [
        ("", Invalid),
        ("example.com", Scheme),
        ("/chat", Scheme),
        ("http://example.com/", Scheme),
        ("wsss://example.com/", Scheme),
        ("ws:example.com", Invalid),
        ("ws:/example.com", Invalid),
        (" ws://example.com", Scheme),
        ("ws://", Invalid),
        ("ws:///chat", Invalid),
        ("ws://:80/", Host),
        ("ws://alice:secret@/", Invalid),
        ("ws://alice:secret@:80/", Host),
        ("ws://example.com:65536/", Port),
        ("ws://example.com:+80/", Port),
        ("ws://example.com:http/", Port),
        ("ws://example.com:80:80/", Port),
        ("ws://::1/", Host),
        ("ws://[::1/", Host),
        ("ws://[::1]80/", Port),
        ("ws://[v1.fe]/", Host),
        ("ws://[example.com]/", Host),
        ("ws://exa mple.com/", Host),
        ("ws://exa\r\nmple.com/", Host),
        ("ws://ex%zzmple.com/", Host),
        ("ws://ex%41mple.com/", Host),
        ("ws://b\u{fc}cher.example/", InternationalHost),
        ("ws://example.com/\r\nX: y", Path),
        ("ws://example.com/?\0", Path),
        ("ws://example.com/\u{85}", Path),
        ("ws://example.com/#", Fragment),
        ("ws://example.com/chat#top", Fragment),
        // Two of them: which host is meant?
        ("ws://alice@evil.test@example.com/", Credentials),
        ("ws://ali%ge@example.com/", Credentials),
        ("ws://alice:%2@example.com/", Credentials),
        // RFC 7617 2: a name ends at its first colon.
        ("ws://al%3Aice:secret@example.com/", Credentials),
        ("ws://alice:line%0D%0Abreak@example.com/", Credentials),
        ("ws://alice:%7F@example.com/", Credentials),
    ] {
        let refused = ConnectOptions::new(url).map(|options| options.host().to_owned());
        assert_eq!(refused.map_err(|error| error.kind()), Err(error), "{url:?}");
    }
}

/// What a browser asks for, and the bytes that RFC 3986 allows in a request.
#[test]
fn a_path_and_a_query_are_sent_percent_encoded() {
    let server = Peer::echo();
    for (target, sent) in [
        ("", "/"),
        ("?", "/?"),
        ("/\u{e4}", "/%C3%A4"),
        ("/?q=\u{e9}", "/?q=%C3%A9"),
        ("/a b?c d", "/a%20b?c%20d"),
        (r#"/"{|}^`<>[]"#, "/%22%7B%7C%7D%5E%60%3C%3E%5B%5D"),
        (r#"/?"{|}^`<>[]\'"#, "/?%22%7B%7C%7D%5E%60%3C%3E%5B%5D%5C%27"),
        // What is encoded already stays, and so does what is allowed.
        ("/%c3%A4%2F?%20", "/%c3%A4%2F?%20"),
        ("/%zz%?%", "/%zz%?%"),
        ("/-._~!$&'()*+,;=:@a0?-._~!$&()*+,;=:@/?", "/-._~!$&'()*+,;=:@a0?-._~!$&()*+,;=:@/?"),
        ("/a/./b/../c", "/a/c"),
        ("/../a/%2E%2e/b/.", "/b/"),
        ("/a/..", "/"),
        ("/a//b/", "/a//b/"),
        ("/...", "/..."),
        ("/?a/../b", "/?a/../b"),
        (r"\a\b?\", "/a/b?%5C"),
    ] {
        let url = format!("ws://{}{target}", server.address);
        for (adapter, connected) in by_each_adapter(&ConnectOptions::new(&url).unwrap()) {
            assert!(connected.is_ok(), "{adapter}, {target}: {connected:?}");
            let head = server.head();
            assert_eq!(head.lines().next(), Some(&*format!("GET {sent}")), "{adapter}, {target}");
        }
    }
}

/// The `http` crate takes bytes that a request line must not have.
#[test]
fn a_uri_is_sent_as_the_same_text_is() {
    let server = Peer::echo();
    let url = format!("ws://{}/\u{e4}{{}}?|", server.address);
    let options = ConnectOptions::try_from(url.parse::<Uri>().unwrap()).unwrap();
    for (adapter, connected) in by_each_adapter(&options) {
        assert!(connected.is_ok(), "{adapter}: {connected:?}");
        assert!(server.head().starts_with("GET /%C3%A4%7B%7D?%7C\r\n"), "{adapter}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    /// Nothing fails after TCP is open that could be said at once.
    #[test]
    fn what_is_taken_can_be_sent(text in "(ws|wss)://([a-z.:@%0-9\\[\\]]{0,12}|\\PC{0,6})[/?\\\\]?(\\PC|[%./?]){0,20}") {
        if let Ok(options) = ConnectOptions::new(&text) {
            prop_assert!(Connecting::new(options.clone(), [0; 16]).is_ok());
            let is_name = options.host().bytes().all(|byte| byte.is_ascii_graphic());
            prop_assert!(is_name && !options.host().is_empty(), "{}", options.host());
        }
    }

    #[test]
    fn no_text_makes_a_url_panic(text in any::<String>(), url in "(ws|http)://\\PC*") {
        let _ = ConnectOptions::new(&text);
        let _ = ConnectOptions::new(&url);
        let _ = ConnectOptions::new("ws://a/").unwrap().proxy(&url);
    }
}
