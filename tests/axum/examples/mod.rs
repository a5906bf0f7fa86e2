//! The WebSocket examples of axum, rewritten for the extractor of this crate, each with a client
//! that drives it. Only the `use` line of `axum::extract::ws` would differ, except where a comment
//! says so.

mod broadcast;
mod chat;
mod conversation;
mod generic;
