//! Every error there is: what provokes it, the close code that reports it, and its text. And that
//! a connection that has failed stays so.

use std::time::Duration;

use support::{Entry, Frame, Pair, Recorder, SEED, Side, Wire, every_split, hex};
use websocket_proto::connection::{
    Client, Connection, ConnectionConfig, Input, Role, Server, SliceOutput, State,
};
use websocket_proto::frame::{Kind, Rsv};
use websocket_proto::{CloseCode, CloseFrame, OutputFull, ProtocolError, SendError};

struct Case {
    error: ProtocolError,
    /// To whom the bytes go.
    to: Side,
    bytes: Vec<u8>,
    code: u16,
    text: &'static str,
}

const MAX_MESSAGE: u64 = 1000;
const MAX_FRAME: u64 = 600;

fn config() -> ConnectionConfig {
    ConnectionConfig::new().max_message_size(MAX_MESSAGE).max_frame_size(MAX_FRAME)
}

/// Every value of `ProtocolError` but `UnexpectedEof` and the time-outs, which no bytes provoke, and those of compressed messages, which a connection does not look into.
fn cases() -> Vec<Case> {
    use ProtocolError as E;
    let case = |error, to, bytes, code, text| Case { error, to, bytes, code, text };
    let frame = |frame: Frame| frame.bytes(Side::Server);
    let server = Side::Server;
    vec![
        case(
            E::ReservedBits { rsv: Rsv::RSV2 },
            server,
            frame(Frame::text("x").rsv(0x20)),
            1002,
            "reserved bits 010 are set, but no extension allows them on this frame",
        ),
        case(E::ReservedOpCode { opcode: 0xb }, server, hex("8b"), 1002, "opcode 0xb is reserved"),
        case(
            E::FragmentedControlFrame,
            server,
            frame(Frame::ping("x").more()),
            1002,
            "a control frame is fragmented",
        ),
        case(
            E::ControlFrameTooLong,
            server,
            frame(Frame::ping([0; 126])),
            1002,
            "the payload of a control frame exceeds 125 bytes",
        ),
        case(
            E::LengthTopBitSet,
            server,
            hex("82ff80"),
            1002,
            "the top bit of a 64-bit payload length is set",
        ),
        case(
            E::NonMinimalLength { len: 125 },
            server,
            hex("82fe007d"),
            1002,
            "a payload length of 125 is encoded in more bytes than it needs",
        ),
        case(E::UnmaskedFrame, server, hex("810178"), 1002, "a frame from a client is not masked"),
        case(
            E::MaskedFrame,
            Side::Client,
            hex("818100000000"),
            1002,
            "a frame from a server is masked",
        ),
        case(
            E::UnexpectedContinuation,
            server,
            frame(Frame::continuation("x")),
            1002,
            "a continuation frame arrived, but no message is in progress",
        ),
        case(
            E::ExpectedContinuation,
            server,
            [frame(Frame::text("a").more()), frame(Frame::text("b"))].concat(),
            1002,
            "a new message began before the last frame of the message in progress",
        ),
        case(
            E::FrameTooLarge { len: 601, limit: MAX_FRAME },
            server,
            hex("82fe0259"),
            1009,
            "a frame of 601 bytes exceeds the limit of 600 bytes",
        ),
        case(
            E::MessageTooLarge { len: 1001, limit: MAX_MESSAGE },
            server,
            [frame(Frame::binary([0; 600]).more()), hex("80fe0191")].concat(),
            1009,
            "a message of at least 1001 bytes exceeds the limit of 1000 bytes",
        ),
        case(
            E::InvalidUtf8 { offset: 3 },
            server,
            frame(Frame::text(b"abc\xff")),
            1007,
            "a text message is not valid UTF-8: the error is after 3 bytes",
        ),
        case(
            E::CloseCodeCut,
            server,
            frame(Frame::raw_close([3])),
            1002,
            "a Close frame has a payload of one byte",
        ),
        case(
            E::InvalidCloseCode { code: CloseCode(1005) },
            server,
            frame(Frame::close(1005, "")),
            1002,
            "close code 1005 must not be sent",
        ),
        case(
            E::InvalidCloseReason,
            server,
            frame(Frame::close(1000, [0xff])),
            1007,
            "the reason of a Close frame is not UTF-8",
        ),
    ]
}

#[test]
fn every_protocol_error_has_its_bytes_its_code_and_its_text() {
    for Case { error, to, bytes, code, text } in cases() {
        let log = every_split(to, &config(), &bytes).with_sent_unmasked();
        assert_eq!(log.error(), Some(error));
        assert_eq!(error.close_code(), CloseCode(code));
        assert!(error.close_code().is_sendable());
        assert_eq!(error.to_string(), text);

        // The Close that reports it has the code and the text.
        let [high, low] = code.to_be_bytes();
        let close = [&[0x88, 2 + text.len() as u8, high, low], text.as_bytes()].concat();
        assert_eq!(log.entries.last(), Some(&Entry::Sent(close)));
    }
}

#[test]
fn the_end_of_the_transport_is_the_error_that_no_bytes_provoke() {
    let error = ProtocolError::UnexpectedEof;
    let mut pair = Pair::new();
    assert_eq!(pair.server.connection.receive_eof(), Err(error));
    assert_eq!(error.close_code(), CloseCode::ABNORMAL);
    assert!(!error.close_code().is_sendable());
    assert_eq!(error.to_string(), "the connection ended without a Close frame");
}

#[test]
fn the_errors_of_compressed_messages_have_their_codes_and_texts() {
    let too_large = ProtocolError::InflatedTooLarge { limit: 1000 };
    assert_eq!(too_large.close_code(), CloseCode::TOO_BIG);
    assert_eq!(too_large.to_string(), "a decompressed message exceeds the limit of 1000 bytes");
    let invalid = ProtocolError::InvalidDeflate;
    assert_eq!(invalid.close_code(), CloseCode::INVALID_DATA);
    assert_eq!(invalid.to_string(), "a compressed message is not valid DEFLATE");
}

#[test]
fn the_table_has_every_kind_of_error() {
    // Names, since the enum may grow: whoever adds one has to add it here and above.
    let mut names: Vec<String> = cases()
        .iter()
        .map(|case| case.error)
        .chain([
            ProtocolError::UnexpectedEof,
            ProtocolError::KeepaliveTimeout { timeout: Duration::from_secs(5) },
            ProtocolError::WriteTimeout { timeout: Duration::from_secs(5) },
            ProtocolError::CloseTimeout { timeout: Duration::from_secs(5) },
            ProtocolError::MessageTimeout { timeout: Duration::from_secs(5) },
            ProtocolError::InflatedTooLarge { limit: 5 },
            ProtocolError::InvalidDeflate,
        ])
        .map(|error| {
            let debug = format!("{error:?}");
            debug.split([' ', '{']).next().expect("a name").to_owned()
        })
        .collect();
    names.sort();
    names.dedup();
    let source = include_str!("../../src/error.rs");
    let body = source.split("pub enum ProtocolError {").nth(1).expect("the enum");
    let body = body.split("\n}\n").next().expect("its end");
    let mut declared: Vec<String> = body
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase()))
        .map(|line| line.trim_end_matches([',', '{', ' ']).to_owned())
        .collect();
    declared.sort();
    assert_eq!(names, declared);
}

#[test]
fn every_error_text_is_one_line_and_fits_a_close_frame() {
    let longest = [
        ProtocolError::ReservedBits { rsv: Rsv::from_bits(0x70) },
        ProtocolError::NonMinimalLength { len: u64::MAX },
        ProtocolError::FrameTooLarge { len: u64::MAX, limit: u64::MAX },
        ProtocolError::MessageTooLarge { len: u64::MAX, limit: u64::MAX },
        ProtocolError::InflatedTooLarge { limit: u64::MAX },
        ProtocolError::InvalidDeflate,
        ProtocolError::InvalidUtf8 { offset: u64::MAX },
        ProtocolError::InvalidCloseCode { code: CloseCode(u16::MAX) },
    ];
    for error in cases().into_iter().map(|case| case.error).chain(longest) {
        let text = error.to_string();
        assert!(text.len() <= CloseFrame::MAX_REASON, "{} bytes: {text}", text.len());
        assert!(text.is_ascii() && !text.contains('\n') && !text.ends_with('.'), "{text}");
    }
}

#[test]
fn a_failed_connection_says_the_same_at_every_call() {
    fn check<R: Role>(role: R, Case { error, bytes, .. }: Case) {
        let mut connection = Connection::new(role, config());
        let mut recorder = Recorder::default();
        recorder.feed(&mut connection, &mut bytes.clone());
        for input in [vec![], vec![0x81, 0x80, 0, 0, 0, 0], bytes, vec![0xff; 100]] {
            let mut buffer = input.clone();
            let mut input = Input::new(&mut buffer);
            assert_eq!(connection.receive(&mut input), Err(error));
            assert_eq!(input.consumed(), 0, "nothing is read");
        }
        assert_eq!(connection.receive_eof(), Err(error));
        assert_eq!(connection.receive_eof(), Err(error));
        assert_eq!(connection.state(), State::Closed);
        assert_eq!(connection.poll_transmit(&mut Wire::default()), Ok(0), "one Close was sent");
        let mut out = Wire::default();
        assert_eq!(connection.send_text("x", &mut out), Err(SendError::Closing));
        assert_eq!(connection.close(CloseCode::NORMAL, "", &mut out), Err(SendError::Closing));
        assert_eq!(out.0, b"");
    }
    for case in cases() {
        match case.to {
            Side::Server => check(Server, case),
            Side::Client => check(Client::new(SEED), case),
        }
    }
}

/// The valid text before an error is returned first, and the transport may end before the error.
#[test]
fn an_error_that_the_end_of_the_transport_tells_is_reported_and_stays() {
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    let mut buffer = [0x81, 0x83, 0, 0, 0, 0, b'o', b'k', 0xff];
    assert!(connection.receive(&mut Input::new(&mut buffer)).expect("text").is_some());
    let error = ProtocolError::InvalidUtf8 { offset: 2 };
    assert_eq!(connection.receive_eof(), Err(error));
    assert_eq!(connection.state(), State::Closed);
    let mut out = Wire::default();
    assert_eq!(connection.send_text("x", &mut out), Err(SendError::Closing));
    connection.poll_transmit(&mut out).expect("there is room");
    assert_eq!(out.0[2..4], 1007_u16.to_be_bytes());
    assert_eq!(connection.receive(&mut Input::new(&mut [])), Err(error));
    assert_eq!(connection.receive_eof(), Err(error));
}

#[test]
fn every_send_error_has_its_cause_and_its_text() {
    let mut out = Wire::default();
    let mut open = Connection::new(Server, ConnectionConfig::new());

    let error = open.ping(&[0; 126], &mut out).unwrap_err();
    assert_eq!(error, SendError::ControlPayloadTooLong { len: 126 });
    assert_eq!(
        error.to_string(),
        "a Ping or Pong payload of 126 bytes exceeds the limit of 125 bytes"
    );

    let error = open.close(CloseCode(1006), "", &mut out).unwrap_err();
    assert_eq!(error, SendError::UnsendableCloseCode { code: CloseCode(1006) });
    assert_eq!(error.to_string(), "close code 1006 must not be sent");

    let error = open.close(CloseCode::NORMAL, &"x".repeat(124), &mut out).unwrap_err();
    assert_eq!(error, SendError::CloseReasonTooLong { len: 124 });
    assert_eq!(error.to_string(), "a close reason of 124 bytes exceeds the limit of 123 bytes");

    let error = open.send_fragment(Kind::Text, true, b"ab\xc3", &mut out).unwrap_err();
    assert_eq!(error, SendError::InvalidUtf8 { offset: 3 });
    assert_eq!(
        error.to_string(),
        "the text to send is not valid UTF-8: the error is after 3 bytes"
    );

    let error = open.begin(Kind::Binary, 1 << 63, Rsv::NONE).unwrap_err();
    assert_eq!(error, SendError::FrameTooLong { len: 1 << 63 });
    assert_eq!(
        error.to_string(),
        "a payload of 9223372036854775808 bytes exceeds the limit of 2^63 - 1 bytes"
    );
    let error = SendError::QueueFull { queued: 7, high_water_mark: 5 };
    assert_eq!(error.to_string(), "the send queue has 7 bytes: its high-water mark is 5 bytes");

    let mut room = [0; 3];
    let error = open.send_text("Hello", &mut SliceOutput::new(&mut room)).unwrap_err();
    let full = OutputFull { needed: 7, available: 3 };
    assert_eq!(error, SendError::OutputFull(full));
    assert_eq!(error, full.into());
    assert_eq!(error.to_string(), "the output has room for 3 bytes, but the frame needs 7");
    assert_eq!(full.to_string(), error.to_string());

    open.send_fragment(Kind::Text, false, b"a", &mut out).expect("open");
    let error = open.send_text("b", &mut out).unwrap_err();
    assert_eq!(error, SendError::MessageInProgress);
    assert_eq!(
        error.to_string(),
        "a fragmented message is in progress: send its last fragment first"
    );

    open.close_with(None, &mut out).expect("open");
    let error = open.send_text("b", &mut out).unwrap_err();
    assert_eq!(error, SendError::Closing);
    assert_eq!(error.to_string(), "the connection is closing: nothing more may be sent");

    assert_eq!(out.0, b"\x01\x01a\x88\x00", "and nothing was written by what failed");
}

#[test]
fn the_errors_are_errors_to_the_standard_library() {
    fn assert_error(_: &dyn std::error::Error) {}
    assert_error(&ProtocolError::UnexpectedEof);
    assert_error(&SendError::Closing);
    assert_error(&OutputFull { needed: 1, available: 0 });
    assert_error(&websocket_proto::utf8::Utf8Error { valid_up_to: 0 });
}
