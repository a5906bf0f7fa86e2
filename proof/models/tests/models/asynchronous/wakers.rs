//! Wakers that poll their task at once. The library must not call them under a lock that the task
//! takes.

use machine::InlineTask;
use websocket_proto::Message;
use websocket_proto::connection::Server;
use websocket_proto::websocket::Config;

use super::Asynchronous;
use crate::adapter::{Adapter as _, Reader as _, is_closing};
use crate::peer::{CLOSE, Frame, TEXT};

#[test]
fn the_half_that_receives_wakes_the_other_half_without_the_lock() {
    Asynchronous::explore("a half wakes the other, which is polled at once", None, || {
        let config = Config::new().high_water_mark(0);
        let (mut reader, mut writer, mut peer) = Asynchronous::halves(Server, config, 8);
        writer.try_send("0123456789").unwrap();
        let writing = InlineTask::spawn(async move { writer.send("a").await });
        peer.send(Frame::new(CLOSE, ""));
        assert!(matches!(reader.message(), Message::Close(_)));
        let error = writing.join().unwrap_err();
        assert!(is_closing(&error), "{error:?}");
    });
}

#[test]
fn the_transport_wakes_a_half_without_the_lock_of_the_wakers() {
    Asynchronous::explore("the transport wakes a half, which is polled at once", None, || {
        let (_reader, mut writer, mut peer) = Asynchronous::server(8);
        let writing = InlineTask::spawn(async move { writer.send("0123456789").await });
        assert_eq!(peer.take(1), [Frame::new(TEXT, "0123456789")]);
        writing.join().unwrap();
    });
}
