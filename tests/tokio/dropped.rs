//! An endpoint that echoes, by futures that are dropped.

use websocket_proto::Message;
use websocket_proto::connection::{Role, State};
use websocket_proto::tokio::WebSocketStream;

use support::transport::{Peer, Transport, drive, run};

/// More polls than any future in these tests needs when it is not dropped.
pub(crate) const ENOUGH: usize = 10_000;

/// Opens an endpoint for each number of polls after which its futures are dropped, gives it `input`,
/// and sends back the data that it receives. Asserts that it receives `expected` and closes; how
/// what it has sent is judged is for `judge`.
pub(crate) fn echo<R: Role>(
    open: impl Fn() -> (WebSocketStream<Transport, R>, Peer),
    input: &[u8],
    expected: &[Message],
    judge: impl Fn(&Peer, usize),
) {
    for (patience, bite) in (1..=12).chain([ENOUGH]).zip([1, 3, 1000, usize::MAX].iter().cycle()) {
        let (mut socket, peer) = open();
        peer.hesitate();
        peer.bite(*bite);
        peer.give(input);
        peer.end();

        let mut received = Vec::new();
        while let Some(next) = drive(&mut socket, patience, async |socket| socket.next().await)
            .expect("the transport wakes whoever waits")
        {
            let message = next.expect("a good peer");
            if message.is_data() {
                drive(&mut socket, patience, async |socket| socket.ready().await)
                    .expect("it wakes")
                    .expect("a good transport");
                run(socket.feed(message.clone())).expect("there is room").expect("it is open");
            }
            received.push(message);
        }
        assert_eq!(received, expected, "dropped after {patience} polls");
        judge(&peer, patience);
        assert_eq!(socket.state(), State::Closed);
    }
}
