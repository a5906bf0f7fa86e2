use std::io::{self, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs as _};

use crate::blocking::deadline::Calls;
use crate::io::{ConnectError, ConnectOptions, ConnectPhase};

/// Tries the addresses of a host one after the other, and returns the error of the last address.
pub(super) fn connect_to_any(
    options: &ConnectOptions,
    calls: &Calls<TcpStream>,
) -> Result<TcpStream, ConnectError> {
    let limit = options.connect_timeout;
    let look_up = options.step(ConnectPhase::LookUp);
    let addresses = options.first_hop().to_socket_addrs().map_err(|error| look_up.failed(error))?;
    let mut failure = None;
    for address in addresses {
        let step = options.step(ConnectPhase::Tcp).at(address);
        let left = limit.saturating_sub(calls.now());
        if left.is_zero() {
            return Err(failure.unwrap_or(ConnectError::TimedOut { step, limit }));
        }
        match TcpStream::connect_timeout(&address, left) {
            Ok(stream) => return Ok(stream),
            Err(_) if calls.now() >= limit => return Err(ConnectError::TimedOut { step, limit }),
            Err(error) => failure = Some(step.failed(error)),
        }
    }
    let none = || look_up.failed(io::Error::new(ErrorKind::NotFound, "the host has no address"));
    Err(failure.unwrap_or_else(none))
}
