//! A send that is dropped.

use machine::{block_on, poll_once, thread};

use super::Asynchronous;
use crate::adapter::{Adapter as _, Reader as _};
use crate::peer::{Frame, TEXT};

/// The half that receives already waits, or begins to wait later. The first message is too long for
/// the transport, so the transport has woken both halves before.
#[test]
fn a_message_is_written_although_its_send_is_dropped() {
    Asynchronous::explore("a send is dropped in the middle of its message", Some(2), || {
        let (mut reader, mut writer, mut peer) = Asynchronous::server(4);
        let writing = thread::spawn(move || {
            block_on(writer.send("0123")).unwrap();
            let _ = poll_once(writer.send("0123456789"));
        });
        let peer = thread::spawn(move || {
            assert_eq!(peer.take(2), ["0123", "0123456789"].map(|text| Frame::new(TEXT, text)));
            peer.end();
            assert_eq!(peer.rest(), []);
        });
        reader.expect_the_end();
        writing.join().unwrap();
        peer.join().unwrap();
    });
}
