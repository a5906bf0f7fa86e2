//! Assertions about what a connection reports for received bytes, however they are split.

use support::{Entry, Side, every_split};
use websocket_proto::ProtocolError;
use websocket_proto::connection::ConnectionConfig;

#[track_caller]
pub(crate) fn assert_fails(
    side: Side,
    config: &ConnectionConfig,
    bytes: &[u8],
    error: ProtocolError,
) {
    let log = every_split(side, config, bytes);
    assert_eq!(log.error(), Some(error), "{side:?} {bytes:02x?}");
    assert_eq!(log.sent_close_code(), Some(error.close_code().0));
}

#[track_caller]
pub(crate) fn assert_tells(side: Side, config: &ConnectionConfig, bytes: &[u8], entries: &[Entry]) {
    assert_eq!(every_split(side, config, bytes).entries, entries, "{side:?} {bytes:02x?}");
}
