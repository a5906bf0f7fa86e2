//! A stream to a connection of either role, cut anywhere: it must do what the model of the tests
//! does, however the stream is cut, and never panic.
//!
//! The input is a byte of flags, the number of cuts, the length of the piece before each cut, and
//! the stream: what stands on the wire can be written into a corpus file as it is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use support::{Model, Recorder, SEED, Side, Wire};
use websocket_proto::connection::{Client, Connection, Role, Server};
use websocket_proto::frame::Rsv;

fuzz_target!(|input: &[u8]| {
    let [flags, cuts, rest @ ..] = input else { return };
    let (cuts, stream) = rest.split_at(usize::from(*cuts).min(rest.len()));
    let side = if flags & 0x01 == 0 { Side::Server } else { Side::Client };
    let plain = Model::new(side);
    let model = Model {
        reserved_bits: if flags & 0x02 == 0 { Rsv::NONE } else { Rsv::RSV1 },
        tag_bits: if flags & 0x40 == 0 { Rsv::NONE } else { Rsv::RSV2 },
        answer_pings: flags & 0x04 == 0,
        close_first: flags & 0x08 != 0,
        max_message_size: if flags & 0x10 == 0 { plain.max_message_size } else { 150 },
        max_frame_size: if flags & 0x20 == 0 { plain.max_frame_size } else { 100 },
        ..plain
    };
    match side {
        Side::Server => check(|| Server, &model, stream, cuts),
        Side::Client => check(|| Client::new(SEED), &model, stream, cuts),
    }
});

fn check<R: Role>(role: impl Fn() -> R, model: &Model, stream: &[u8], cuts: &[u8]) {
    let run = |lens: &mut dyn Iterator<Item = usize>| {
        let mut connection = Connection::new(role(), model.config());
        if model.close_first {
            connection.close_with(None, &mut Wire::default()).expect("an open connection");
        }
        let mut recorder = Recorder::default();
        let mut bytes = stream.to_vec();
        let mut rest = bytes.as_mut_slice();
        for len in lens {
            let (piece, after) = rest.split_at_mut(len.min(rest.len()));
            recorder.feed(&mut connection, piece);
            rest = after;
        }
        recorder.feed(&mut connection, rest);
        recorder.log(&connection)
    };
    let whole = run(&mut std::iter::empty());
    assert_eq!(run(&mut cuts.iter().map(|&len| usize::from(len))), whole, "cut as asked");
    assert_eq!(run(&mut std::iter::repeat_n(1, stream.len())), whole, "a byte at a time");
    assert_eq!(whole.with_sent_unmasked().entries, model.log(stream), "as the model");
}
