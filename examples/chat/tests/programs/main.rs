//! Runs the chat as a program, and talks to it over real sockets.

#[cfg(feature = "browsers")]
mod browsers;
mod bus;
mod limits;
mod login;
mod page;
mod rooms;
mod shutdown;
mod support;
mod tls;
