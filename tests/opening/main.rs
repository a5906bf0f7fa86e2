//! How a client of each adapter connects: its options and time-out, proxies, and TLS.
#![cfg(feature = "std")]

mod connect_options;
mod connect_timeout;
mod debug;
mod errors;
mod happy_eyeballs;
mod proxy;
mod refusals;
mod steps;
#[cfg(feature = "tls")]
mod tls;

// What these tests share.
#[cfg(feature = "tls")]
mod identity;
mod peers;
