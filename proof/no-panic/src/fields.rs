//! The header fields of requests and responses.

use websocket_proto::extension::Extensions;
use websocket_proto::http1::Headers;

use crate::{inspect, text};

pub fn run(headers: Headers<'_>) {
    inspect((headers.first(text()), headers.all(text()).count()));
    for header in headers.iter() {
        inspect((header, header.is(text())));
    }
    inspect(headers.into_iter());
    inspect(Extensions::of(headers).count());
    inspect(headers);
}
