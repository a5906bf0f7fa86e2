//! A connection without I/O: what it makes of the bytes that it receives, and what it sends.

mod closing;
mod control;
mod ending;
mod errors;
mod extensions;
mod fragmentation;
mod framing;
mod halves_methods;
mod hostile;
mod lengths;
mod limits;
mod masking;
mod model;
mod outputs;
mod oversized;
mod reserved_bits;
mod roles;
mod sending;
mod split_halves;
mod streaming;
mod text;
mod unmasking;
mod whole_messages;

// What these tests share.
mod received;
