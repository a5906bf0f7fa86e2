//! Hostile and odd streams to a server that receives whole messages, and what each gets.

use support::hostile::{MAX_MESSAGE_SIZE, Outcome, Stream, streams};
use support::messages::*;
use websocket_proto::Message;
use websocket_proto::websocket::Config;

/// What a server makes of this stream, whole, byte by byte, and cut at each position.
fn log(stream: &Stream) -> Log {
    let Stream { name, bytes, .. } = stream;
    let of = |cuts: &[usize]| {
        Log::of(server(Config::new().max_message_size(MAX_MESSAGE_SIZE)), bytes, cuts)
    };
    let whole = of(&[]);
    let each_byte: Vec<usize> = (1..bytes.len()).collect();
    assert_eq!(of(&each_byte), whole, "{name}, byte by byte");
    for cut in 0..=bytes.len() {
        assert_eq!(of(&[cut]), whole, "{name}, cut at {cut}");
    }
    whole
}

#[test]
fn each_hostile_stream_gets_its_close_code_and_each_odd_one_its_messages() {
    for stream in streams() {
        let (name, log) = (stream.name, log(&stream));
        let sent = decode(&log.output);
        match stream.outcome {
            Outcome::Fails(code) => {
                let error = log.error.unwrap_or_else(|| panic!("{name}: {log:?}"));
                assert_eq!(error.close_code().0, code, "{name}");
                let [close] = &sent[..] else { panic!("{name}: {sent:?}") };
                assert_eq!(close_code(close), Some(code), "{name}");
                assert_eq!(log.messages, [], "{name}");
            }
            Outcome::Answers(code) => {
                assert_eq!(log.error, None, "{name}");
                let [close] = &sent[..] else { panic!("{name}: {sent:?}") };
                assert_eq!(close_code(close).unwrap_or(1005), code, "{name}");
                assert!(matches!(log.messages[..], [Message::Close(_)]), "{name}: {log:?}");
            }
            Outcome::Receives { texts, pings } => {
                assert_eq!(log.error, None, "{name}");
                let ping = |payload: &&'static str| Message::Ping((*payload).into());
                let (data, other): (Vec<_>, Vec<_>) =
                    log.messages.into_iter().partition(Message::is_data);
                assert_eq!(data, texts.iter().copied().map(Message::text).collect::<Vec<_>>());
                assert_eq!(other, pings.iter().map(ping).collect::<Vec<_>>(), "{name}");
                let pongs = pings.iter().flat_map(|ping| From::Server.frame(PONG, ping));
                assert_eq!(log.output, pongs.collect::<Vec<_>>(), "{name}");
            }
        }
    }
}
