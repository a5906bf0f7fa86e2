//! Models of concurrency: two halves of a connection and their peer, in every order of their threads.
//!
//! In each model the code of the library runs on the locks of loom and on a transport of the package
//! `machine`. loom reports a model whose threads all wait. So it reports halves that wait for each
//! other, and a lost wake-up. It also reports an answer that is never written, because the peer
//! waits for this answer.

mod adapter;
mod asynchronous;
mod blocking;
mod both;
mod peer;
