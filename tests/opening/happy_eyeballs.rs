//! The addresses of a host are tried in the order and at the times of RFC 8305.

use std::net::SocketAddr;
use std::time::Duration;

use websocket_proto::io::HappyEyeballs;

/// Addresses by their families, each with the next number as its port.
fn addresses(families: &str) -> Vec<SocketAddr> {
    let addresses = families.chars().enumerate().map(|(port, family)| match family {
        '6' => format!("[2001:db8::1]:{port}"),
        _ => format!("192.0.2.1:{port}"),
    });
    addresses.map(|address| address.parse().expect("an address")).collect()
}

/// The ports in the order in which they are tried, each at its time.
fn order(families: &str) -> Vec<u16> {
    let mut plan = HappyEyeballs::new(addresses(families));
    let mut order = Vec::new();
    let mut now = Duration::ZERO;
    while let Some(due) = plan.deadline() {
        assert!(due >= now);
        now = due;
        order.extend(plan.start(now).map(|address| address.port()));
        assert_eq!(plan.start(now), None);
    }
    order
}

#[test]
fn the_families_alternate_and_the_first_address_stays_first() {
    for (families, expected) in [
        ("", &[][..]),
        ("4", &[0]),
        ("444", &[0, 1, 2]),
        ("6644", &[0, 2, 1, 3]),
        ("4466", &[0, 2, 1, 3]),
        ("66664", &[0, 4, 1, 2, 3]),
        ("46464", &[0, 1, 2, 3, 4]),
    ] {
        assert_eq!(order(families), expected, "{families}");
    }
}

#[test]
fn an_address_that_is_given_twice_is_tried_once() {
    let given = addresses("464");
    let mut plan = HappyEyeballs::new(given.iter().chain(&given).copied());
    for address in &given {
        let due = plan.deadline().expect("another address");
        assert_eq!(plan.start(due), Some(*address));
    }
    assert_eq!(plan.deadline(), None);
}

#[test]
fn the_next_address_starts_after_the_delay() {
    let begin = Duration::from_secs(1000);
    let mut plan = HappyEyeballs::new(addresses("464"));
    assert_eq!(plan.deadline(), Some(Duration::ZERO), "the first one at once");
    assert!(plan.start(begin).is_some());
    let second = begin + HappyEyeballs::DELAY;
    assert_eq!(plan.deadline(), Some(second));
    assert_eq!(plan.start(second - Duration::from_nanos(1)), None);
    assert!(plan.start(second + Duration::from_millis(10)).is_some());
    let third = second + Duration::from_millis(10) + HappyEyeballs::DELAY;
    assert_eq!(plan.deadline(), Some(third));
    assert!(plan.start(third).is_some());
    assert_eq!(plan.deadline(), None);
    assert_eq!(plan.start(Duration::MAX), None);
}

#[test]
fn the_next_address_starts_at_once_after_a_failure() {
    let mut plan = HappyEyeballs::new(addresses("444"));
    let now = Duration::from_secs(1);
    assert!(plan.start(now).is_some());
    plan.failed();
    assert!(plan.deadline().is_some_and(|due| due <= now));
    assert!(plan.start(now).is_some());
    assert_eq!(plan.start(now), None, "one for each failure");
    assert_eq!(plan.deadline(), Some(now + HappyEyeballs::DELAY));
}

#[test]
fn a_clock_at_its_end_is_no_error() {
    let mut plan = HappyEyeballs::new(addresses("44"));
    assert!(plan.start(Duration::MAX).is_some());
    assert_eq!(plan.deadline(), Some(Duration::MAX));
    assert!(plan.start(Duration::MAX).is_some());
}
