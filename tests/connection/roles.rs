//! The roles: RFC 6455 1.2, as types, and as a value that is known only at run time.

use support::{SEED, Wire};
use websocket_proto::connection::{
    AnyRole, Client, Connection, ConnectionConfig, Event, Input, Role, Server, TransportAction,
};
use websocket_proto::mask::MaskKeys;
use websocket_proto::{CloseCode, ProtocolError};

fn open<R: Role>(role: R) -> Connection<R> {
    Connection::new(role, ConnectionConfig::new())
}

fn any(is_client: bool) -> AnyRole {
    if is_client { Client::new(SEED).into() } else { Server.into() }
}

#[test]
fn a_role_tells_which_one_it_is() {
    assert!(Client::new(SEED).is_client() && any(true).is_client());
    assert!(!Server.is_client() && !any(false).is_client());
    let connection = open(any(true));
    assert!(connection.is_client());
    let (receiver, sender, _) = connection.into_split();
    assert!(receiver.is_client() && sender.is_client());
    let (receiver, sender, _) = open(Server).into_split();
    assert!(!receiver.is_client() && !sender.is_client());
}

#[test]
fn any_role_sends_what_its_role_sends() {
    fn sent<R: Role>(role: R) -> Wire {
        let mut connection = open(role);
        let mut out = Wire::default();
        connection.send_text("Hello", &mut out).expect("open");
        connection.send_binary(&[7; 300], &mut out).expect("open");
        connection.ping(b"p", &mut out).expect("open");
        connection.close(CloseCode::NORMAL, "", &mut out).expect("open");
        out
    }
    assert_eq!(sent(any(true)), sent(Client::new(SEED)));
    assert_eq!(sent(any(false)), sent(Server));
}

#[test]
fn any_role_refuses_frames_of_its_own_direction() {
    for is_client in [false, true] {
        let mut wire = Wire::default();
        open(any(is_client)).send_text("Hello", &mut wire).expect("open");
        let error = open(any(is_client)).receive(&mut Input::new(&mut wire.0.clone())).map(drop);
        let expected =
            if is_client { ProtocolError::MaskedFrame } else { ProtocolError::UnmaskedFrame };
        assert_eq!(error, Err(expected));
        let mut peer = open(any(!is_client));
        let mut input = Input::new(&mut wire.0);
        let Ok(Some(Event::Data(data))) = peer.receive(&mut input) else { panic!("a message") };
        assert_eq!(&*data.bytes, b"Hello");
    }
}

#[test]
fn the_server_of_any_role_is_the_one_that_closes_the_transport() {
    let mut client = open(any(true));
    let mut server = open(any(false));
    let (mut up, mut down) = (Wire::default(), Wire::default());
    client.close(CloseCode::NORMAL, "", &mut up).expect("open");
    server.receive(&mut Input::new(&mut up.0)).expect("a Close");
    server.poll_transmit(&mut down).expect("room");
    client.receive(&mut Input::new(&mut down.0)).expect("a Close");
    assert_eq!(server.transport_action(), TransportAction::ShutdownWrite);
    assert_eq!(client.transport_action(), TransportAction::Keep);
}

#[test]
fn a_role_goes_wherever_its_connection_goes() {
    // With `Role` as the only bound.
    fn everywhere<R: Role>(connection: Connection<R>) -> String {
        fn needs<T: Send + Sync + Unpin + core::fmt::Debug + 'static>(value: &T) -> String {
            format!("{value:?}")
        }
        needs(&connection)
    }
    assert!(everywhere(open(any(true))).contains("Client"));
}

#[test]
fn no_seed_is_shown() {
    let shown = format!("{:?} {:?} {:?}", any(true), Client::new(SEED), MaskKeys::new(SEED));
    assert_eq!(shown, "Client(Client { .. }) Client { .. } MaskKeys { .. }");
}

#[cfg(feature = "std")]
#[test]
fn a_random_client_has_keys_of_its_own() {
    let first_key = |client| {
        let mut out = Wire::default();
        open(client).send_text("", &mut out).expect("open");
        out
    };
    let client = || Client::random().expect("a source of entropy");
    // The chance that two keys are equal by accident, three times, is 1 in 2^96.
    assert!((0..3).any(|_| first_key(client()) != first_key(client())));
}
