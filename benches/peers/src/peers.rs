//! The crates that are measured, each in the fastest way that its documentation shows.

pub mod fastwebsockets;
pub mod ours;
pub mod sockudo;
pub mod soketto;
pub mod tokio_websockets;
pub mod tungstenite;
pub mod web_socket;
pub mod websocket_sans_io;
pub mod wtx;
pub mod yawc;
