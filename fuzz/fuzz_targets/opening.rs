//! The opening handshakes as steps, against any peer and any clock: however the bytes are cut, the
//! same is made of them, the head of a refusal is never lost, and what the client of this crate
//! asks for, over bytes or over the types of `http`, its server accepts. The adapters come to the
//! same outcome over a scripted transport.
#![no_main]

#[path = "opening/adapters.rs"]
mod adapters;
#[path = "opening/drive.rs"]
mod drive;
#[path = "opening/over_http.rs"]
mod over_http;
#[path = "opening/plan.rs"]
mod plan;
#[path = "opening/steps.rs"]
mod steps;

use adapters::Script;
use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use over_http::{client_request, http_answer, offer};
use plan::{HttpRequest, HttpResponse, Options, Plan, ReplyPlan};
use steps::{accept, both, connect, tunnel};
use websocket_proto::extension::{Extension, Extensions};
use websocket_proto::http1::{Header, Headers};
use websocket_proto::io::ConnectOptions;

#[derive(Arbitrary, Debug)]
enum Case<'a> {
    Accept {
        bytes: &'a [u8],
        plan: Plan<'a>,
        reply: ReplyPlan<'a>,
        way: u8,
        limit: Option<u8>,
    },
    Connect {
        options: Options<'a>,
        bytes: &'a [u8],
        plan: Plan<'a>,
        limit: Option<u8>,
    },
    Tunnel {
        options: Options<'a>,
        bytes: &'a [u8],
        plan: Plan<'a>,
        limit: Option<u8>,
    },
    Both {
        options: Options<'a>,
        reply: ReplyPlan<'a>,
        plan: Plan<'a>,
    },
    FromHttp {
        request: HttpRequest<'a>,
        plan: Plan<'a>,
    },
    Offer {
        request: HttpRequest<'a>,
        protocol: Option<&'a str>,
        deflate: bool,
    },
    ClientRequest {
        host: &'a str,
        target: &'a str,
        port: u16,
        options: Options<'a>,
    },
    Extensions {
        lines: Vec<&'a [u8]>,
    },
    AcceptOver {
        bytes: &'a [u8],
        reply: ReplyPlan<'a>,
        in_two_calls: bool,
        script: Script<'a>,
    },
    ConnectOver {
        options: Options<'a>,
        bytes: &'a [u8],
        server: Option<ReplyPlan<'a>>,
        script: Script<'a>,
    },
    HttpAnswer {
        host: &'a str,
        options: Options<'a>,
        response: HttpResponse<'a>,
    },
}

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
        Case::AcceptOver { bytes, reply, in_two_calls, script } => {
            adapters::accept(bytes, &reply, in_two_calls, script);
        }
        Case::ConnectOver { options, bytes, server, script } => {
            if let Some(options) = options.build() {
                adapters::connect(&options, bytes, server.as_ref(), script);
            }
        }
        Case::HttpAnswer { host, options, response } => http_answer(host, &options, &response),
    }
});

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
