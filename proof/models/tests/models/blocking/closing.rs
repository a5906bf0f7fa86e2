//! The half that reads closes.

use machine::thread;

use super::Blocking;
use crate::adapter::{Adapter as _, ROOMY};

/// Nothing times out in this model: the Close does not have to wait for the next read.
#[test]
fn one_half_closes_while_the_other_looks_at_the_state() {
    Blocking::explore("the half that reads closes while the other looks", Some(3), || {
        let (mut reader, writer, peer) = Blocking::server(ROOMY);
        let looking = thread::spawn(move || {
            let _ = writer.state();
        });
        let peer = thread::spawn(move || assert_eq!(peer.answer_close(), []));
        reader.finish().unwrap();
        looking.join().unwrap();
        peer.join().unwrap();
    });
}
