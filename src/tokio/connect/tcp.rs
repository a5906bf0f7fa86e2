//! The TCP connection of a client, to the first address of a host that answers
//! ([RFC 8305](https://www.rfc-editor.org/rfc/rfc8305)).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::future::poll_fn;
use core::net::SocketAddr;
use core::pin::Pin;
use core::task::Poll;
use std::io::{self, ErrorKind};

use ::tokio::net::{TcpStream, lookup_host};
use ::tokio::time::{Instant, timeout_at};

use super::TimeLimit;
use crate::io::{ConnectError, ConnectOptions, ConnectPhase, HappyEyeballs};

/// Connects to the first hop of the options. If the future is dropped, all attempts end.
pub(super) async fn connect_to_any(
    options: &ConnectOptions,
    time: TimeLimit,
) -> Result<TcpStream, ConnectError> {
    let look_up = options.step(ConnectPhase::LookUp);
    let addresses = time
        .limit(&look_up, async {
            lookup_host(options.first_hop()).await.map_err(|error| look_up.failed(error))
        })
        .await?;
    let addresses: Vec<SocketAddr> = addresses.collect();
    if addresses.is_empty() {
        let error = io::Error::new(ErrorKind::NotFound, "the host has no address");
        return Err(look_up.failed(error));
    }
    race(addresses, options, time).await
}

/// An attempt to connect to one address.
struct Attempt {
    address: SocketAddr,
    connecting: Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send>>,
}

/// Connects to the first address that answers, and returns the error of the last one if none does.
async fn race(
    addresses: Vec<SocketAddr>,
    options: &ConnectOptions,
    time: TimeLimit,
) -> Result<TcpStream, ConnectError> {
    let step = || options.step(ConnectPhase::Tcp);
    let begin = Instant::now();
    let mut plan = HappyEyeballs::new(addresses);
    let mut running: Vec<Attempt> = Vec::new();
    let mut failure = None;
    loop {
        while let Some(address) = plan.start(begin.elapsed()) {
            let connecting = Box::pin(TcpStream::connect(address));
            running.push(Attempt { address, connecting });
        }
        // An error of the time limit names the attempt that has taken the most time.
        let Some(oldest) = running.first().map(|attempt| attempt.address) else {
            return Err(failure.unwrap_or(ConnectError::Finished));
        };
        let due = plan.deadline().and_then(|due| begin.checked_add(due));
        let next = match time.end {
            Some(end) => Some(due.map_or(end, |due| due.min(end))),
            None => due,
        };
        let ended = match next {
            Some(next) => timeout_at(next, first_of(&mut running)).await.ok(),
            None => Some(first_of(&mut running).await),
        };
        match ended {
            Some((_, Ok(stream))) => return Ok(stream),
            Some((address, Err(error))) => {
                failure = Some(step().at(address).failed(error));
                plan.failed();
            }
            None if time.end.is_some_and(|end| Instant::now() >= end) => {
                return Err(ConnectError::TimedOut { step: step().at(oldest), limit: time.limit });
            }
            // The next attempt is due.
            None => {}
        }
    }
}

/// Waits for the first attempt that ends, and removes it.
async fn first_of(running: &mut Vec<Attempt>) -> (SocketAddr, io::Result<TcpStream>) {
    poll_fn(|cx| {
        for index in 0..running.len() {
            let Some(attempt) = running.get_mut(index) else { break };
            if let Poll::Ready(outcome) = attempt.connecting.as_mut().poll(cx) {
                let Attempt { address, .. } = running.remove(index);
                return Poll::Ready((address, outcome));
            }
        }
        Poll::Pending
    })
    .await
}

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::io::happy_eyeballs::tests::SilentListener;

    fn options() -> ConnectOptions {
        ConnectOptions::new("ws://a.test/").expect("a good URL")
    }

    fn run(
        addresses: Vec<SocketAddr>,
        options: &ConnectOptions,
    ) -> Result<TcpStream, ConnectError> {
        let runtime = ::tokio::runtime::Builder::new_current_thread().enable_all().build();
        let race = async { race(addresses, options, TimeLimit::of(options)).await };
        runtime.expect("a runtime").block_on(race)
    }

    #[test]
    fn an_address_that_swallows_packets_does_not_take_the_time() {
        let silent = SilentListener::new();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let stream = run([silent.address(), address].into(), &options()).expect("one answers");
        assert_eq!(stream.peer_addr().expect("it is connected"), address);
    }

    #[test]
    fn the_error_names_the_last_address_that_failed_and_the_cause() {
        let refusing = ["127.0.0.1:1", "127.0.0.1:2"].map(|address| address.parse().unwrap());
        match run(refusing.into(), &options()).unwrap_err() {
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
        let other = SilentListener::new();
        let options = options().connect_timeout(HappyEyeballs::DELAY * 2);
        match run([silent.address(), other.address()].into(), &options).unwrap_err() {
            ConnectError::TimedOut { step, .. } => {
                assert_eq!(step.address, Some(silent.address()));
            }
            error => panic!("{error:?}"),
        }
    }
}
