//! Frames, masks, UTF-8 and Close frames.

use core::hint::black_box;

use websocket_proto::close::{CloseCode, CloseFrame};
use websocket_proto::frame::{FrameHeader, HeaderBytes, HeaderPart, Kind, OpCode, Rsv};
use websocket_proto::mask::{Mask, MaskKey, MaskKeys};
use websocket_proto::utf8::{self, Utf8Validator};
use websocket_proto::{OutputFull, ProtocolError, SendError};

use crate::{bytes, inspect, show, text};

pub fn run() {
    frame();
    header();
    mask();
    utf8();
    close();
    errors();
}

fn frame() {
    let byte = black_box(0x81);
    let opcode = OpCode::from_bits(byte).unwrap_or(OpCode::Pong);
    inspect(OpCode::try_from(byte));
    inspect((opcode, opcode.is_control(), u8::from(opcode)));
    inspect(OpCode::from(black_box(Kind::Text)));

    let rsv = Rsv::from_bits(byte);
    let mut both = rsv.union(black_box(Rsv::RSV2)) | rsv;
    both |= black_box(Rsv::RSV3);
    inspect((rsv, both, rsv.bits(), u8::from(rsv), rsv.is_empty()));
    inspect((rsv.intersects(both), rsv.contains(both)));
}

fn header() {
    inspect(FrameHeader::parse(bytes()));
    inspect(FrameHeader::parse_from_client(bytes()));
    inspect(FrameHeader::parse_from_server(bytes()));
    let refuse = |part: HeaderPart| match black_box(part) {
        HeaderPart::PayloadLen(0) => Err(ProtocolError::MaskedFrame),
        _ => Ok(()),
    };
    inspect(FrameHeader::parse_with(bytes(), refuse));

    let header = black_box(FrameHeader {
        fin: true,
        rsv: Rsv::NONE,
        opcode: OpCode::Text,
        mask: Some(MaskKey([1, 2, 3, 4])),
        payload_len: 1 << 63,
    });
    let mut out = [0xa5; FrameHeader::MAX_LEN];
    inspect((header.emit(&mut out), header.encoded_len(), out));
    let emitted: HeaderBytes = header.to_bytes();
    inspect((emitted, emitted.padded(), emitted.as_ref(), emitted == black_box(emitted)));
    inspect(HeaderBytes::from(header).len());
}

fn mask() {
    let key = black_box(MaskKey::from([1, 2, 3, 4]));
    let mut mask = black_box(Mask::new(key));
    let mut buffer = [0; 1024];
    mask.apply(black_box(buffer.as_mut_slice()));
    inspect(mask.copy(bytes(), black_box(buffer.as_mut_slice())));
    inspect((mask, <[u8; 4]>::from(key)));

    let mut keys = black_box(MaskKeys::new([7; 32]));
    inspect(keys.next_key());
    inspect(keys);
}

fn utf8() {
    let mut validator = black_box(Utf8Validator::new());
    inspect(validator.feed(bytes()));
    inspect(validator.finish());
    if let Err(error) = validator.feed(bytes()) {
        show(error);
    }
    inspect((validator, Utf8Validator::default(), utf8::is_valid(bytes())));
}

fn close() {
    let code = black_box(CloseCode(1000));
    show(code);
    inspect((code.is_sendable(), u16::from(code), CloseCode::from(black_box(1)), code == 1000));

    inspect(CloseFrame::new(code, text()));
    inspect(CloseFrame::truncated(code, text()));
    inspect(CloseFrame::try_from((code, text())));
    inspect(CloseFrame::try_from((black_box(1000), text())));
    if let Ok(Some(frame)) = CloseFrame::parse(bytes()) {
        let mut out = [0xa5; 125];
        inspect((frame.emit(&mut out), frame.code(), frame.reason(), frame.parts()));
        inspect(<(CloseCode, &str)>::from(&frame));
        show(frame);
    }
}

fn errors() {
    let error = black_box(ProtocolError::InvalidDeflate);
    inspect((error.close_code(), error.close_frame()));
    show(error);
    let error = black_box(SendError::Closing);
    show(error);
    show(black_box(OutputFull { needed: 2, available: 1 }));
    show(SendError::from(black_box(OutputFull { needed: 2, available: 1 })));
}
