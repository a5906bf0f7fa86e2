//! Checks of the bytes that a server has written. They are the same for each adapter.

use super::{Answer, Outcome};
use crate::messages::{CLOSE, Frame, PONG, TEXT, close_code};

impl Outcome {
    /// Checks the frames that an echo server has written, up to the end of its direction. After a
    /// stream that does not end the connection, the client closes or ends its direction.
    #[track_caller]
    pub fn check(&self, name: &str, mut written: Vec<Frame>) {
        match self {
            Self::Fails(code) | Self::Answers(code) => {
                let [close] = &written[..] else { panic!("{name}: {written:?}") };
                assert_eq!(close_code(close).unwrap_or(1005), *code, "{name}");
            }
            Self::Receives { texts, pings } => {
                written.retain(|frame| frame.opcode != CLOSE);
                let payloads = |opcode| -> Vec<_> {
                    let frames = written.iter().filter(|frame| frame.opcode == opcode);
                    frames.map(|frame| str::from_utf8(&frame.payload).expect("text")).collect()
                };
                assert_eq!(payloads(TEXT), *texts, "{name}");
                assert_eq!(payloads(PONG), *pings, "{name}");
                assert_eq!(written.len(), texts.len() + pings.len(), "{name}");
            }
        }
    }
}

impl Answer {
    /// The status, and the header lines that the answer must have if the server has only
    /// WebSockets.
    pub const fn status_and_headers(self) -> (u16, &'static [&'static str]) {
        match self {
            Self::Opens { .. } => (101, &[]),
            Self::Refuses(status, headers) => (status, headers),
            Self::IsNoWebSocket => (426, &["Upgrade: websocket"]),
        }
    }

    /// Checks the head of an answer. The names of headers may be in lower case.
    #[track_caller]
    pub fn check(self, name: &str, head: &str, is_compressing: bool) {
        let (status, headers) = self.status_and_headers();
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{name}: {head}");
        let lines: Vec<String> = head.split("\r\n").map(str::to_lowercase).collect();
        for header in headers {
            assert!(lines.contains(&header.to_lowercase()), "{name}: {head}");
        }
        let accepted = "sec-websocket-extensions: permessage-deflate";
        let compresses = lines.iter().any(|line| line.starts_with(accepted));
        let expected = is_compressing && self == Self::Opens { compresses: true };
        assert_eq!(compresses, expected, "{name}: {head}");
    }
}
