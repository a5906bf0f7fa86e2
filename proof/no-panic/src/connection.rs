//! The connection and its parts, in each role.

use core::hint::black_box;

use websocket_proto::close::{CloseCode, CloseFrame};
use websocket_proto::connection::{
    AnyRole, Client, CloseInfo, Connection, ConnectionConfig, ControlPayload, Endpoint, FrameStart,
    Input, Output, Oversized, Owed, OwedFrames, Receiver, Role, Sender, Server, SliceOutput, State,
    transport_action,
};
use websocket_proto::frame::{Kind, Rsv};
use websocket_proto::mask::{Mask, MaskKey};
use websocket_proto::{ProtocolError, SendError};

use crate::{bytes, inspect, text};

pub fn run() {
    let client = black_box(Client::new([7; 32]));
    inspect(&client);
    connection(client);
    connection(black_box(Server));
    connection(black_box(AnyRole::from(Client::new([7; 32]))));
    connection(black_box(AnyRole::from(Server)));
    output();
    closing();
    owed();
}

fn config() -> ConnectionConfig {
    let rsv = black_box(Rsv::RSV1);
    let yes = black_box(true);
    let config = ConnectionConfig::default()
        .max_message_size(black_box(u64::MAX))
        .max_frame_size(black_box(u64::MAX))
        .max_transformed_size(black_box(u64::MAX))
        .oversized(black_box(Oversized::Fail))
        .reserved_bits(rsv)
        .tag_bits(rsv)
        .answer_pings(yes)
        .answer_close(yes);
    inspect(&config);
    black_box(config)
}

fn connection<R: Role>(role: R) {
    let mut connection = black_box(Connection::new(role, config()));
    let mut received = [0; 64];
    let mut buffer = [0; 64];
    let mut out = SliceOutput::new(black_box(buffer.as_mut_slice()));

    let mut input = Input::new(black_box(received.as_mut_slice()));
    inspect(connection.receive(&mut input));
    inspect((input.consumed(), input.remaining().len()));
    send(&mut connection, &mut out);
    inspect(connection.poll_transmit(&mut out));
    inspect(connection.state());
    inspect(connection.transport_action());
    inspect(connection.close_info());
    inspect((connection.frame_remaining(), connection.is_client()));
    inspect((connection.control_payload(), connection.peer_close()));
    inspect(connection.receive_eof());
    inspect(connection.fail(black_box(ProtocolError::InvalidDeflate)));
    inspect(&connection);

    let (mut receiver, mut sender, mut owed) = connection.into_split();
    receive(&mut receiver, &mut received, &mut owed);
    send_directly(&mut sender, &mut out);
    inspect(sender.settle(&mut owed, &mut out));
    inspect(out.written());
    out.clear();
}

fn receive<R: Role>(receiver: &mut Receiver<R>, received: &mut [u8], owed: &mut OwedFrames) {
    inspect(receiver.receive_whole(black_box(&mut *received)));
    let mut input = Input::from(black_box(received));
    inspect(receiver.receive(&mut input, owed));
    inspect(receiver.receive_eof());
    inspect((receiver.is_client(), receiver.frame_remaining(), receiver.message_in_progress()));
    inspect((receiver.control_payload(), receiver.peer_close()));
    inspect(receiver.fail(black_box(ProtocolError::InvalidDeflate), owed));
    receiver.fail_silent(black_box(ProtocolError::UnexpectedEof));
    inspect(receiver);
}

fn send<R: Role>(connection: &mut Connection<R>, out: &mut SliceOutput<'_>) {
    let (kind, fin, rsv) = black_box((Kind::Text, true, Rsv::RSV1));
    inspect(connection.send_text(text(), out));
    inspect(connection.send_binary(bytes(), out));
    inspect(connection.send_fragment(kind, fin, bytes(), out));
    inspect(connection.send_extended(kind, fin, bytes(), rsv, out));
    begun(connection.begin(kind, black_box(u64::MAX), rsv));
    begun(connection.begin_fragment(kind, fin, black_box(u64::MAX), rsv));
    let mut payload = [0; 64];
    inspect(connection.send_in_place(kind, fin, black_box(payload.as_mut_slice())));
    inspect(connection.ping(bytes(), out));
    inspect(connection.pong(bytes(), out));
    let code = black_box(CloseCode(1000));
    inspect(connection.close(code, text(), out));
    let frame = CloseFrame::new(code, text()).ok();
    inspect(connection.close_with(frame.as_ref(), out));
    send_directly(connection.sender(), out);
}

fn send_directly<R: Role>(sender: &mut Sender<R>, out: &mut SliceOutput<'_>) {
    let (kind, fin, rsv) = black_box((Kind::Text, true, Rsv::RSV1));
    inspect(sender.send_text(text(), out));
    inspect(sender.send_binary(bytes(), out));
    inspect(sender.send_fragment(kind, fin, bytes(), out));
    inspect(sender.send_extended(kind, fin, bytes(), rsv, out));
    begun(sender.begin(kind, black_box(u64::MAX), rsv));
    begun(sender.begin_fragment(kind, fin, black_box(u64::MAX), rsv));
    inspect(sender.check_begin(rsv));
    inspect(sender.check_begin_fragment(kind, rsv));
    let mut payload = [0; 64];
    inspect(sender.send_in_place(kind, fin, black_box(payload.as_mut_slice())));
    inspect((sender.message_in_progress(), sender.frame_len(black_box(usize::MAX))));
    inspect(sender.ping(bytes(), out));
    inspect(sender.pong(bytes(), out));
    let frame = CloseFrame::parse(bytes()).ok().flatten();
    inspect(sender.close(frame.as_ref(), out));
    inspect(sender.close_in_reply(frame.as_ref(), out));
    sender.close_silent();
    inspect((sender.is_client(), sender.began_to_close(), sender.is_closed()));
    inspect(sender);
}

fn begun(start: Result<FrameStart, SendError>) {
    if let Ok(start) = start {
        inspect((start.header(), start.mask(), start.payload_len()));
        inspect(start);
    }
}

fn output() {
    let mut buffer = [0; 64];
    let mut out = SliceOutput::new(black_box(buffer.as_mut_slice()));
    let mut out: &mut dyn Output = &mut out;
    out.put(bytes());
    out.put_masked(bytes(), &mut Mask::new(black_box(MaskKey([1, 2, 3, 4]))));
    Output::put(&mut out, bytes());
    inspect(Output::room(&out));
}

fn closing() {
    let frame = CloseFrame::parse(bytes()).ok().flatten();
    inspect(CloseInfo::new(Some(frame.as_ref()), black_box(Some(Endpoint::Peer))));
    let (is_client, owes_close, failed, eof) = black_box((true, false, true, false));
    inspect(transport_action(is_client, black_box(State::Closed), owes_close, failed, eof));
}

fn owed() {
    let mut owed = black_box(OwedFrames::new());
    if let Some(payload) = ControlPayload::new(bytes()) {
        inspect((&payload, payload.as_ref(), payload.len()));
        owed.add(Owed::Pong(payload));
    }
    owed.add(black_box(Owed::Reply(None)));
    owed.append(&mut black_box(OwedFrames::new()));
    inspect((owed.is_empty(), owed.close(), owed.take_close()));
    inspect(owed);
}
