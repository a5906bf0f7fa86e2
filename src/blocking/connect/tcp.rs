//! The TCP connection of a client, to the first address of a host that answers
//! ([RFC 8305](https://www.rfc-editor.org/rfc/rfc8305)).

use alloc::vec::Vec;
use core::net::SocketAddr;
use std::io::{self, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use crate::io::{ConnectError, ConnectOptions, ConnectPhase, HappyEyeballs};

/// Connects to the first hop of the options.
pub(super) fn connect_to_any(
    options: &ConnectOptions,
    begin: Instant,
) -> Result<TcpStream, ConnectError> {
    let look_up = options.step(ConnectPhase::LookUp);
    let addresses = options.first_hop().to_socket_addrs().map_err(|error| look_up.failed(error))?;
    let addresses: Vec<SocketAddr> = addresses.collect();
    match addresses[..] {
        [] => Err(look_up.failed(io::Error::new(ErrorKind::NotFound, "the host has no address"))),
        [address] => connect_to(address, options, begin),
        _ => race(addresses, options, begin),
    }
}

/// Connects to one address.
fn connect_to(
    address: SocketAddr,
    options: &ConnectOptions,
    begin: Instant,
) -> Result<TcpStream, ConnectError> {
    let limit = options.connect_timeout;
    let left = limit.saturating_sub(begin.elapsed());
    if left.is_zero() {
        return Err(timed_out(Some(address), options));
    }
    TcpStream::connect_timeout(&address, left)
        .map_err(|error| failed(address, error, options, begin))
}

/// Connects to the first address that answers, and returns the error of the last one if none does.
///
/// Each attempt has a thread, because nothing in `std` waits for two connections. The thread of an
/// attempt that has lost ends when the attempt ends, at the time limit at the latest.
fn race(
    addresses: Vec<SocketAddr>,
    options: &ConnectOptions,
    begin: Instant,
) -> Result<TcpStream, ConnectError> {
    let limit = options.connect_timeout;
    let (report, reports) = mpsc::channel();
    let mut plan = HappyEyeballs::new(addresses);
    let mut running: Vec<SocketAddr> = Vec::new();
    let mut failure = None;
    loop {
        let now = begin.elapsed();
        let left = limit.saturating_sub(now);
        if left.is_zero() {
            // The error names the attempt that has taken the most time. If no attempt is running,
            // the error of the last attempt is returned.
            return Err(match (running.first(), failure) {
                (None, Some(failure)) => failure,
                (first, _) => timed_out(first.copied(), options),
            });
        }
        while let Some(address) = plan.start(now) {
            let report = report.clone();
            let attempt = move || {
                let _ = report.send((address, TcpStream::connect_timeout(&address, left)));
            };
            match thread::Builder::new().spawn(attempt) {
                Ok(_) => running.push(address),
                Err(error) => {
                    failure = Some(failed(address, error, options, begin));
                    plan.failed();
                }
            }
        }
        if running.is_empty() {
            return Err(failure.unwrap_or_else(|| timed_out(None, options)));
        }
        let wait = plan.deadline().map_or(left, |due| left.min(due.saturating_sub(now)));
        match reports.recv_timeout(wait) {
            Ok((_, Ok(stream))) => return Ok(stream),
            Ok((address, Err(error))) => {
                running.retain(|running| *running != address);
                failure = Some(failed(address, error, options, begin));
                plan.failed();
            }
            // The next attempt is due, or the time limit has ended.
            Err(_) => {}
        }
    }
}

/// Returns the error of an attempt. After the end of the time limit it is `TimedOut`.
fn failed(
    address: SocketAddr,
    error: io::Error,
    options: &ConnectOptions,
    begin: Instant,
) -> ConnectError {
    if begin.elapsed() >= options.connect_timeout {
        return timed_out(Some(address), options);
    }
    options.step(ConnectPhase::Tcp).at(address).failed(error)
}

fn timed_out(address: Option<SocketAddr>, options: &ConnectOptions) -> ConnectError {
    let step = options.step(ConnectPhase::Tcp);
    let step = match address {
        Some(address) => step.at(address),
        None => step,
    };
    ConnectError::TimedOut { step, limit: options.connect_timeout }
}

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]
mod tests {
    use alloc::vec;
    use std::net::TcpListener;

    use super::*;
    use crate::io::happy_eyeballs::tests::SilentListener;

    fn options() -> ConnectOptions {
        ConnectOptions::new("ws://a.test/").expect("a good URL")
    }

    #[test]
    fn an_address_that_swallows_packets_does_not_take_the_time() {
        let silent = SilentListener::new();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let begin = Instant::now();
        let addresses = vec![silent.address(), address];
        let stream = race(addresses, &options(), begin).expect("one address answers");
        assert_eq!(stream.peer_addr().expect("it is connected"), address);
    }

    #[test]
    fn the_error_names_the_last_address_that_failed_and_the_cause() {
        let refusing = ["127.0.0.1:1", "127.0.0.1:2"].map(|address| address.parse().unwrap());
        let error = race(refusing.into(), &options(), Instant::now()).unwrap_err();
        match error {
            ConnectError::Io { step, error } => {
                assert_eq!(step.address, Some(refusing[1]));
                assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
            }
            error => panic!("{error:?}"),
        }
    }

    #[test]
    fn the_end_of_the_time_limit_names_the_first_address_that_is_silent() {
        let silent = SilentListener::new();
        let options = options().connect_timeout(HappyEyeballs::DELAY * 2);
        let addresses = vec![silent.address(), silent.address()];
        let error = race(addresses, &options, Instant::now()).unwrap_err();
        match error {
            ConnectError::TimedOut { step, .. } => {
                assert_eq!(step.address, Some(silent.address()));
            }
            error => panic!("{error:?}"),
        }
    }
}
