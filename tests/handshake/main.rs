//! The opening handshake over bytes, in both roles.

mod answers;
mod bodies;
mod client;
mod client_request;
mod headers;
mod heads;
mod hostile;
mod odd_requests;
mod properties;
mod server;
mod shown;
