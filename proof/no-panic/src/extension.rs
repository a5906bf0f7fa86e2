//! Lists of extensions, and the negotiation of permessage-deflate.

use core::hint::black_box;

use websocket_proto::deflate::{DeflateError, Preferences};
use websocket_proto::extension::{ExtensionError, ExtensionText, Extensions};

use crate::{bytes, inspect, show, text};

pub fn run() {
    list();
    deflate();
    show(black_box(ExtensionError::Name));
    show(black_box(DeflateError::UnknownParameter));
}

fn list() {
    let list = Extensions::parse(bytes());
    for extension in list.clone().map_while(Result::ok) {
        inspect((extension, extension.name()));
        for parameter in extension.parameters() {
            inspect(parameter);
            if let Some(value) = parameter.value {
                inspect((
                    value.bytes().count(),
                    value == *text(),
                    value == text(),
                    value == black_box(value),
                ));
                show(value);
            }
        }
    }
    inspect(list);
}

fn deflate() {
    let yes = black_box(true);
    let preferences = black_box(
        Preferences::default()
            .server_no_context_takeover(yes)
            .client_no_context_takeover(yes)
            .server_max_window_bits(black_box(15))
            .client_max_window_bits(black_box(8)),
    );
    inspect(preferences);
    let offer: ExtensionText = preferences.offer();
    inspect(offer.len());
    show(offer);
    inspect(preferences.check(Extensions::parse(bytes()).map_while(Result::ok)));
    let Some(terms) = preferences.accept(Extensions::parse(bytes()).map_while(Result::ok)) else {
        return;
    };
    inspect((terms.server_no_context_takeover(), terms.client_no_context_takeover()));
    inspect((terms.server_max_window_bits(), terms.client_max_window_bits()));
    inspect((terms.server(), terms.client()));
    show(terms.response());
    inspect(terms);
}
