//! A guide: each page answers one question, and has a whole program to copy.
//!
//! This module has no items. Its pages are the files in `docs/guide` of the repository, and
//! `docs/threats.md`. The tests of the crate compile and run the program of each page.
//!
//! | question | page |
//! |---|---|
//! | Which layer do I want? | [`layers`] |
//! | Who may connect? | [`authentication`] |
//! | How do I send to many, and what about slow readers? | [`broadcast`] |
//! | How does a connection end? | [`closing`] |
//! | How do I send while another task or thread receives? | [`halves`] |
//! | How do I stop a server? | [`stopping`] |
//! | How do I notice that a peer is gone? | [`keepalive`] |
//! | How do I get metrics and logs? | [`observing`] |
//! | How do I connect again? | [`reconnecting`] |
//! | What does compression cost? | [`compression`] |
//! | What about messages that do not fit into memory? | [`large_messages`] |
//! | How do I test a handler? | [`testing`] |
//! | Which attacks does the crate stop, and what must I do? | [`threats`] |
//! | How do I use `wss://`? | [`tls`] |
//! | What does a reverse proxy need? | [`proxies`] |
//! | And HTTP/2 and HTTP/3? | [`http2`] |
//! | How do I use another runtime or an event loop? | [`adapters`] |
//! | How do I use it without an allocator? | [`embedded`] |
//! | How do I port a program? | [`from_tungstenite`], [`from_others`] |

#[doc = include_str!("../../docs/guide/layers.md")]
pub mod layers {}

#[doc = include_str!("../../docs/guide/authentication.md")]
pub mod authentication {}

#[doc = include_str!("../../docs/guide/broadcast.md")]
pub mod broadcast {}

#[doc = include_str!("../../docs/guide/closing.md")]
pub mod closing {}

#[doc = include_str!("../../docs/guide/halves.md")]
pub mod halves {}

#[doc = include_str!("../../docs/guide/stopping.md")]
pub mod stopping {}

#[doc = include_str!("../../docs/guide/keepalive.md")]
pub mod keepalive {}

#[doc = include_str!("../../docs/guide/observing.md")]
pub mod observing {}

#[doc = include_str!("../../docs/guide/reconnecting.md")]
pub mod reconnecting {}

#[doc = include_str!("../../docs/guide/compression.md")]
pub mod compression {}

#[doc = include_str!("../../docs/guide/large_messages.md")]
pub mod large_messages {}

#[doc = include_str!("../../docs/guide/testing.md")]
pub mod testing {}

#[doc = include_str!("../../docs/threats.md")]
pub mod threats {}

#[doc = include_str!("../../docs/guide/tls.md")]
pub mod tls {}

#[doc = include_str!("../../docs/guide/proxies.md")]
pub mod proxies {}

#[doc = include_str!("../../docs/guide/http2.md")]
pub mod http2 {}

#[doc = include_str!("../../docs/guide/adapters.md")]
pub mod adapters {}

#[doc = include_str!("../../docs/guide/embedded.md")]
pub mod embedded {}

#[doc = include_str!("../../docs/guide/from_tungstenite.md")]
pub mod from_tungstenite {}

#[doc = include_str!("../../docs/guide/from_others.md")]
pub mod from_others {}
