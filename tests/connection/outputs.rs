//! The outputs that frames are written to: slices, buffers that grow, and an output of the caller.

use support::{Frame, Side, Wire, client, hex, server};
use websocket_proto::CloseCode;
use websocket_proto::connection::{ControlPayload, Input, Output, Owed, OwedFrames, SliceOutput};
use websocket_proto::frame::{Kind, Rsv};
use websocket_proto::mask::{Mask, MaskKey};

#[test]
fn every_output_gets_the_same_bytes() {
    fn sent(out: &mut impl Output) {
        let mut connection = client();
        let long: Vec<u8> = (0..5000).map(|at| (at % 251) as u8).collect();
        connection.send_text("short", out).expect("room");
        connection.send_binary(&long, out).expect("room");
        connection.ping(b"ping", out).expect("room");
        connection.close(CloseCode::NORMAL, "", out).expect("room");
    }
    // An output of the tests, which uses the `put_masked` of the trait.
    let mut wire = Wire::default();
    sent(&mut wire);

    let mut buffer = [0xa5; 6000];
    let mut slice = SliceOutput::new(&mut buffer);
    sent(&mut slice);
    assert_eq!(slice.written(), wire.0);

    #[cfg(feature = "alloc")]
    {
        let mut vec = vec![1, 2, 3];
        sent(&mut vec);
        assert_eq!(vec[..3], [1, 2, 3], "it appends");
        assert_eq!(vec[3..], wire.0);

        let mut bytes = bytes::BytesMut::from(b"123".as_slice());
        sent(&mut bytes);
        assert_eq!(bytes[..3], *b"123", "it appends");
        assert_eq!(bytes[3..], wire.0);
    }
}

#[test]
fn an_output_may_be_borrowed_and_of_a_type_chosen_at_run_time() {
    /// Calls each method that takes an output, with the given output.
    fn sent(out: &mut dyn Output) {
        let mut connection = client();
        connection.send_text("text", out).expect("room");
        connection.send_binary(b"binary", out).expect("room");
        connection.send_fragment(Kind::Text, false, b"frag", out).expect("room");
        connection.send_fragment(Kind::Text, true, b"ment", out).expect("room");
        connection.send_extended(Kind::Text, true, b"extended", Rsv::NONE, out).expect("room");
        connection.ping(b"ping", out).expect("room");
        connection.pong(b"pong", out).expect("room");
        let mut ping = Frame::ping("answered").bytes(Side::Client);
        connection.receive(&mut Input::new(&mut ping)).expect("valid");
        assert_eq!(connection.poll_transmit(out), Ok(14));
        connection.close(CloseCode::NORMAL, "", out).expect("room");
    }
    fn sent_in_halves<O: Output + ?Sized>(out: &mut O) {
        let (_, mut sender, _) = server().into_split();
        sender.send_text("text", out).expect("room");
        let mut owed = OwedFrames::new();
        owed.add(Owed::Pong(ControlPayload::EMPTY));
        owed.add(Owed::Reply(None));
        assert_eq!(sender.settle(&mut owed, out), Ok(4));
    }
    let mut wire = Wire::default();
    sent(&mut wire);
    let mut buffer = [0xa5; 200];
    let mut slice = SliceOutput::new(&mut buffer);
    // Twice borrowed: a reference to an output is an output.
    sent(&mut &mut slice);
    assert_eq!(slice.written(), wire.0);
    slice.clear();
    let mut borrowed: &mut dyn Output = &mut slice;
    sent_in_halves(&mut borrowed);
    sent_in_halves(borrowed);
    assert_eq!(slice.written(), hex("8104 74657874 8a00 8800 8104 74657874 8a00 8800"));
}

#[test]
fn a_borrowed_output_masks_as_the_output_does() {
    /// An output that records which of its methods were called.
    struct Telling(Vec<&'static str>);

    impl Output for Telling {
        fn room(&self) -> usize {
            100
        }

        fn put(&mut self, _: &[u8]) {
            self.0.push("put");
        }

        fn put_masked(&mut self, _: &[u8], _: &mut Mask) {
            self.0.push("put_masked");
        }
    }

    let mut out = Telling(Vec::new());
    client().send_text("text", &mut &mut out).expect("room");
    assert_eq!(out.0, ["put", "put_masked"]);
}

#[test]
fn putting_masked_appends_and_moves_the_mask() {
    let mut out = Wire::default();
    let mut mask = Mask::new(MaskKey([1, 2, 3, 4]));
    out.put_masked(&[0; 5], &mut mask);
    out.put_masked(&[0; 1500], &mut mask);
    let expected: Vec<u8> = [1, 2, 3, 4].into_iter().cycle().take(1505).collect();
    assert_eq!(out.0, expected);

    let mut buffer = [0xa5; 7];
    let mut out = SliceOutput::new(&mut buffer);
    let mut mask = Mask::new(MaskKey([1, 2, 3, 4]));
    out.put_masked(&[0; 5], &mut mask);
    out.put_masked(&[0; 2], &mut mask);
    assert_eq!(out.written(), [1, 2, 3, 4, 1, 2, 3]);
}

#[test]
fn what_does_not_fit_into_a_slice_is_not_put() {
    // An output that gets more bytes than its room writes none of them.
    let mut buffer = [0xa5; 4];
    let mut out = SliceOutput::new(&mut buffer[..3]);
    out.put(&[1, 2, 3, 4]);
    assert_eq!((out.written(), out.room()), (b"".as_slice(), 3));
    assert_eq!(buffer, [0xa5; 4]);
}

#[cfg(feature = "alloc")]
#[test]
fn an_output_that_grows_has_room_for_all_that_a_vector_can_hold() {
    for len in [0, 3] {
        let bytes = vec![1; len];
        assert_eq!(bytes.room(), isize::MAX as usize - len);
        assert_eq!(bytes::BytesMut::from(bytes.as_slice()).room(), isize::MAX as usize - len);
    }
}
