//! Headers, extension lists, and the texts of errors.

use core::error::Error;

use websocket_proto::extension::{Extension, ExtensionError, Extensions};
use websocket_proto::handshake::{
    Accept, Answer, ClientHandshake, ClientRequest, Incoming, MAX_SUBPROTOCOLS, Refusal, Request,
    RequestError, Response, ResponseError, ServerHandshake, WriteError,
};
use websocket_proto::http1::{HeadError, Header, Headers};

/// A list of extensions in one canonical form, or what is wrong with it.
fn extensions(text: &str) -> Result<Vec<String>, ExtensionError> {
    let one = |extension: Extension<'_>| {
        let parameters = extension.parameters().map(|parameter| match parameter.value {
            Some(value) => format!(";{}={value}", parameter.name),
            None => format!(";{}", parameter.name),
        });
        extension.name().to_owned() + &parameters.collect::<String>()
    };
    Extensions::parse(text.as_bytes()).map(|extension| extension.map(one)).collect()
}

#[test]
fn a_list_of_extensions_is_read_with_its_parameters() {
    for (text, expected) in [
        ("a", &["a"][..]),
        ("a,b", &["a", "b"]),
        (" a\t,\tb ", &["a", "b"]),
        ("a;b;c=d", &["a;b;c=d"]),
        ("a ; b ; c = d , e", &["a;b;c=d", "e"]),
        ("a; b=\"c\"", &["a;b=c"]),
        (r#"a; b="\c\d"; e"#, &["a;b=cd;e"]),
        ("a; b; b=1", &["a;b;b=1"]),
        ("a, a; b", &["a", "a;b"]),
        // RFC 2616 2.1: empty elements count for nothing.
        (",a,,b,", &["a", "b"]),
        ("!#$%&'*+-.^_`|~09AZaz", &["!#$%&'*+-.^_`|~09AZaz"]),
        (
            "permessage-deflate; client_max_window_bits",
            &["permessage-deflate;client_max_window_bits"],
        ),
    ] {
        assert_eq!(extensions(text).unwrap(), expected, "{text}");
    }
}

#[test]
fn a_list_of_extensions_that_departs_from_the_grammar_says_where() {
    use ExtensionError as E;
    for (text, expected) in [
        ("", E::EmptyList),
        (" \t", E::EmptyList),
        (",", E::EmptyList),
        (" , ,, ", E::EmptyList),
        ("=", E::Name),
        (";a", E::Name),
        ("\"a\"", E::Name),
        ("a, ;", E::Name),
        ("\u{e9}", E::Name),
        ("a b", E::UnexpectedByte(b'b')),
        ("a=b", E::UnexpectedByte(b'=')),
        ("a; b c", E::UnexpectedByte(b'c')),
        ("a; b=c=d", E::UnexpectedByte(b'=')),
        ("a; b=\"c\"d", E::UnexpectedByte(b'd')),
        ("a; b=c\"d\"", E::UnexpectedByte(b'"')),
        ("a\0", E::UnexpectedByte(0)),
        ("a;", E::ParameterName),
        ("a;;b", E::ParameterName),
        ("a; =", E::ParameterName),
        ("a; , b", E::ParameterName),
        ("a; b=", E::ParameterValue),
        ("a; b=,", E::ParameterValue),
        ("a; b=;", E::ParameterValue),
        ("a; b=\"\"", E::ParameterValue),
        ("a; b=\"c d\"", E::ParameterValue),
        ("a; b=\"c,d\"", E::ParameterValue),
        (r#"a; b="\\""#, E::ParameterValue),
        (r#"a; b="\"""#, E::ParameterValue),
        ("a; b=\"", E::UnterminatedQuote),
        ("a; b=\"c", E::UnterminatedQuote),
        (r#"a; b="c\"#, E::UnterminatedQuote),
    ] {
        assert_eq!(extensions(text), Err(expected), "{text:?}");
    }
}

#[test]
fn a_list_of_extensions_ends_at_its_first_error() {
    let mut list = Extensions::parse(b"a, b c, d");
    assert_eq!(list.next().unwrap().unwrap().name(), "a");
    assert_eq!(list.next(), Some(Err(ExtensionError::UnexpectedByte(b'c'))));
    assert_eq!(list.next(), None);
    let mut list = Extensions::parse(b",");
    assert_eq!(list.next(), Some(Err(ExtensionError::EmptyList)));
    assert_eq!(list.next(), None);
}

#[test]
fn extensions_combine_over_lines_and_no_line_is_no_error() {
    let of = |lines: &[Header<'_>]| {
        Extensions::of(Headers::new(lines))
            .map(|extension| extension.map(|extension| extension.name().to_owned()))
            .collect::<Result<Vec<_>, _>>()
    };
    let line = |value| Header::new("sec-websocket-extensions", value);
    assert_eq!(of(&[]).unwrap(), [""; 0]);
    assert_eq!(of(&[Header::new("X", "a")]).unwrap(), [""; 0]);
    assert_eq!(of(&[line("a"), Header::new("X", "b"), line("c, d")]).unwrap(), ["a", "c", "d"]);
    assert_eq!(of(&[line(""), line("a")]).unwrap(), ["a"]);
    assert_eq!(of(&[line("")]).unwrap(), [""; 0]);
    assert_eq!(of(&[line(""), line(" ,\t,")]).unwrap(), [""; 0]);
    // A quoted string does not go on in the next line.
    assert_eq!(of(&[line("a; b=\"c"), line("d\"")]), Err(ExtensionError::UnterminatedQuote));
}

#[test]
fn an_extension_is_shown_as_it_was_sent_in_visible_ascii() {
    let shown = |text: &str| format!("{:?}", Extensions::parse(text.as_bytes()).next());
    assert_eq!(shown("a;b; c=1, d"), "Some(Ok(a;b; c=1))");
    assert_eq!(shown("a;\tb=\"c\""), r#"Some(Ok(a;\tb=\"c\"))"#);
}

#[test]
fn values_of_parameters_compare_unescaped() {
    let value = |text: &'static str| {
        let extension = Extensions::parse(text.as_bytes()).next().unwrap().unwrap();
        extension.parameters().next().unwrap().value.unwrap()
    };
    assert_eq!(value("a; b=10"), value(r#"a; b="1\0""#));
    assert_ne!(value("a; b=10"), value("a; b=1"));
    assert_eq!(value(r#"a; b="\1\5""#), "15");
    for other in ["1", "155", r"\1\5", ""] {
        assert_ne!(value(r#"a; b="\1\5""#), other);
    }
    assert_eq!(format!("{:?}", value(r#"a; b="\1\5""#)), "\"15\"");
    assert!(value(r#"a; b="\1\5""#).bytes().eq(*b"15"));
}

#[test]
fn headers_are_found_in_any_case_and_shown_without_their_values() {
    let lines = [
        Header::new("Set-Cookie", "a=1"),
        Header { name: "X", value: b"\xff\"" },
        Header::new("SET-COOKIE", "b=2"),
    ];
    let headers = Headers::new(&lines);
    assert_eq!(headers.first("set-cookie"), Some(&b"a=1"[..]));
    assert_eq!(headers.first("set-cookies"), None);
    assert!(headers.all("Set-Cookie").eq([b"a=1", b"b=2"]));
    assert!(headers.into_iter().eq(lines));
    // A value may be a credential.
    let shown = "[Set-Cookie: 3 bytes, X: 2 bytes, SET-COOKIE: 3 bytes]";
    assert_eq!(format!("{headers:?}"), shown);
}

#[test]
fn error_texts_are_one_line_and_name_what_was_seen() {
    let head = [
        (
            HeadError::NotHttp(0x16),
            "the message is not HTTP: unexpected byte 0x16 in the first word",
        ),
        (HeadError::TooLarge { limit: 16384 }, "the HTTP head exceeds the limit of 16384 bytes"),
        (
            HeadError::TooManyHeaders { limit: 100 },
            "the HTTP head exceeds the limit of 100 headers",
        ),
        (HeadError::StartLine, "the first line of the HTTP head is malformed"),
        (HeadError::HeaderName, "a header line does not begin with a name and a colon"),
        (HeadError::HeaderValue, "the value of a header contains a control byte"),
        (HeadError::BareLineFeed, "the HTTP head contains a line feed without a carriage return"),
        (
            HeadError::BareCarriageReturn,
            "the HTTP head contains a carriage return without a line feed",
        ),
    ];
    for (error, text) in head {
        assert_eq!(error.to_string(), text);
        assert_eq!(RequestError::from(error).to_string(), text);
        assert_eq!(ResponseError::from(error).to_string(), text);
    }
    let too_many = RequestError::TooManySubprotocols.to_string();
    assert_eq!(too_many, format!("the request offers more than {MAX_SUBPROTOCOLS} subprotocols"));
    assert_eq!(
        WriteError::BufferTooSmall { needed: 129 }.to_string(),
        "the output buffer is too small: the message takes 129 bytes"
    );

    let errors: [Box<dyn Error>; 47] = [
        Box::new(RequestError::Method),
        Box::new(RequestError::HttpVersion),
        Box::new(RequestError::Target),
        Box::new(RequestError::MissingHeader("Host")),
        Box::new(RequestError::RepeatedHeader("Host")),
        Box::new(RequestError::Host),
        Box::new(RequestError::Upgrade),
        Box::new(RequestError::Connection),
        Box::new(RequestError::Version),
        Box::new(RequestError::Key),
        Box::new(RequestError::Origin),
        Box::new(RequestError::Subprotocol),
        Box::new(RequestError::DuplicateSubprotocol),
        Box::new(RequestError::TooManySubprotocols),
        Box::new(RequestError::Extensions(ExtensionError::Name)),
        Box::new(RequestError::Body),
        Box::new(ResponseError::HttpVersion),
        Box::new(ResponseError::MissingHeader("Upgrade")),
        Box::new(ResponseError::RepeatedHeader("Upgrade")),
        Box::new(ResponseError::Upgrade),
        Box::new(ResponseError::Connection),
        Box::new(ResponseError::Accept),
        Box::new(ResponseError::SubprotocolNotOffered),
        Box::new(ResponseError::NoSubprotocol),
        Box::new(ResponseError::ExtensionNotOffered),
        Box::new(ResponseError::RepeatedExtension),
        Box::new(ResponseError::Extensions(ExtensionError::Name)),
        Box::new(ExtensionError::EmptyList),
        Box::new(ExtensionError::Name),
        Box::new(ExtensionError::ParameterName),
        Box::new(ExtensionError::ParameterValue),
        Box::new(ExtensionError::UnterminatedQuote),
        Box::new(ExtensionError::UnexpectedByte(0x3d)),
        Box::new(WriteError::BufferTooSmall { needed: 1 }),
        Box::new(WriteError::Target),
        Box::new(WriteError::Host),
        Box::new(WriteError::Origin),
        Box::new(WriteError::Subprotocol { index: 0 }),
        Box::new(WriteError::DuplicateSubprotocol { index: 1 }),
        Box::new(WriteError::SubprotocolNotOffered),
        Box::new(WriteError::Extensions(ExtensionError::Name)),
        Box::new(WriteError::ExtensionNotOffered),
        Box::new(WriteError::HeaderName { index: 0 }),
        Box::new(WriteError::HeaderValue { index: 0 }),
        Box::new(WriteError::ReservedHeader { index: 0 }),
        Box::new(WriteError::Status { status: 101 }),
        Box::new(HeadError::StartLine),
    ];
    for error in errors {
        let text = error.to_string();
        assert!(text.starts_with(|first: char| first.is_ascii_lowercase()), "{text}");
        assert!(text.split(' ').count() >= 3 && !text.contains('\n'), "{text}");
        assert!(!text.ends_with('.'), "{text}");
    }
}

#[test]
fn each_request_error_has_its_status() {
    use RequestError as E;
    for (status, errors) in [
        (405, &[E::Method][..]),
        (426, &[E::Version]),
        (505, &[E::HttpVersion]),
        (
            431,
            &[
                E::Head(HeadError::TooLarge { limit: 1 }),
                E::Head(HeadError::TooManyHeaders { limit: 1 }),
                E::TooManySubprotocols,
            ],
        ),
        (400, &[E::Host, E::Body, E::Head(HeadError::BareLineFeed), E::MissingHeader("Host")]),
    ] {
        for error in errors {
            assert_eq!((error.status(), error.refusal().status()), (status, status), "{error:?}");
        }
    }
}

#[test]
fn every_type_can_cross_threads() {
    fn can_cross<T: Send + Sync + Unpin>() {}
    can_cross::<ServerHandshake>();
    can_cross::<ClientHandshake>();
    can_cross::<ClientRequest<'_>>();
    can_cross::<Incoming<'_>>();
    can_cross::<Request<'_>>();
    can_cross::<Accept<'_>>();
    can_cross::<Refusal<'_>>();
    can_cross::<Answer<'_>>();
    can_cross::<Response<'_>>();
    can_cross::<Extensions<'_>>();
    can_cross::<(RequestError, ResponseError, WriteError)>();
}
