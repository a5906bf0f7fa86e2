//! The two directions of a connection, owned apart: the receiver answers nothing by itself, and
//! the sender does what the owner asks.

use support::{Entry, Frame, SEED, Side, Wire, hex, stream, unmask_frames};
use websocket_proto::connection::{
    Client, Connection, ConnectionConfig, ControlPayload, Event, Input, Output, Owed, OwedFrames,
    Receiver, Role, Sender, Server, SliceOutput,
};
use websocket_proto::frame::Kind;
use websocket_proto::{CloseCode, CloseFrame, OutputFull, ProtocolError, SendError};

fn server() -> (Receiver<Server>, Sender<Server>) {
    let (receiver, sender, owed) = Connection::new(Server, ConnectionConfig::new()).into_split();
    assert!(owed.is_empty());
    (receiver, sender)
}

fn client() -> (Receiver<Client>, Sender<Client>) {
    let connection = Connection::new(Client::new(SEED), ConnectionConfig::new());
    let (receiver, sender, owed) = connection.into_split();
    assert!(owed.is_empty());
    (receiver, sender)
}

/// Settles one thing that is owed.
fn settle<R: Role>(
    sender: &mut Sender<R>,
    owed: Owed,
    out: &mut impl Output,
) -> Result<usize, OutputFull> {
    let mut frames = OwedFrames::new();
    frames.add(owed);
    sender.settle(&mut frames, out)
}

/// Receives all of `bytes`, and does with the sender what `Connection` does by itself.
fn serve<R: Role>(
    receiver: &mut Receiver<R>,
    sender: &mut Sender<R>,
    bytes: &mut [u8],
) -> (Vec<Entry>, Wire) {
    let mut entries = Vec::new();
    let mut out = Wire::default();
    let mut input = Input::new(bytes);
    let mut owed = OwedFrames::new();
    loop {
        let received = receiver.receive(&mut input, &mut owed);
        sender.settle(&mut owed, &mut out).expect("room");
        assert!(owed.is_empty());
        match received {
            Ok(Some(Event::Data(data))) => {
                entries.push(Entry::data(data.kind, data.bytes, data.first, data.last));
            }
            Ok(Some(Event::Ping)) => entries.push(Entry::ping(receiver.control_payload())),
            Ok(Some(Event::Close)) => {
                let frame = receiver.peer_close();
                entries.push(Entry::Close(frame.map(|f| (f.code().0, f.reason().to_owned()))));
            }
            Ok(Some(other)) => panic!("{other:?}"),
            Ok(None) => return (entries, out),
            Err(error) => {
                entries.push(Entry::Error(error));
                return (entries, out);
            }
        }
    }
}

#[test]
fn the_halves_do_together_what_the_whole_does() {
    for frames in [
        vec![Frame::text("a"), Frame::ping("p"), Frame::close(1001, "why")],
        vec![Frame::binary("a"), Frame::raw_close("")],
        vec![Frame::ping("p"), Frame::new(3, "")],
    ] {
        for side in Side::BOTH {
            let mut bytes = stream(side, &frames);
            let whole = support::every_split(side, &ConnectionConfig::new(), &bytes);
            let (entries, out) = match side {
                Side::Server => {
                    let (mut receiver, mut sender) = server();
                    serve(&mut receiver, &mut sender, &mut bytes)
                }
                Side::Client => {
                    let (mut receiver, mut sender) = client();
                    serve(&mut receiver, &mut sender, &mut bytes)
                }
            };
            assert_eq!(out.0, whole.sent());
            let told: Vec<Entry> = whole
                .entries
                .into_iter()
                .filter(|entry| !matches!(entry, Entry::Sent(_)))
                .collect();
            assert_eq!(entries, told);
        }
    }
}

#[test]
fn a_receiver_lends_the_buffer_and_says_what_is_left_of_a_frame() {
    let (mut receiver, _) = server();
    let mut bytes = Frame::binary("abc").bytes(Side::Server);
    bytes.pop();
    let mut input = Input::new(&mut bytes);
    assert!(matches!(
        receiver.receive(&mut input, &mut OwedFrames::new()),
        Ok(Some(Event::Data(_)))
    ));
    assert_eq!(receiver.frame_remaining(), 1);
    assert_eq!(receiver.receive_eof(), Err(ProtocolError::UnexpectedEof));
    assert_eq!(receiver.frame_remaining(), 0);
}

#[test]
fn a_receiver_ends_as_the_connection_does() {
    let (mut receiver, _) = server();
    let mut bytes = stream(Side::Server, &[Frame::close(1000, ""), Frame::text("late")]);
    let mut input = Input::new(&mut bytes);
    assert!(matches!(receiver.receive(&mut input, &mut OwedFrames::new()), Ok(Some(Event::Close))));
    assert_eq!(receiver.peer_close().map(|frame| frame.code().0), Some(1000));
    assert_eq!(receiver.receive(&mut input, &mut OwedFrames::new()), Ok(None));
    assert_eq!(input.remaining(), b"");
    assert_eq!(receiver.receive_eof(), Ok(()));

    let (mut receiver, _) = server();
    let error = ProtocolError::UnmaskedFrame;
    let mut bytes = hex("8100");
    assert_eq!(receiver.receive(&mut Input::new(&mut bytes), &mut OwedFrames::new()), Err(error));
    assert_eq!(receiver.receive_eof(), Err(error));
}

#[test]
fn a_sender_sends_what_the_connection_sends() {
    let (_, mut sender) = client();
    let mut whole = Connection::new(Client::new(SEED), ConnectionConfig::new());
    let (mut from_half, mut from_whole) = (Wire::default(), Wire::default());

    sender.send_text("text", &mut from_half).expect("open");
    whole.send_text("text", &mut from_whole).expect("open");
    sender.send_binary(b"binary", &mut from_half).expect("open");
    whole.send_binary(b"binary", &mut from_whole).expect("open");
    sender.send_fragment(Kind::Text, false, b"frag", &mut from_half).expect("open");
    whole.send_fragment(Kind::Text, false, b"frag", &mut from_whole).expect("open");
    sender.ping(b"ping", &mut from_half).expect("open");
    whole.ping(b"ping", &mut from_whole).expect("open");
    sender.pong(b"pong", &mut from_half).expect("open");
    whole.pong(b"pong", &mut from_whole).expect("open");
    let (mut in_half, mut in_whole) = (*b"ment", *b"ment");
    let half = sender.send_in_place(Kind::Text, true, &mut in_half).expect("open");
    let header = whole.send_in_place(Kind::Text, true, &mut in_whole).expect("open");
    assert_eq!((&*half, in_half), (&*header, in_whole));
    let frame = CloseFrame::new(CloseCode::NORMAL, "bye").expect("sendable");
    sender.close(Some(&frame), &mut from_half).expect("open");
    whole.close_with(Some(&frame), &mut from_whole).expect("open");

    assert_eq!(from_half, from_whole);
    assert_eq!(sender.send_text("x", &mut from_half), Err(SendError::Closing));
    assert_eq!(sender.close(None, &mut from_half), Err(SendError::Closing));
    assert_eq!(from_half, from_whole);
}

#[test]
fn nothing_is_answered_after_a_close_was_sent() {
    let (_, mut sender) = server();
    let mut out = Wire::default();
    sender.close(None, &mut out).expect("open");
    out.0.clear();
    let payload = ControlPayload::new(b"late").expect("4 bytes");
    assert_eq!(settle(&mut sender, Owed::Pong(payload), &mut out), Ok(0));
    assert_eq!(settle(&mut sender, Owed::Reply(Some(CloseCode(1000))), &mut out), Ok(0));
    assert_eq!(settle(&mut sender, Owed::Fault(ProtocolError::CloseCodeCut), &mut out), Ok(0));
    assert_eq!(out.0, b"");
}

#[test]
fn the_answer_to_a_close_is_given_once_and_ends_the_sending() {
    let (_, mut sender) = client();
    let mut out = Wire::default();
    assert_eq!(settle(&mut sender, Owed::Reply(Some(CloseCode(4321))), &mut out), Ok(8));
    assert_eq!(settle(&mut sender, Owed::Reply(Some(CloseCode(1000))), &mut out), Ok(0));
    assert_eq!(unmask_frames(&out.0), b"\x88\x02\x10\xe1");
    assert_eq!(sender.send_text("x", &mut out), Err(SendError::Closing));
}

#[test]
fn an_answer_that_does_not_fit_is_still_due_and_nothing_else_goes() {
    let (_, mut sender) = server();
    let mut buffer = [0xa5; 64];
    let mut out = SliceOutput::new(&mut buffer[..3]);
    let full = OutputFull { needed: 4, available: 3 };
    let mut owed = OwedFrames::new();
    owed.add(Owed::Reply(Some(CloseCode(1000))));
    assert_eq!(sender.settle(&mut owed, &mut out), Err(full));
    let mut out = SliceOutput::new(&mut buffer);
    assert_eq!(sender.send_text("x", &mut out), Err(SendError::Closing));
    assert_eq!(sender.close(None, &mut out), Err(SendError::Closing));
    // But a Ping that came before may still be answered.
    let payload = ControlPayload::new(b"p").expect("1 byte");
    owed.add(Owed::Pong(payload));
    assert_eq!(sender.settle(&mut owed, &mut out), Ok(7));
    assert!(owed.is_empty());
    assert_eq!(out.written(), b"\x8a\x01p\x88\x02\x03\xe8");
}

#[test]
fn a_failure_that_does_not_fit_is_still_due() {
    let (_, mut sender) = server();
    let error = ProtocolError::UnmaskedFrame;
    let needed = 4 + error.to_string().len();
    let mut buffer = [0xa5; 64];
    let mut out = SliceOutput::new(&mut buffer[..5]);
    let mut owed = OwedFrames::new();
    owed.add(Owed::Fault(error));
    assert_eq!(sender.settle(&mut owed, &mut out), Err(OutputFull { needed, available: 5 }));
    let mut out = SliceOutput::new(&mut buffer);
    assert_eq!(sender.send_binary(b"", &mut out), Err(SendError::Closing));
    sender.settle(&mut owed, &mut out).expect("room");
    assert_eq!(out.written()[..4], [0x88, needed as u8 - 2, 0x03, 0xea]);
    assert_eq!(&out.written()[4..], error.to_string().as_bytes());
}

#[test]
fn the_end_of_the_transport_is_reported_to_nobody() {
    let (_, mut sender) = server();
    let mut out = Wire::default();
    assert_eq!(settle(&mut sender, Owed::Fault(ProtocolError::UnexpectedEof), &mut out), Ok(0));
    assert_eq!(out.0, b"");
    assert_eq!(sender.send_text("x", &mut out), Err(SendError::Closing));
}

#[test]
fn halves_in_two_threads() {
    let (mut receiver, mut sender) = client();
    let sent = std::thread::spawn(move || {
        let mut out = Wire::default();
        sender.send_text("from a thread", &mut out).map(|()| out)
    });
    let mut bytes = Frame::text("to another").bytes(Side::Client);
    let mut input = Input::new(&mut bytes);
    let event = receiver.receive(&mut input, &mut OwedFrames::new());
    assert!(matches!(event, Ok(Some(Event::Data(data))) if &*data.bytes == b"to another"));
    let sent = sent.join().expect("no panic").expect("open");
    assert_eq!(unmask_frames(&sent.0), Frame::text("from a thread").bytes(Side::Client));
}
