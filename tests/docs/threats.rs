//! `docs/threats.md` names, for each attack, the limit, the setting and the tests. Each test and each
//! setting must exist, and a default that the page names must be the default. A row that this test
//! cannot parse is an error.

use std::path::Path;

use crate::evidence::{Evidence, assert_tests_exist, parse_evidence};

const HEADER: &str = "| attack | what the crate does | limit | setting | test |";
const SEPARATOR: &str = "|---|---|---|---|---|";

/// The cell of a row whose rule cannot be switched off.
const ALWAYS: &str = "always";

/// A row of one of the tables.
#[derive(Debug)]
struct Row<'a> {
    text: &'a str,
    limit: &'a str,
    /// Each is `Type::method`. There is none if the rule cannot be switched off.
    settings: Vec<&'a str>,
    evidence: Evidence<'a>,
}

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/threats.md");
    std::fs::read_to_string(path).expect("the page")
}

/// Parses every table of the page.
fn parse(page: &str) -> Result<Vec<Row<'_>>, String> {
    // The prose and the program have no line that begins with a bar.
    page.lines()
        .filter(|line| line.starts_with('|') && *line != HEADER && *line != SEPARATOR)
        .map(|line| parse_row(line).map_err(|error| format!("{error}: {line}")))
        .collect()
}

fn parse_row(text: &str) -> Result<Row<'_>, &'static str> {
    let inner = text.strip_prefix("| ").and_then(|text| text.strip_suffix(" |"));
    let cells: Vec<&str> = inner.ok_or("the row has no outer bars")?.split(" | ").collect();
    let [attack, action, limit, settings, tests] = cells[..] else {
        return Err("the row has not five cells");
    };
    if [attack, action, limit].iter().any(|cell| cell.trim().is_empty()) {
        return Err("a cell of the row is empty");
    }
    let settings = match settings {
        ALWAYS => Vec::new(),
        list => list
            .split(", ")
            .map(|name| name.strip_prefix('`')?.strip_suffix('`'))
            .collect::<Option<_>>()
            .ok_or("the settings are not a list of `Type::method`")?,
    };
    let evidence = parse_evidence(tests)?;
    match evidence {
        Evidence::Tests(_) => Ok(Row { text, limit, settings, evidence }),
        Evidence::NoTest => Err("the row has no test"),
    }
}

#[test]
fn every_test_that_the_page_names_exists() {
    let page = page();
    let rows = parse(&page).unwrap_or_else(|error| panic!("{error}"));
    let checked: usize = rows.iter().map(|row| assert_tests_exist(&row.evidence)).sum();
    assert!(rows.len() > 25, "only {} rows were found", rows.len());
    assert!(checked > 50, "only {checked} tests were found");
}

#[test]
fn a_broken_row_is_rejected() {
    let good = "| a | b | 1 s | `A::b`, `C::d` | `wire/mask`: `one` |";
    assert_eq!(parse_row(good).expect("a good row").settings, ["A::b", "C::d"]);
    assert!(parse_row("| a | b | - | always | `wire/mask`: `one` |").is_ok());
    let broken = [
        "| a | b | 1 s | `A::b` |",
        "| a | b |  | `A::b` | `wire/mask`: `one` |",
        "| a | b | 1 s | A::b | `wire/mask`: `one` |",
        "| a | b | 1 s | never | `wire/mask`: `one` |",
        "| a | b | 1 s | `A::b` | one |",
        "| a | b | 1 s | `A::b` | by absence: no code |",
        "| a | b | 1 s | `A::b` | `wire/mask`: `one` | more |",
    ];
    for row in broken {
        assert!(parse_row(row).is_err(), "{row}");
        assert!(parse(&format!("{good}\n{row}\n")).is_err(), "{row}");
    }
}

mod settings {
    use std::time::Duration;

    use websocket_proto::CloseCode;
    use websocket_proto::connection::ConnectionConfig;
    use websocket_proto::deflate::{Compression, Preferences};
    use websocket_proto::handshake::Request;
    use websocket_proto::http1::HeadLimits;
    use websocket_proto::io::{Accepting, ConnectOptions, Reply};
    use websocket_proto::websocket::Config;

    use super::{page, parse};

    type Blocking = websocket_proto::blocking::Acceptor<std::net::TcpStream>;
    type Acceptor = websocket_proto::tokio::Acceptor<tokio::net::TcpStream>;

    /// The names of methods and constants, which the compiler has found.
    macro_rules! names {
        ($($type:ident::$name:ident,)*) => {
            [$({
                let _ = $type::$name;
                concat!(stringify!($type), "::", stringify!($name))
            },)*]
        };
    }

    /// Everything that the page names as `Type::name`, in its tables and in its text.
    fn existing() -> Vec<&'static str> {
        // The page names the methods of both adapters as `Acceptor::...`.
        let _ = names![Blocking::head_limits, Blocking::handshake_timeout,];
        names![
            Acceptor::handshake_timeout,
            Acceptor::head_limits,
            Acceptor::reply,
            Acceptor::request,
            CloseCode::POLICY_VIOLATION,
            CloseCode::TRY_AGAIN_LATER,
            Compression::No,
            Config::answer_pings,
            Config::close_timeout,
            Config::deflate,
            Config::high_water_mark,
            Config::keepalive,
            Config::max_frame_size,
            Config::max_message_size,
            Config::message_timeout,
            Config::write_timeout,
            ConnectOptions::connect_timeout,
            ConnectOptions::head_limits,
            ConnectOptions::max_refusal_body,
            ConnectOptions::proxy,
            ConnectOptions::refusal_body_timeout,
            ConnectOptions::require_subprotocol,
            ConnectionConfig::max_message_size,
            Preferences::client_no_context_takeover,
            Preferences::server_no_context_takeover,
            Reply::decline_deflate,
            Request::origin,
        ]
        .to_vec()
    }

    /// The names in backticks that have the form `Type::name`.
    fn named(page: &str) -> Vec<&str> {
        let is_path = |name: &&str| {
            name.split_once("::").is_some_and(|(_, rest)| {
                name.starts_with(|first: char| first.is_ascii_uppercase())
                    && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            })
        };
        // The program is compiled, and the paragraph that explains the form has an example of it.
        let (text, _program) = page.split_once("```rust").expect("a program");
        text.split('`').filter(is_path).filter(|name| *name != "Type::method").collect()
    }

    #[test]
    fn every_setting_that_the_page_names_exists() {
        let page = page();
        let rows = parse(&page).unwrap_or_else(|error| panic!("{error}"));
        let (existing, named) = (existing(), named(&page));
        for name in rows.iter().flat_map(|row| &row.settings).chain(&named) {
            assert!(
                existing.contains(name),
                "the page names {name}, and this test does not know it"
            );
        }
        for name in existing {
            assert!(page.contains(name), "the page does not name {name}");
        }
        assert!(named.len() > 30, "only {} names were found", named.len());
    }

    #[test]
    fn the_limits_on_the_page_are_the_defaults() {
        let (config, head) = (Config::new(), HeadLimits::DEFAULT);
        let expected = [
            ("Config::max_message_size", bytes(config.max_message_size)),
            ("Config::max_message_size", bytes(ConnectionConfig::DEFAULT_MAX_MESSAGE_SIZE)),
            ("Config::high_water_mark", bytes(config.high_water_mark)),
            ("Config::close_timeout", time(config.close_timeout)),
            ("Acceptor::handshake_timeout", time(Accepting::DEFAULT_HANDSHAKE_TIMEOUT)),
            ("Acceptor::head_limits", bytes(head.bytes as u64)),
            ("Acceptor::head_limits", format!("{} headers", head.headers)),
            ("ConnectOptions::connect_timeout", time(ConnectOptions::DEFAULT_CONNECT_TIMEOUT)),
            ("ConnectOptions::max_refusal_body", bytes(ConnectOptions::DEFAULT_MAX_REFUSAL_BODY)),
            (
                "ConnectOptions::refusal_body_timeout",
                time(ConnectOptions::DEFAULT_REFUSAL_BODY_TIMEOUT),
            ),
        ];
        let off = [
            ("Config::max_frame_size", config.max_frame_size == u64::MAX),
            ("Config::message_timeout", config.message_timeout == Duration::MAX),
            ("Config::keepalive", config.keepalive.is_none()),
        ];

        let page = page();
        let rows = parse(&page).unwrap_or_else(|error| panic!("{error}"));
        // A row is about the limit of its first setting, and may be about those of the others too.
        let row_of = |setting: &str| {
            let about = rows.iter().find(|row| row.settings.first() == Some(&setting));
            about
                .or_else(|| rows.iter().find(|row| row.settings.contains(&setting)))
                .unwrap_or_else(|| panic!("no row is about {setting}"))
        };
        for (setting, limit) in expected {
            let row = row_of(setting);
            assert!(row.limit.contains(&limit), "{setting} is {limit}: {}", row.text);
        }
        for (setting, is_off) in off {
            let row = row_of(setting);
            assert!(is_off && row.limit.contains("none by default"), "{setting}: {}", row.text);
        }
        assert_eq!(config.write_timeout, Duration::MAX, "the text says that it is off");
    }

    fn bytes(count: u64) -> String {
        match count {
            0..0x10_0000 => format!("{} KiB", count / 1024),
            _ => format!("{} MiB", count / 1024 / 1024),
        }
    }

    fn time(time: Duration) -> String {
        format!("{} s", time.as_secs())
    }
}
