//! The opening handshake over the types of the `http` crate.
#![cfg(feature = "http")]

mod client;
mod deflate;
mod extended_connect;
mod hostile;
mod upgrade;
mod upgrade_answers;

// What these tests share.
mod requests;
