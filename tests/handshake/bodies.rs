//! The body of a response is found and decoded as RFC 9112, sections 6 and 7 say, however it is
//! split.

use proptest::prelude::*;
use websocket_proto::http1::{
    BodyDecoder, BodyLength, ChunkError, HeadKind, HeadLimits, HeadScanner, HttpResponse,
};

fn length(head: &str) -> BodyLength {
    let received = format!("HTTP/1.{head}\r\n\r\n");
    let limits = HeadLimits::DEFAULT;
    let mut scanner = HeadScanner::new(HeadKind::Response, limits.bytes);
    let head = scanner.scan(received.as_bytes()).expect("HTTP").expect("whole");
    HttpResponse::parse(&head, &limits).expect("a response").body_length()
}

#[test]
fn the_end_of_a_body_is_found_as_rfc_9112_section_6_3_says() {
    use BodyLength::{Chunked, Known, UntilEnd};
    for (head, expected) in [
        ("1 403 ", UntilEnd),
        ("1 403 \r\nContent-Length: 7", Known(7)),
        ("1 403 \r\nContent-Length: 0", Known(0)),
        ("1 403 \r\nContent-Length: 7, 7", Known(7)),
        ("1 403 \r\nContent-Length: 7\r\nContent-Length: 7", Known(7)),
        // Nothing tells where the body ends.
        ("1 403 \r\nContent-Length: 7\r\nContent-Length: 8", Known(0)),
        ("1 403 \r\nContent-Length: +7", Known(0)),
        ("1 403 \r\nContent-Length: -7", Known(0)),
        ("1 403 \r\nContent-Length:", Known(0)),
        ("1 403 \r\nContent-Length: 18446744073709551616", Known(0)),
        ("1 403 \r\nTransfer-Encoding: chunked", Chunked),
        ("1 403 \r\nTransfer-Encoding: gzip, , Chunked", Chunked),
        ("1 403 \r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked", Chunked),
        ("1 403 \r\nTransfer-Encoding: chunked\r\nContent-Length: 7", Chunked),
        ("1 403 \r\nContent-Length: 7\r\nTransfer-Encoding: chunked", Chunked),
        ("1 403 \r\nTransfer-Encoding: chunked, gzip", UntilEnd),
        ("1 403 \r\nTransfer-Encoding: gzip\r\nContent-Length: 7", UntilEnd),
        ("1 403 \r\nTransfer-Encoding: xchunked", UntilEnd),
        ("1 403 \r\nTransfer-Encoding:\r\nContent-Length: 7", UntilEnd),
        // RFC 9112, section 6.1: HTTP/1.0 has no transfer coding.
        ("0 403 \r\nTransfer-Encoding: chunked\r\nContent-Length: 7", UntilEnd),
        ("1 101 \r\nContent-Length: 7", Known(0)),
        ("1 204 \r\nTransfer-Encoding: chunked", Known(0)),
        ("1 304 \r\nContent-Length: 7", Known(0)),
    ] {
        assert_eq!(length(head), expected, "{head:?}");
    }
}

/// Decodes pieces. Returns the content, the number of bytes that are not of the body, and whether
/// the body is complete.
fn decode<'b>(
    length: BodyLength,
    pieces: impl IntoIterator<Item = &'b [u8]>,
) -> (Vec<u8>, usize, Result<bool, ChunkError>) {
    let mut decoder = BodyDecoder::new(length);
    let (mut content, mut behind) = (Vec::new(), 0);
    for mut piece in pieces {
        loop {
            match decoder.decode(&mut piece) {
                Ok([]) => break,
                Ok(data) => content.extend_from_slice(data),
                Err(error) => return (content, 0, Err(error)),
            }
        }
        behind += piece.len();
    }
    (content, behind, Ok(decoder.is_complete()))
}

/// Decodes a body whole, a byte at a time, and cut at every pair of positions.
fn decode_every_split(length: BodyLength, body: &str) -> (String, usize, Result<bool, ChunkError>) {
    let body = body.as_bytes();
    let whole = decode(length, [body]);
    assert_eq!(decode(length, body.chunks(1)), whole);
    for first in 0..=body.len() {
        for second in first..=body.len() {
            let pieces = [&body[..first], &body[first..second], &body[second..]];
            assert_eq!(decode(length, pieces), whole, "cut at {first} and {second}");
        }
    }
    (String::from_utf8(whole.0).unwrap(), whole.1, whole.2)
}

#[test]
fn a_chunked_body_is_decoded_without_its_extensions_and_trailers() {
    for (body, content) in [
        ("0\r\n\r\n", ""),
        ("5\r\nHello\r\n0\r\n\r\n", "Hello"),
        ("2\r\nHe\r\n003\r\nllo\r\n000\r\n\r\n", "Hello"),
        ("A\r\n0123456789\r\na\r\nabcdefghij\r\n0\r\n\r\n", "0123456789abcdefghij"),
        ("5;a=b;c=\"d;e\"\r\nHello\r\n0;x\r\n\r\n", "Hello"),
        ("5 ; a\r\nHello\r\n0 \r\n\r\n", "Hello"),
        ("5\r\nHello\r\n0\r\nServer-Timing: a\r\nX:\r\n\r\n", "Hello"),
        // It looks like the last chunk.
        ("7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n", "\r\n0\r\n\r\n"),
    ] {
        let expected = (content.to_owned(), 0, Ok(true));
        assert_eq!(decode_every_split(BodyLength::Chunked, body), expected, "{body:?}");
        let (decoded, behind, outcome) =
            decode_every_split(BodyLength::Chunked, &format!("{body}more"));
        assert_eq!((decoded.as_str(), behind, outcome), (content, 4, Ok(true)), "{body:?}");
    }
}

#[test]
fn a_body_that_has_not_ended_is_incomplete() {
    for (body, content) in [
        ("", ""),
        ("5", ""),
        ("5\r\nHel", "Hel"),
        ("5\r\nHello\r\n", "Hello"),
        ("5\r\nHello\r\n0\r\n", "Hello"),
        ("5\r\nHello\r\n0\r\nA: b\r\n", "Hello"),
        ("ffffffffffffffff\r\nHello", "Hello"),
    ] {
        let expected = (content.to_owned(), 0, Ok(false));
        assert_eq!(decode_every_split(BodyLength::Chunked, body), expected, "{body:?}");
    }
    let expected = ("Hel".to_owned(), 0, Ok(false));
    assert_eq!(decode_every_split(BodyLength::Known(5), "Hel"), expected);
    assert_eq!(decode_every_split(BodyLength::UntilEnd, "Hel"), expected);
}

#[test]
fn a_body_of_a_known_length_ends_after_it() {
    let expected = ("Hello".to_owned(), 4, Ok(true));
    assert_eq!(decode_every_split(BodyLength::Known(5), "Hellomore"), expected);
    assert_eq!(decode_every_split(BodyLength::Known(0), "more"), (String::new(), 4, Ok(true)));
}

#[test]
fn what_came_before_a_malformed_chunk_is_decoded() {
    for body in [
        "x\r\n",
        "\r\n",
        "5\nHello",
        "5\r\rHello",
        "-5\r\nHello",
        "+5\r\nHello",
        "0x5\r\nHello",
        "10000000000000000\r\n",
        "5;a\0\r\n",
        "0\r\nA: b\n\r\n",
        "0\r\n\n",
        "0\r\n\r\r",
    ] {
        let (content, _, outcome) =
            decode_every_split(BodyLength::Chunked, &format!("2\r\nOK\r\n{body}"));
        assert_eq!(content, "OK", "{body:?}");
        assert!(outcome.is_err(), "{body:?}");
    }
    let (content, _, outcome) = decode_every_split(BodyLength::Chunked, "2\r\nOKxx");
    assert_eq!((content.as_str(), outcome.is_err()), ("OK", true));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    /// Whatever a server sends: nothing panics, and the split has no effect.
    #[test]
    fn any_split_of_any_body_gives_the_same(
        body in "([0-9a-fx]{0,3}|;a|\r\n|\r|\n|hello|0\r\n){0,20}",
        size in 1..8_usize,
    ) {
        for length in [BodyLength::Chunked, BodyLength::Known(7), BodyLength::UntilEnd] {
            let (content, _, outcome) = decode(length, [body.as_bytes()]);
            let (again, _, same) = decode(length, body.as_bytes().chunks(size));
            prop_assert_eq!((content, outcome), (again, same));
        }
    }
}
