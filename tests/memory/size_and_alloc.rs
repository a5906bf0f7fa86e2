//! What a connection costs: under 512 bytes of state, and not one allocation over slices. And
//! that every public type of these layers can go where its user needs it.

use std::fmt::Debug;
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::counting::allocations;
use support::{Frame, SEED, Side, stream};
use websocket_proto::connection::{
    AnyRole, Client, Connection, ConnectionConfig, ControlPayload, Data, Event, FrameStart, Input,
    Receiver, Role, Sender, Server, SliceOutput, State, TransportAction,
};
use websocket_proto::frame::{FrameHeader, HeaderBytes, Kind, OpCode, Rsv};
use websocket_proto::mask::{Mask, MaskKey, MaskKeys};
use websocket_proto::utf8::{Utf8Error, Utf8Validator};
use websocket_proto::{CloseCode, CloseFrame, OutputFull, ProtocolError, SendError};

#[test]
fn the_allocator_of_this_test_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(Box::new(1)))), 1);
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![1, 2, 3]))), 1);
}

/// A larger event would be copied through memory in every step of a receive loop.
#[test]
fn an_event_is_no_larger_than_a_piece_of_data() {
    assert_eq!(size_of::<Event<'_>>(), size_of::<Data<'_>>());
    assert!(size_of::<Event<'_>>() <= 24);
}

#[test]
fn a_connection_is_smaller_than_512_bytes() {
    let server = size_of::<Connection<Server>>();
    let client = size_of::<Connection<Client>>();
    assert!(server < 512, "{server}");
    assert!(client < 512, "{client}");
    let any = size_of::<Connection<AnyRole>>();
    assert!(any < 512, "{any}");
}

#[test]
fn receiving_and_sending_over_slices_allocates_nothing() {
    fn check<R: Role>(role: R, side: Side) {
        let mut frames = vec![
            Frame::text("κόσμε"),
            Frame::binary([7; 3000]),
            Frame::text("frag").more(),
            Frame::ping([1; 125]),
            Frame::continuation("ment"),
            Frame::pong("pong"),
        ];
        let before_close = stream(side, &frames).len();
        frames.push(Frame::close(1000, "done"));
        let bytes = stream(side, &frames);
        let mut whole = bytes.clone();
        let mut dripped = bytes.clone();
        dripped.truncate(before_close);
        let mut out = vec![0xa5; 1 << 16];

        let mut events = 0;
        let count = allocations(|| {
            let mut connection = Connection::new(role, ConnectionConfig::new());
            let mut out = SliceOutput::new(&mut out);
            for piece in dripped.chunks_mut(1).chain([whole.as_mut_slice()]) {
                let mut input = Input::new(piece);
                while let Some(event) = connection.receive(&mut input).expect("valid") {
                    events += 1;
                    if let Event::Data(data) = event
                        && connection.state() == State::Open
                    {
                        connection
                            .send_fragment(data.kind, data.last, data.bytes, &mut out)
                            .expect("room");
                    }
                    if events == 3 {
                        connection.ping(b"ping", &mut out).expect("room");
                        connection.pong(b"pong", &mut out).expect("room");
                    }
                    if events % 2 == 0 {
                        connection.poll_transmit(&mut out).expect("room");
                    }
                }
            }
            connection.poll_transmit(&mut out).expect("room");
            connection.receive_eof().expect("after a Close");
            assert_eq!(connection.transport_action(), TransportAction::Drop);
        });
        assert_eq!(count, 0, "{side:?}");
        assert!(events > 3000, "{events} events were told");
    }
    check(Server, Side::Server);
    check(Client::new(SEED), Side::Client);
}

#[test]
fn sending_and_closing_allocates_nothing() {
    fn check<R: Role>(role: R) {
        let mut buffer = vec![0xa5; 1 << 16];
        let mut payload = vec![0x5a; 5000];
        let text = "κόσμε".repeat(500);
        let count = allocations(|| {
            let mut connection = Connection::new(role, ConnectionConfig::new());
            let mut out = SliceOutput::new(&mut buffer);
            // Past the sixteen keys of one block.
            for _ in 0..20 {
                connection.send_text("short", &mut out).expect("room");
            }
            connection.send_text(&text, &mut out).expect("room");
            connection.send_binary(&payload, &mut out).expect("room");
            connection.send_in_place(Kind::Binary, true, &mut payload).expect("open");
            connection.ping(&[0; 125], &mut out).expect("room");
            connection.close(CloseCode::NORMAL, "a reason", &mut out).expect("room");
        });
        assert_eq!(count, 0);
    }
    check(Server);
    check(Client::new(SEED));
}

#[test]
fn failing_allocates_nothing() {
    let mut bytes = Frame::text([b'a', 0xff]).bytes(Side::Server);
    let mut out = [0xa5; 128];
    let count = allocations(|| {
        let mut connection = Connection::new(Server, ConnectionConfig::new());
        let mut input = Input::new(&mut bytes);
        while let Ok(Some(_)) = connection.receive(&mut input) {}
        let sent = connection.poll_transmit(&mut SliceOutput::new(&mut out));
        assert!(sent.is_ok_and(|len| len > 4));
    });
    assert_eq!(count, 0);
}

#[test]
fn every_type_goes_where_its_user_needs_it() {
    fn everywhere<T: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug + 'static>() {}
    everywhere::<Connection<Server>>();
    everywhere::<Connection<Client>>();
    everywhere::<Receiver<Server>>();
    everywhere::<Receiver<Client>>();
    everywhere::<Sender<Server>>();
    everywhere::<Sender<Client>>();
    everywhere::<Connection<AnyRole>>();
    everywhere::<AnyRole>();
    everywhere::<FrameStart>();
    everywhere::<MaskKeys>();
    everywhere::<Server>();
    everywhere::<Client>();
    everywhere::<ConnectionConfig>();
    everywhere::<ControlPayload>();
    everywhere::<HeaderBytes>();
    everywhere::<State>();
    everywhere::<TransportAction>();
    everywhere::<FrameHeader>();
    everywhere::<Kind>();
    everywhere::<OpCode>();
    everywhere::<Rsv>();
    everywhere::<Mask>();
    everywhere::<MaskKey>();
    everywhere::<Utf8Error>();
    everywhere::<Utf8Validator>();
    everywhere::<CloseCode>();
    everywhere::<CloseFrame>();
    everywhere::<OutputFull>();
    everywhere::<ProtocolError>();
    everywhere::<SendError>();

    // Those that borrow the caller's buffer mutably are not unwind-safe, as `&mut` is not.
    fn borrowing<T: Send + Sync + Unpin + RefUnwindSafe + Debug>() {}
    borrowing::<Data<'_>>();
    borrowing::<Event<'_>>();
    borrowing::<Input<'_>>();
    borrowing::<SliceOutput<'_>>();
}

#[test]
fn plain_values_can_be_copied_and_compared() {
    fn plain<T: Copy + Eq + Debug>() {}
    plain::<FrameHeader>();
    plain::<Kind>();
    plain::<OpCode>();
    plain::<Rsv>();
    plain::<MaskKey>();
    plain::<CloseCode>();
    plain::<State>();
    plain::<TransportAction>();
    plain::<OutputFull>();
    plain::<ProtocolError>();
    plain::<SendError>();
    plain::<Utf8Error>();
}
