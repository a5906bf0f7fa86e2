//! How a client of each adapter connects: its options and time-out, proxies, and TLS.
#![cfg(feature = "std")]

mod accepting_steps;
mod connect_options;
mod connect_timeout;
mod connecting_steps;
mod debug;
mod errors;
mod happy_eyeballs;
mod proxy;
mod refusals;
#[cfg(feature = "tls")]
mod tls;
#[cfg(feature = "tls")]
mod tls_faults;
#[cfg(feature = "tls")]
mod tls_steps;
mod urls;

// What these tests share.
#[cfg(feature = "tls")]
mod identity;
mod peers;
