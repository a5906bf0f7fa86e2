//! The handshakes as steps: a server, a client, a client of a proxy, and a client with a server.

use std::fmt::Debug;
use std::time::Duration;

use bytes::Buf;
use websocket_proto::connection::Client;
use websocket_proto::deflate::Preferences;
use websocket_proto::handshake::{
    ClientHandshake, HttpAnswer, Incoming, Opened, ResponseError, ServerHandshake,
};
use websocket_proto::http1::{HeadError, HeadLimits};
use websocket_proto::io::{
    AcceptError, Accepting, ConnectError, ConnectOptions, Connecting, ProxyError, Step, Tunneling,
};
use websocket_proto::websocket::Config;

use crate::drive::{AT_ONCE, DRIPPING, Run, drive};
use crate::plan::{Plan, ReplyPlan};

pub fn accept(bytes: &[u8], plan: &Plan<'_>, reply: &ReplyPlan<'_>, way: u8, limit: Option<u8>) {
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
pub fn refusal(bytes: &[u8]) -> Option<u16> {
    let mut handshake = ClientHandshake::with_limits(HeadLimits::DEFAULT);
    let mut bytes = bytes.to_vec();
    loop {
        match handshake.receive_http(&bytes) {
            Ok(Some(response)) => return Some(response.status),
            Err(ResponseError::Head(HeadError::FoldedLine)) => {}
            Ok(None) | Err(_) => return None,
        }
        handshake.unfold(&mut bytes);
    }
}

pub fn connect(options: &ConnectOptions, bytes: &[u8], plan: &Plan<'_>, limit: Option<u8>) {
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
pub fn is_wait(error: &ConnectError) -> bool {
    matches!(
        error,
        ConnectError::TimedOut { .. } | ConnectError::Io { .. } | ConnectError::Ended { .. }
    )
}

/// The head of a refusal that was seen is reported, with what has come of its body.
pub fn check_refusal<T: Debug>(
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

pub fn shown(answer: HttpAnswer) -> (u16, Vec<(String, bytes::Bytes)>, bytes::Bytes) {
    (answer.status, answer.headers, answer.body)
}

pub fn tunnel(options: &ConnectOptions, bytes: &[u8], plan: &Plan<'_>, limit: Option<u8>) {
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
pub fn both(options: &ConnectOptions, reply: &ReplyPlan<'_>, plan: &Plan<'_>) {
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
            assert_eq!(error, ResponseError::NoSubprotocol);
        }
        (client, server) => panic!("{client:?} {server:?}"),
    }
}
