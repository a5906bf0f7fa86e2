//! The wire layer: frame headers, masking, UTF-8 and the payload of a Close frame.

mod close;
mod frame_header;
mod mask;
mod utf8;
