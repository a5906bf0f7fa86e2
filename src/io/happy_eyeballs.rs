//! The order and the times in which a client tries the addresses of a host
//! ([RFC 8305](https://www.rfc-editor.org/rfc/rfc8305), Happy Eyeballs).

use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

/// The plan for the addresses of a host: in which order and when to try them (RFC 8305, sections 4
/// and 5).
///
/// The families alternate, beginning with the family of the first address. An attempt starts
/// [`DELAY`](Self::DELAY) after the one before it, or as soon as one has failed. The caller keeps the
/// first connection that is open and drops the other attempts.
///
/// Times are durations since a fixed moment that the caller chooses.
///
/// ```
/// use core::time::Duration;
/// use websocket_proto::io::HappyEyeballs;
///
/// let addresses = ["[2001:db8::1]:80", "[2001:db8::2]:80", "192.0.2.1:80"];
/// let [first, second, third] = addresses.map(|address| address.parse().unwrap());
/// let mut plan = HappyEyeballs::new([first, second, third]);
/// let at = Duration::from_millis;
///
/// assert_eq!(plan.start(at(0)), Some(first));
/// assert_eq!((plan.start(at(0)), plan.deadline()), (None, Some(at(250))));
/// assert_eq!(plan.start(at(250)), Some(third));
/// plan.failed();
/// assert_eq!(plan.start(at(300)), Some(second));
/// assert_eq!(plan.deadline(), None);
/// ```
#[derive(Clone, Debug)]
pub struct HappyEyeballs {
    /// The addresses that were not started yet, the next one last.
    waiting: Vec<SocketAddr>,
    /// The time at which the next attempt starts.
    due: Duration,
}

impl HappyEyeballs {
    /// The time between the starts of two attempts (RFC 8305, section 8, Connection Attempt Delay).
    pub const DELAY: Duration = Duration::from_millis(250);

    /// Creates a plan for addresses in the order in which the look-up has returned them (RFC 6724).
    /// An address that is given twice is tried once.
    #[must_use]
    pub fn new(given: impl IntoIterator<Item = SocketAddr>) -> Self {
        let mut addresses: Vec<SocketAddr> = Vec::new();
        for address in given {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        let first_is_ipv6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
        let (preferred, others): (Vec<SocketAddr>, Vec<SocketAddr>) =
            addresses.iter().copied().partition(|address| address.is_ipv6() == first_is_ipv6);
        let (mut preferred, mut others) = (preferred.into_iter(), others.into_iter());
        let mut waiting = Vec::with_capacity(addresses.len());
        while waiting.len() < addresses.len() {
            waiting.extend(preferred.next());
            waiting.extend(others.next());
        }
        waiting.reverse();
        Self { waiting, due: Duration::ZERO }
    }

    /// Returns the address to try now, or `None` if it is too early or all addresses have been
    /// started. Call it until it returns `None`.
    pub fn start(&mut self, now: Duration) -> Option<SocketAddr> {
        if now < self.due {
            return None;
        }
        let address = self.waiting.pop()?;
        self.due = now.saturating_add(Self::DELAY);
        Some(address)
    }

    /// Records that an attempt has failed. The next attempt may start at once.
    pub const fn failed(&mut self) {
        self.due = Duration::ZERO;
    }

    /// Returns the time at which the next attempt starts, or `None` if all addresses have been
    /// started.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        if self.waiting.is_empty() { None } else { Some(self.due) }
    }
}

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]
pub(crate) mod tests {
    use alloc::vec::Vec;
    use core::net::SocketAddr;
    use core::time::Duration;
    use std::net::{TcpListener, TcpStream};

    /// A listener whose queue is full: it answers no SYN.
    pub(crate) struct SilentListener {
        listener: TcpListener,
        _queued: Vec<TcpStream>,
    }

    impl SilentListener {
        pub(crate) fn new() -> Self {
            let runtime = ::tokio::runtime::Builder::new_current_thread().enable_all().build();
            let listener = runtime.expect("a runtime").block_on(async {
                let socket = ::tokio::net::TcpSocket::new_v4().expect("a socket");
                socket.bind("127.0.0.1:0".parse().unwrap()).expect("a free port");
                socket.listen(0).and_then(::tokio::net::TcpListener::into_std)
            });
            let listener = listener.expect("it listens");
            let address = listener.local_addr().expect("it is bound");
            let mut queued = Vec::new();
            while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(200))
            {
                queued.push(stream);
                assert!(queued.len() < 100, "this queue is never full");
            }
            Self { listener, _queued: queued }
        }

        pub(crate) fn address(&self) -> SocketAddr {
            self.listener.local_addr().expect("it is bound")
        }
    }
}
