//! The opening handshakes as steps, against any peer and any clock: however the bytes are cut, the
//! same is made of them, the head of a refusal is never lost, and what the client of this crate
//! asks for, over bytes or over the types of `http`, its server accepts.
#![no_main]

use std::fmt::Debug;
use std::time::Duration;

use arbitrary::Arbitrary;
use bytes::{Buf, BufMut};
use libfuzzer_sys::fuzz_target;
use websocket_proto::connection::Client;
use websocket_proto::deflate::{DeflateConfig, Preferences};
use websocket_proto::extension::{Extension, Extensions};
use websocket_proto::handshake::{
    ClientHandshake, ClientRequest, HttpAnswer, Incoming, Opened, Scheme, ServerHandshake,
};
use websocket_proto::http::{Offer, OfferError};
use websocket_proto::http1::{HeadError, HeadLimits, Header, Headers};
use websocket_proto::io::{
    AcceptError, Accepting, ConnectError, ConnectOptions, Connecting, Handshake, ProxyError, Reply,
    Step, Tunneling,
};
use websocket_proto::websocket::Config;

#[derive(Arbitrary, Debug)]
enum Case<'a> {
    Accept { bytes: &'a [u8], plan: Plan<'a>, reply: ReplyPlan<'a>, way: u8, limit: Option<u8> },
    Connect { options: Options<'a>, bytes: &'a [u8], plan: Plan<'a>, limit: Option<u8> },
    Tunnel { options: Options<'a>, bytes: &'a [u8], plan: Plan<'a>, limit: Option<u8> },
    Both { options: Options<'a>, reply: ReplyPlan<'a>, plan: Plan<'a> },
    FromHttp { request: HttpRequest<'a>, plan: Plan<'a> },
    Offer { request: HttpRequest<'a>, protocol: Option<&'a str>, deflate: bool },
    ClientRequest { host: &'a str, target: &'a str, port: u16, options: Options<'a> },
    Extensions { lines: Vec<&'a [u8]> },
}

/// How the bytes of a transport are cut, and when the clock moves.
#[derive(Arbitrary, Clone, Copy, Debug)]
struct Plan<'a> {
    cuts: &'a [u8],
    /// How many bytes one write takes.
    writes: u8,
    /// How the transport ends: with an error, or as it should.
    fails: bool,
    /// How much time passes after each read, in milliseconds.
    times: &'a [u8],
}

/// What a client is told to ask for.
#[derive(Arbitrary, Clone, Debug)]
struct Options<'a> {
    url: Url<'a>,
    proxy: Option<&'a str>,
    subprotocols: Vec<&'a str>,
    require_subprotocol: bool,
    origin: Option<&'a str>,
    headers: Vec<(Name<'a>, &'a [u8])>,
    deflate: bool,
    max_refusal_body: Option<u8>,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Url<'a> {
    Any(&'a str),
    Ws(&'a str),
    Wss(&'a str),
    Path(&'a str),
}

#[derive(Arbitrary, Clone, Debug)]
struct ReplyPlan<'a> {
    refuses: Option<u16>,
    subprotocol: bool,
    headers: Vec<(Name<'a>, &'a [u8])>,
    body: &'a [u8],
}

/// The name of a header: one that has a meaning, or any.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Name<'a> {
    Known(u8),
    Any(&'a str),
}

#[derive(Arbitrary, Clone, Debug)]
struct HttpRequest<'a> {
    method: u8,
    uri: &'a str,
    version: u8,
    /// Whether the headers of a handshake are there before the others.
    is_websocket: bool,
    headers: Vec<(Name<'a>, &'a [u8])>,
}

const NAMES: [&str; 20] = [
    "Authorization",
    "Connection",
    "Content-Length",
    "Content-Type",
    "Cookie",
    "Date",
    "Expect",
    "Host",
    "Keep-Alive",
    "Origin",
    "Proxy-Connection",
    "Sec-WebSocket-Accept",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Version",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
];

fuzz_target!(|case: Case<'_>| {
    match case {
        Case::Accept { bytes, plan, reply, way, limit } => accept(bytes, &plan, &reply, way, limit),
        Case::Connect { options, bytes, plan, limit } => {
            if let Some(options) = options.build() {
                connect(&options, bytes, &plan, limit);
            }
        }
        Case::Tunnel { options, bytes, plan, limit } => {
            if let Some(options) = options.build() {
                tunnel(&options, bytes, &plan, limit);
            }
        }
        Case::Both { options, reply, plan } => {
            if let Some(options) = options.build() {
                both(&options, &reply, &plan);
            }
        }
        Case::FromHttp { request, plan } => {
            if let Some(request) = request.build()
                && let Ok(options) = ConnectOptions::try_from(request)
            {
                let reply =
                    ReplyPlan { refuses: None, subprotocol: true, headers: vec![], body: b"" };
                both(&options, &reply, &plan);
            }
        }
        Case::Offer { request, protocol, deflate } => offer(&request, protocol, deflate),
        Case::ClientRequest { host, target, port, options } => {
            client_request(host, target, port, &options);
        }
        Case::Extensions { lines } => extensions(&lines),
    }
});

impl Options<'_> {
    /// Leaves out what the options do not take.
    fn build(&self) -> Option<ConnectOptions> {
        let url = match self.url {
            Url::Any(url) => url.to_owned(),
            Url::Ws(rest) => format!("ws://{rest}"),
            Url::Wss(rest) => format!("wss://{rest}"),
            Url::Path(path) => format!("ws://a.test:9001/{path}"),
        };
        let mut options = match ConnectOptions::new(&url) {
            Ok(options) => options,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                return None;
            }
        };
        assert!(!options.host().is_empty());
        if let Some(proxy) = self.proxy {
            let proxied = options.clone().proxy(proxy);
            options = proxied
                .or_else(|_| options.clone().proxy(&format!("http://{proxy}")))
                .unwrap_or(options);
        }
        for name in &self.subprotocols {
            options = options.clone().subprotocol(name).unwrap_or(options);
        }
        if let Some(origin) = self.origin {
            options = options.clone().origin(origin).unwrap_or(options);
        }
        for (name, value) in self.headers.iter().take(50) {
            options = options.clone().header(name.text(), value).unwrap_or(options);
        }
        if let Some(bytes) = self.max_refusal_body {
            options = options.max_refusal_body(bytes.into());
        }
        let mut config = Config::new();
        if self.deflate {
            config = config.deflate(DeflateConfig::new());
        }
        assert!(!format!("{options:?}").is_empty());
        Some(options.require_subprotocol(self.require_subprotocol).config(config))
    }
}

impl<'a> Name<'a> {
    fn text(self) -> &'a str {
        match self {
            Self::Known(index) => NAMES[usize::from(index) % NAMES.len()],
            Self::Any(name) => name,
        }
    }
}

impl ReplyPlan<'_> {
    fn build(&self, incoming: &Incoming<'_>) -> Reply {
        let mut reply = match (self.refuses, incoming) {
            (None, Incoming::WebSocket(request)) => {
                let subprotocol = request.subprotocols().last().filter(|_| self.subprotocol);
                Reply::accept().subprotocol(subprotocol)
            }
            (status, _) => Reply::refuse(status.unwrap_or(404)).body(self.body.to_vec()),
        };
        for (name, value) in self.headers.iter().take(50) {
            reply = reply.header(name.text(), value);
        }
        reply
    }
}

/// A run of a handshake over scripted bytes.
struct Run<O> {
    /// `None` if the transport failed before the end.
    outcome: Option<O>,
    written: Vec<u8>,
    /// The bytes that were not read.
    unread: Vec<u8>,
    /// How many bytes had been looked at when the time was over.
    seen: usize,
}

/// Drives a handshake as an adapter does: it looks at all that has come before it looks at the
/// clock.
fn drive<H: Handshake, O>(
    handshake: &mut H,
    bytes: &[u8],
    plan: &Plan<'_>,
    mut step: impl FnMut(&mut H) -> Step<O>,
) -> Run<O> {
    let mut run = Run { outcome: None, written: Vec::new(), unread: Vec::new(), seen: 0 };
    let mut cuts = plan.cuts.iter().map(|&len| usize::from(len)).cycle();
    let mut times = plan.times.iter().map(|&time| Duration::from_millis(time.into())).cycle();
    let mut rest = bytes;
    let mut now = Duration::ZERO;
    let mut is_over = false;
    for _ in 0..2 * bytes.len() + 100 {
        match step(handshake) {
            Step::Read if rest.is_empty() => {
                if let Some(deadline) = handshake.deadline(now)
                    && !is_over
                    && !plan.times.is_empty()
                {
                    // The peer is silent until the time is over.
                    now = deadline.max(now);
                    handshake.handle_deadline(now);
                    is_over = true;
                    continue;
                }
                if plan.fails {
                    run.unread = rest.to_vec();
                    return run;
                }
                handshake.receive_eof();
            }
            Step::Read => {
                run.seen = bytes.len() - rest.len();
                if let Some(time) = times.next() {
                    now += time;
                    if handshake.deadline(now).is_some_and(|deadline| deadline <= now) {
                        handshake.handle_deadline(now);
                        if !std::mem::replace(&mut is_over, true) {
                            continue;
                        }
                    }
                }
                let len = cuts.next().unwrap_or(rest.len()).clamp(1, rest.len());
                handshake.receive(&rest[..len]);
                rest = &rest[len..];
            }
            Step::Write => {
                let mut output = handshake.output();
                while output.has_remaining() {
                    let len = output.chunk().len().min(usize::from(plan.writes) + 1);
                    run.written.extend_from_slice(&output.chunk()[..len]);
                    output.advance(len);
                }
                drop(output);
                handshake.flushed();
            }
            Step::Done(outcome) => {
                run.outcome = Some(outcome);
                run.unread = rest.to_vec();
                return run;
            }
        }
    }
    panic!("the handshake does not end");
}

/// The bytes in one piece and no clock.
const AT_ONCE: Plan<'_> = Plan { cuts: &[], writes: 255, fails: false, times: &[] };

/// The bytes one by one.
const DRIPPING: Plan<'_> = Plan { cuts: &[1], writes: 0, fails: false, times: &[] };

fn accept(bytes: &[u8], plan: &Plan<'_>, reply: &ReplyPlan<'_>, way: u8, limit: Option<u8>) {
    let run = |plan: &Plan<'_>| {
        let limits = HeadLimits { bytes: 1024, headers: 20 };
        let mut accepting = Accepting::new(limits, Some(Preferences::new()));
        if let Some(limit) = limit {
            accepting = accepting.handshake_timeout(Duration::from_millis(limit.into()));
        }
        let result = match way % 3 {
            0 => drive(&mut accepting, bytes, plan, |accepting| {
                accepting.step(|incoming| reply.build(incoming))
            }),
            _ => {
                let mut is_asked = false;
                drive(&mut accepting, bytes, plan, |accepting| {
                    if !is_asked {
                        let step = match way % 3 {
                            1 => accepting.step_to_incoming(),
                            _ => accepting.step_to_request(),
                        };
                        match step {
                            Step::Read => return Step::Read,
                            Step::Write => return Step::Write,
                            Step::Done(Err(error)) => return Step::Done(Err(error)),
                            Step::Done(Ok(())) => is_asked = true,
                        }
                        let incoming = accepting.incoming().expect("it has arrived");
                        let reply = reply.build(&incoming);
                        accepting.reply(reply).expect("it can be answered");
                    }
                    accepting.step_to_reply()
                })
            }
        };
        assert!(accepting.deadline(Duration::MAX).is_none() || result.outcome.is_none());
        let is_open = matches!(result.outcome, Some(Ok(_)));
        let websocket = accepting.into_websocket(Config::new());
        assert_eq!(websocket.is_some(), is_open);
        let rest = websocket.map(|mut websocket| {
            let mut rest = websocket.take_unprocessed().to_vec();
            rest.extend_from_slice(&result.unread);
            rest
        });
        (result, rest)
    };
    let show = |(result, rest): &(Run<Result<Opened, AcceptError>>, Option<Vec<u8>>)| {
        (format!("{:?}", result.outcome), result.written.clone(), rest.clone())
    };
    let whole = run(&AT_ONCE);
    assert_eq!(show(&run(&DRIPPING)), show(&whole));
    assert_eq!(show(&run(&Plan { fails: false, times: &[], ..*plan })), show(&whole));
    let (timed, _) = run(plan);
    match timed.outcome {
        Some(Err(AcceptError::TimedOut { .. })) => {
            let text = String::from_utf8_lossy(&timed.written);
            assert!(text.starts_with("HTTP/1.1 408 "), "{text}");
            let limits = HeadLimits { bytes: 1024, headers: 20 };
            let seen = ServerHandshake::with_limits(limits).receive(&bytes[..timed.seen]).is_ok();
            assert!(seen);
        }
        Some(outcome) => assert_eq!(
            format!("{outcome:?}"),
            show(&whole).0.trim_start_matches("Some(").strip_suffix(')').expect("an outcome")
        ),
        None => assert!(timed.written.is_empty()),
    }
    // What was sent is one response.
    let written = &whole.0.written;
    if !written.is_empty() {
        let mut storage = [httparse::EMPTY_HEADER; 80];
        let mut response = httparse::Response::new(&mut storage);
        let parsed = response.parse(written);
        assert!(parsed.is_ok_and(|status| status.is_complete()), "{written:?}");
    }
}

/// What the client of this crate makes of the head of a response, if it opens nothing.
fn refusal(bytes: &[u8]) -> Option<u16> {
    let mut handshake = ClientHandshake::with_limits(HeadLimits::DEFAULT);
    let mut bytes = bytes.to_vec();
    loop {
        match handshake.receive_http(&bytes) {
            Ok(Some(response)) => return Some(response.status),
            Err(websocket_proto::handshake::ResponseError::Head(HeadError::FoldedLine)) => {}
            Ok(None) | Err(_) => return None,
        }
        handshake.unfold(&mut bytes);
    }
}

fn connect(options: &ConnectOptions, bytes: &[u8], plan: &Plan<'_>, limit: Option<u8>) {
    let run = |plan: &Plan<'_>| {
        let mut connecting =
            Connecting::new(options.clone(), [7; 16]).expect("what was taken can be sent");
        if let Some(limit) = limit {
            connecting.expire_at(Duration::from_millis(limit.into()));
        }
        let mut run = drive(&mut connecting, bytes, plan, |connecting| connecting.step(|_| ()));
        if run.outcome.is_none() {
            let error = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
            run.outcome = Some(Err(connecting.failed(error)));
        }
        let is_open = matches!(run.outcome, Some(Ok(_)));
        let websocket = connecting.into_websocket(Client::new([7; 32]));
        assert_eq!(websocket.is_some(), is_open);
        let rest = websocket.map(|mut websocket| {
            let mut rest = websocket.take_unprocessed().to_vec();
            rest.extend_from_slice(&run.unread);
            rest
        });
        (run, rest)
    };
    let show = |(run, rest): &(Run<Result<Opened, ConnectError>>, Option<Vec<u8>>)| {
        let outcome = run.outcome.as_ref().expect("an outcome");
        let answer = match outcome {
            Ok(opened) => opened.answer().cloned(),
            Err(ConnectError::Refused { answer, .. }) => Some((**answer).clone()),
            Err(_) => None,
        };
        (format!("{outcome:?}"), answer.map(shown), run.written.clone(), rest.clone())
    };
    let whole = run(&AT_ONCE);
    assert_eq!(show(&run(&DRIPPING)), show(&whole));
    assert_eq!(show(&run(&Plan { fails: false, times: &[], ..*plan })), show(&whole));
    let (timed, _) = run(plan);
    let whole = whole.0.outcome.expect("an outcome");
    let outcome = timed.outcome.expect("an outcome");
    match &outcome {
        Ok(_) => assert!(whole.is_ok()),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            let refused = match error {
                ConnectError::Refused { answer, .. } => Some(&**answer),
                _ => None,
            };
            check_refusal(refused, bytes, &timed.seen, is_wait(error), &whole);
        }
    }
}

/// Whether the error says that the wait for the peer has ended.
fn is_wait(error: &ConnectError) -> bool {
    matches!(
        error,
        ConnectError::TimedOut { .. } | ConnectError::Io { .. } | ConnectError::Ended { .. }
    )
}

/// The head of a refusal that was seen is reported, with what has come of its body.
fn check_refusal<T: Debug>(
    refused: Option<&HttpAnswer>,
    bytes: &[u8],
    seen: &usize,
    is_wait: bool,
    whole: &Result<T, ConnectError>,
) {
    if is_wait {
        let status = refusal(&bytes[..*seen]);
        assert_eq!(status, None, "the head of a refusal was lost");
    }
    let Some(answer) = refused else { return };
    let of_whole = match whole {
        Err(ConnectError::Refused { answer, .. })
        | Err(ConnectError::Proxy { error: ProxyError::Refused(answer), .. }) => answer,
        other => panic!("refused and {other:?}"),
    };
    assert_eq!((answer.status, &answer.headers), (of_whole.status, &of_whole.headers));
    assert!(of_whole.body.starts_with(&answer.body));
}

fn shown(answer: HttpAnswer) -> (u16, Vec<(String, bytes::Bytes)>, bytes::Bytes) {
    (answer.status, answer.headers, answer.body)
}

fn tunnel(options: &ConnectOptions, bytes: &[u8], plan: &Plan<'_>, limit: Option<u8>) {
    let run = |plan: &Plan<'_>| {
        let mut tunneling: Tunneling = options.tunnel()?;
        if let Some(limit) = limit {
            tunneling.expire_at(Duration::from_millis(limit.into()));
        }
        let mut run = drive(&mut tunneling, bytes, plan, Tunneling::step);
        if run.outcome.is_none() {
            let error = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
            run.outcome = Some(Err(tunneling.failed(error)));
        }
        Some(run)
    };
    let show = |run: &Run<Result<(), ConnectError>>| {
        let outcome = run.outcome.as_ref().expect("an outcome");
        let answer = match outcome {
            Err(ConnectError::Proxy { error: ProxyError::Refused(answer), .. }) => {
                Some((**answer).clone())
            }
            _ => None,
        };
        // Bytes after the head are an error if they come with it.
        let is_early =
            matches!(outcome, Err(ConnectError::Proxy { error: ProxyError::EarlyBytes, .. }));
        let outcome = if is_early { "Ok(())".to_owned() } else { format!("{outcome:?}") };
        (outcome, answer.map(shown), run.written.clone())
    };
    let Some(whole) = run(&AT_ONCE) else { return };
    let dripping = run(&DRIPPING).expect("a tunnel");
    assert_eq!(show(&dripping), show(&whole));
    let cut = run(&Plan { fails: false, times: &[], ..*plan }).expect("a tunnel");
    assert_eq!(show(&cut), show(&whole));
    let timed = run(plan).expect("a tunnel");
    if let Err(error) = timed.outcome.expect("an outcome") {
        assert!(!error.to_string().is_empty());
        let refused = match &error {
            ConnectError::Proxy { error: ProxyError::Refused(answer), .. } => Some(&**answer),
            _ => None,
        };
        let whole = whole.outcome.expect("an outcome");
        check_refusal(refused, bytes, &timed.seen, is_wait(&error), &whole);
    }
    // The request is one that a server understands.
    let mut storage = [httparse::EMPTY_HEADER; 8];
    let mut request = httparse::Request::new(&mut storage);
    assert!(request.parse(&whole.written).is_ok_and(|status| status.is_complete()));
    assert_eq!(request.method, Some("CONNECT"));
}

/// The client and the server of this crate.
fn both(options: &ConnectOptions, reply: &ReplyPlan<'_>, plan: &Plan<'_>) {
    let limits = HeadLimits { bytes: 1 << 20, headers: 100 };
    let options = options.clone().head_limits(limits);
    let mut connecting = Connecting::new(options, [7; 16]).expect("what was taken can be sent");
    let plan = Plan { times: &[], fails: false, ..*plan };
    let Step::Write = connecting.step(|_| ()) else { panic!("the request comes first") };
    let output = connecting.output();
    let request = output.copy_to_bytes(output.remaining());
    connecting.flushed();

    let mut accepting = Accepting::new(limits, Some(Preferences::new()));
    let server = drive(&mut accepting, &request, &plan, |accepting| {
        accepting.step(|incoming| {
            assert!(matches!(incoming, Incoming::WebSocket(_)), "no WebSocket was asked for");
            reply.build(incoming)
        })
    });
    let opened = match server.outcome.expect("an outcome") {
        Ok(opened) => {
            assert_eq!(reply.refuses, None);
            Some(opened)
        }
        Err(AcceptError::Refused { status }) => {
            assert_eq!(reply.refuses, Some(status));
            None
        }
        // The application has replied with what cannot be sent.
        Err(AcceptError::Reply(_)) => None,
        Err(error) => panic!("{error}: {:?}", request.escape_ascii().to_string()),
    };
    let client =
        drive(&mut connecting, &server.written, &plan, |connecting| connecting.step(|_| ()));
    match (client.outcome.expect("an outcome"), opened) {
        (Ok(client), Some(server)) => {
            assert_eq!(client.subprotocol(), server.subprotocol());
            let terms = |opened: &Opened| opened.deflate_terms().map(|terms| format!("{terms:?}"));
            assert_eq!(terms(&client), terms(&server));
        }
        (Err(ConnectError::Refused { .. }), None) => {}
        // It may insist on a subprotocol.
        (Err(ConnectError::Response { error, .. }), Some(server)) => {
            assert_eq!(server.subprotocol(), None, "{error}");
            assert_eq!(error, websocket_proto::handshake::ResponseError::NoSubprotocol);
        }
        (client, server) => panic!("{client:?} {server:?}"),
    }
}

impl HttpRequest<'_> {
    fn build(&self) -> Option<http::Request<()>> {
        let mut builder = http::Request::builder()
            .method(match self.method % 4 {
                0 => http::Method::GET,
                1 => http::Method::CONNECT,
                2 => http::Method::POST,
                _ => http::Method::HEAD,
            })
            .uri(self.uri)
            .version(match self.version % 4 {
                0 => http::Version::HTTP_11,
                1 => http::Version::HTTP_2,
                2 => http::Version::HTTP_3,
                _ => http::Version::HTTP_10,
            });
        if self.is_websocket {
            builder = builder.header("Sec-WebSocket-Version", "13");
            if self.version.is_multiple_of(4) {
                builder = builder
                    .header("Host", "a.test")
                    .header("Upgrade", "websocket")
                    .header("Connection", "Upgrade")
                    .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
            }
        }
        for (name, value) in self.headers.iter().take(50) {
            builder = builder.header(name.text(), *value);
        }
        builder.body(()).ok()
    }
}

/// A request over the types of `http` is taken as it is over bytes.
fn offer(request: &HttpRequest<'_>, protocol: Option<&str>, deflate: bool) {
    let Some(request) = request.build() else { return };
    let protocol = protocol.map(|name| if name.is_empty() { "websocket" } else { name });
    let offered = Offer::from_request(&request, protocol);
    match &offered {
        Ok(None) => {}
        Ok(Some(offer)) => {
            let preferences = deflate.then(Preferences::new);
            let subprotocol = offer.subprotocols().last();
            let accept = offer.accept().deflate(preferences).subprotocol(subprotocol);
            let (response, opened) = accept.expect("one of the offered").open();
            let is_upgrade = request.version() < http::Version::HTTP_2;
            assert_eq!(response.status(), if is_upgrade { 101 } else { 200 });
            assert_eq!(opened.subprotocol(), subprotocol);
            let extensions = response.headers().get("sec-websocket-extensions");
            assert_eq!(extensions.is_some(), opened.deflate_terms().is_some());
        }
        Err(error) => {
            let response = error.response();
            assert!(response.status().is_client_error() || response.status().is_server_error());
            assert!(!response.body().is_empty());
        }
    }
    // Over bytes, the request has a target without a host.
    let (uri, version) = (request.uri(), request.version());
    let Some(path) = uri.path_and_query().filter(|_| uri.authority().is_none()) else { return };
    if version != http::Version::HTTP_11 {
        return;
    }
    let mut bytes = format!("{} {path} HTTP/1.1\r\n", request.method()).into_bytes();
    for (name, value) in request.headers() {
        bytes.put_slice(name.as_str().as_bytes());
        bytes.put_slice(b": ");
        bytes.put_slice(value.as_bytes());
        bytes.put_slice(b"\r\n");
    }
    bytes.put_slice(b"\r\n");
    let mut handshake = ServerHandshake::new();
    match (handshake.receive(&bytes), &offered) {
        (Ok(Some(Incoming::WebSocket(_))), Ok(Some(_)))
        | (Ok(Some(Incoming::Http(_))), Ok(None)) => {}
        (Err(over_bytes), Err(OfferError::Upgrade(error))) if over_bytes == *error => {}
        // `http` takes more than the grammar of the head allows, such as other bytes in a target.
        (Err(websocket_proto::handshake::RequestError::Head(_)), _) => {}
        (over_bytes, offered) => panic!("{over_bytes:?} is not {offered:?}"),
    }
}

/// What the client asks for over the types of `http`, the server accepts over them.
fn client_request(host: &str, target: &str, port: u16, options: &Options<'_>) {
    let headers: Vec<_> =
        options.headers.iter().map(|(name, value)| Header { name: name.text(), value }).collect();
    let mut request = ClientRequest::new(host, target, [7; 16])
        .subprotocols(&options.subprotocols)
        .headers(&headers)
        .deflate(options.deflate.then(Preferences::new));
    let scheme = if options.require_subprotocol { Scheme::Wss } else { Scheme::Ws };
    if port > 0 {
        request = request.port(port, scheme);
    }
    if let Some(origin) = options.origin {
        request = request.origin(origin);
    }
    let mut out = vec![0xa5; 1 << 16];
    let written = request.write(&mut out);
    if let Ok(len) = written {
        let limits = HeadLimits { bytes: 1 << 20, headers: HeadLimits::MAX_HEADERS };
        let mut handshake = ServerHandshake::with_limits(limits);
        let incoming = handshake.receive(&out[..len]);
        let is_taken = matches!(incoming, Ok(Some(Incoming::WebSocket(_))));
        let is_many = headers.len() > HeadLimits::MAX_HEADERS - 10;
        assert!(is_taken || is_many, "{incoming:?} of {}", out[..len].escape_ascii());
    }
    if let Ok(sent) = request.upgrade_request() {
        assert!(written.is_ok());
        let offer = Offer::from_request(&sent, None).expect("it is accepted").expect("an offer");
        let (response, _) = offer.accept().deflate(Preferences::new()).open();
        request.check_upgrade(&response).expect("it is what was asked for").expect("it is open");
    }
    if let Ok(sent) = request.connect_request(scheme) {
        assert!(written.is_ok());
        let offered = Offer::from_request(&sent, Some("websocket"));
        let offer = offered.expect("it is accepted").expect("an offer");
        let (response, _) = offer.accept().deflate(Preferences::new()).open();
        request.check_connect(&response).expect("it is what was asked for").expect("it is open");
    }
}

/// A list in several lines is the list of the lines, and what was read can be written.
fn extensions(lines: &[&[u8]]) {
    let headers: Vec<_> =
        lines.iter().map(|value| Header { name: "Sec-WebSocket-Extensions", value }).collect();
    let read = |extensions: Extensions<'_>| -> (Vec<String>, bool) {
        let mut all = Vec::new();
        for extension in extensions {
            match extension {
                Ok(extension) => all.push(text(&extension)),
                Err(_) => return (all, true),
            }
        }
        (all, false)
    };
    let (of_headers, fails) = read(Extensions::of(Headers::new(&headers)));
    let mut one_by_one = Vec::new();
    for line in lines {
        // A line without an element is an error only if it is alone.
        let is_empty = line.iter().all(|byte| matches!(byte, b',' | b' ' | b'\t'));
        let (mut read, failed) = read(Extensions::parse(line));
        one_by_one.append(&mut read);
        if failed && !is_empty {
            assert!(fails);
            break;
        }
    }
    assert_eq!(of_headers, one_by_one);
    if !of_headers.is_empty() {
        let written = of_headers.join(", ");
        assert_eq!(read(Extensions::parse(written.as_bytes())), (of_headers, false));
    }
}

fn text(extension: &Extension<'_>) -> String {
    let mut text = extension.name().to_owned();
    for parameter in extension.parameters() {
        text.push(';');
        text.push_str(parameter.name);
        if let Some(value) = parameter.value {
            text.push('=');
            text.push_str(&value.to_string());
        }
    }
    text
}
