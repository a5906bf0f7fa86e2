//! Any header as offers of permessage-deflate, and as the answer to one: it is agreed on when the
//! plainest reading of RFC 7692 7.1 allows it, and only then, and both sides get what they asked
//! for.
//!
//! The input is the preferences of both sides, two bytes each, and the header's text.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use websocket_proto::deflate::{DeflateError, PERMESSAGE_DEFLATE, Preferences, Terms};
use websocket_proto::extension::{Extension, Extensions};

fuzz_target!(|input: &[u8]| {
    let [server, server_windows, client, client_windows, text @ ..] = input else { return };
    let server = Wants::of(*server, *server_windows);
    let client = Wants::of(*client, *client_windows);

    server_reads(server, text);
    client_reads(client, text);

    // What a client offers fits what the server makes of it. Each can be told of all limits.
    let offer = client.preferences().offer();
    let agreement = server.preferences().accept(extensions(offer.as_bytes())).expect("it can");
    let response = agreement.response();
    let agreed = client.preferences().check(extensions(response.as_bytes()));
    assert_eq!(agreed.map(|agreed| agreed.map(Wants::agreed)), Ok(Some(Wants::agreed(agreement))));
    let both = Wants {
        server_no_context_takeover: server.server_no_context_takeover
            || client.server_no_context_takeover,
        client_no_context_takeover: server.client_no_context_takeover
            || client.client_no_context_takeover,
        server_max_window_bits: server.server_max_window_bits.min(client.server_max_window_bits),
        client_max_window_bits: server.client_max_window_bits.min(client.client_max_window_bits),
    };
    assert_eq!(Wants::agreed(agreement), both);
});

/// A server takes the first offer that it can meet.
fn server_reads(wants: Wants, text: &[u8]) {
    let accepted = wants.preferences().accept(extensions(text));
    let deflate = extensions(text).filter(|offer| offer.name() == PERMESSAGE_DEFLATE);
    let mut offers = deflate.filter_map(|offer| Parameters::read(&offer));
    let met = offers
        .find(|offer| offer.client_max_window_bits.is_some() || wants.client_max_window_bits == 15);
    assert_eq!(accepted.is_some(), met.is_some(), "{:?}", accepted);
    let (Some(agreement), Some(offer)) = (accepted, met) else { return };

    // The client that made this offer, as far as one of ours could have.
    let client = Wants {
        server_no_context_takeover: offer.server_no_context_takeover,
        client_no_context_takeover: offer.client_no_context_takeover,
        server_max_window_bits: offer.server_max_window_bits.unwrap_or(15),
        client_max_window_bits: offer.client_max_window_bits.flatten().unwrap_or(15),
    };
    let response = agreement.response();
    let agreed = client.preferences().check(extensions(response.as_bytes()));
    let agreed = agreed.expect("it fits the offer").expect("it is there");
    assert_eq!(Wants::agreed(agreed), Wants::agreed(agreement));
    Wants::agreed(agreement).assert_within(wants);
    Wants::agreed(agreement).assert_within(client);

    let [response] = &extensions(response.as_bytes()).collect::<Vec<_>>()[..] else {
        panic!("one extension, not {response}")
    };
    let response = Parameters::read(response).expect("no parameter is unknown or repeated");
    // RFC 7692 7.1.2.1: an offered limit is answered; 7.1.2.2: what was not offered is not.
    assert!(offer.server_max_window_bits.is_none() || response.server_max_window_bits.is_some());
    assert!(response.client_max_window_bits.is_none() || offer.client_max_window_bits.is_some());
}

/// A client takes an answer that keeps to its offer.
fn client_reads(wants: Wants, text: &[u8]) {
    let checked = wants.preferences().check(extensions(text));
    let deflate = extensions(text).find(|extension| extension.name() == PERMESSAGE_DEFLATE);
    let Some(deflate) = deflate else { return assert_eq!(checked, Ok(None)) };

    let fitting = Parameters::read(&deflate).filter(|response| {
        let bits = response.server_max_window_bits.unwrap_or(15);
        bits <= wants.server_max_window_bits
            && response.client_max_window_bits != Some(None)
            && (response.server_no_context_takeover || !wants.server_no_context_takeover)
    });
    match (checked, fitting) {
        (Ok(Some(agreement)), Some(response)) => {
            let agreed = Wants::agreed(agreement);
            agreed.assert_within(wants);
            // What the server said that it does, and what it is sure to read.
            let bits = response.server_max_window_bits.unwrap_or(15);
            assert_eq!(agreed.server_max_window_bits, bits);
            assert_eq!(agreed.server_no_context_takeover, response.server_no_context_takeover);
            let bits = response.client_max_window_bits.flatten().unwrap_or(15);
            assert!(agreed.client_max_window_bits <= bits);
            assert!(agreed.client_no_context_takeover || !response.client_no_context_takeover);
        }
        (Err(error), None) => assert!(!DeflateError::to_string(&error).is_empty()),
        (checked, fitting) => panic!("{checked:?} is not {fitting:?}"),
    }
}

fn extensions(text: &[u8]) -> impl Iterator<Item = Extension<'_>> {
    Extensions::parse(text).map_while(Result::ok)
}

/// What one side wants, or what both have agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wants {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: u8,
    client_max_window_bits: u8,
}

impl Wants {
    fn of(flags: u8, windows: u8) -> Self {
        Self {
            server_no_context_takeover: flags & 0x01 != 0,
            client_no_context_takeover: flags & 0x02 != 0,
            server_max_window_bits: 8 + (windows & 0x07),
            client_max_window_bits: 8 + (windows >> 4 & 0x07),
        }
    }

    fn agreed(agreement: Terms) -> Self {
        Self {
            server_no_context_takeover: agreement.server_no_context_takeover(),
            client_no_context_takeover: agreement.client_no_context_takeover(),
            server_max_window_bits: agreement.server_max_window_bits(),
            client_max_window_bits: agreement.client_max_window_bits(),
        }
    }

    fn preferences(self) -> Preferences {
        Preferences::new()
            .server_no_context_takeover(self.server_no_context_takeover)
            .client_no_context_takeover(self.client_no_context_takeover)
            .server_max_window_bits(self.server_max_window_bits)
            .client_max_window_bits(self.client_max_window_bits)
    }

    fn assert_within(self, limit: Self) {
        assert!((8..=limit.server_max_window_bits).contains(&self.server_max_window_bits));
        assert!((8..=limit.client_max_window_bits).contains(&self.client_max_window_bits));
        assert!(self.server_no_context_takeover || !limit.server_no_context_takeover);
        assert!(self.client_no_context_takeover || !limit.client_no_context_takeover);
    }
}

/// The parameters in the plainest reading: a map of names, each of which comes once.
#[derive(Debug)]
struct Parameters {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: Option<u8>,
    client_max_window_bits: Option<Option<u8>>,
}

impl Parameters {
    fn read(extension: &Extension<'_>) -> Option<Self> {
        let mut map = BTreeMap::new();
        for parameter in extension.parameters() {
            let value = parameter.value.map(|value| value.to_string());
            if map.insert(parameter.name, value).is_some() {
                return None;
            }
        }
        let flag = |value: Option<Option<String>>| match value {
            None => Some(false),
            Some(None) => Some(true),
            Some(Some(_)) => None,
        };
        let bits = |value: String| (8..=15).find(|bits: &u8| bits.to_string() == value);
        let parameters = Self {
            server_no_context_takeover: flag(map.remove("server_no_context_takeover"))?,
            client_no_context_takeover: flag(map.remove("client_no_context_takeover"))?,
            server_max_window_bits: match map.remove("server_max_window_bits") {
                None => None,
                Some(value) => Some(bits(value?)?),
            },
            client_max_window_bits: match map.remove("client_max_window_bits") {
                None => None,
                Some(None) => Some(None),
                Some(Some(value)) => Some(Some(bits(value)?)),
            },
        };
        map.is_empty().then_some(parameters)
    }
}
