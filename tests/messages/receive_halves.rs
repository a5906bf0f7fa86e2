//! The receiving half receives what the whole `WebSocket` receives, owned, lent and in parts.

use support::messages::*;
use websocket_proto::websocket::{Answers, Config, MessageReceiver, Part};
use websocket_proto::{Message, ProtocolError};

/// Messages in one frame and in fragments, control frames between them, and a Close.
fn conversation(from: From) -> Vec<u8> {
    [
        from.frame(TEXT, "one frame"),
        from.part(BINARY, "two "),
        from.frame(PING, "between"),
        from.frame(CONTINUATION, "frames"),
        from.frame(TEXT, ""),
        from.frame(PONG, "unasked"),
        from.frame(BINARY, vec![7; 70_000]),
        from.close(1001, "bye"),
    ]
    .concat()
}

/// What a half with one of its methods makes of all input that has arrived.
fn receive_all<R, T>(
    receiver: &mut MessageReceiver<R>,
    mut method: impl FnMut(&mut MessageReceiver<R>, &mut Answers) -> Result<Option<T>, ProtocolError>,
) -> Vec<T> {
    let mut answers = Answers::new();
    std::iter::from_fn(|| method(receiver, &mut answers).expect("a good peer")).collect()
}

#[test]
fn a_half_receives_what_the_whole_receives_owned_and_lent() {
    let input = conversation(From::Client);
    let mut whole = server(Config::new());
    whole.input().extend_from_slice(&input);
    let mut expected = Vec::new();
    while let Some(message) = whole.receive().unwrap() {
        expected.push(message);
    }
    assert_eq!(expected.len(), 7);
    let half = || {
        let mut receiver = server(Config::new()).into_split().0;
        receiver.input().extend_from_slice(&input);
        receiver
    };
    assert_eq!(receive_all(&mut half(), |half, answers| half.receive(answers)), expected);
    let lent =
        receive_all(&mut half(), |half, answers| Ok(half.receive_ref(answers)?.map(Message::from)));
    assert_eq!(lent, expected);
    let processed = receive_all(&mut half(), |half, answers| {
        let is_ready = half.process(answers)?;
        let len = half.ready_len();
        let message = half.receive(&mut Answers::new())?;
        assert_eq!(message.is_some(), is_ready);
        // The payload of a control frame does not count.
        assert_eq!(
            len,
            message.as_ref().filter(|message| message.is_data()).map_or(0, Message::len)
        );
        Ok(message)
    });
    assert_eq!(processed, expected);
}

#[test]
fn a_half_receives_the_parts_that_the_whole_receives() {
    let input = conversation(From::Client);
    let mut whole = server(Config::new());
    whole.input().extend_from_slice(&input);
    let mut expected = Vec::new();
    while let Some(part) = whole.receive_part().unwrap() {
        expected.push(shown(part));
    }
    assert_eq!(expected.len(), 8);
    let mut half = server(Config::new()).into_split().0;
    half.input().extend_from_slice(&input);
    let parts = receive_all(&mut half, |half, answers| {
        let is_ready = half.process_part(answers)?;
        let part = half.receive_part(&mut Answers::new())?;
        assert_eq!(part.is_some(), is_ready);
        Ok(part.map(shown))
    });
    assert_eq!(parts, expected);
    half.input().extend_from_slice(&From::Client.frame(TEXT, "after the Close"));
    assert_eq!(half.receive_part(&mut Answers::new()), Ok(None));
}

fn shown(part: Part<'_>) -> String {
    format!("{part:?}")
}

#[test]
fn a_half_knows_its_role() {
    assert!(client(Config::new()).into_split().0.is_client());
    assert!(!server(Config::new()).into_split().0.is_client());
}
