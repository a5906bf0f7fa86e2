//! The locks, the socket and the clock of the halves of a connection.
//!
//! In the models of concurrency (`proof/models`) these types come from the package `machine`. The
//! model decides in which order the threads run, and when a call of the socket times out.

#[cfg(not(websocket_proto_model))]
pub(crate) use std::net::TcpStream;
#[cfg(not(websocket_proto_model))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};
#[cfg(not(websocket_proto_model))]
pub(crate) use std::thread::sleep;
#[cfg(not(websocket_proto_model))]
pub(crate) use std::time::Instant;

#[cfg(websocket_proto_model)]
pub(crate) use machine::{Condvar, Instant, Mutex, MutexGuard, TcpStream, sleep};

#[cfg(websocket_proto_model)]
impl crate::blocking::Transport for TcpStream {}
