//! A client and a server in one program, without an allocation: two arrays are the network. It
//! needs nothing but `core`, so the same code runs in firmware.
//!
//! `cargo run -p examples --bin no_alloc --no-default-features`

use websocket_proto::CloseCode;
use websocket_proto::connection::{
    Client, Connection, ConnectionConfig, Event, Input, Role, Server, SliceOutput, State,
};
use websocket_proto::frame::Kind;
use websocket_proto::handshake::{
    Answer, ClientHandshake, ClientRequest, Incoming, ServerHandshake,
};

fn main() {
    let mut to_server = [0; 512];
    let mut to_client = [0; 512];

    // The opening handshake. Nonce and seed are random bytes in real code.
    let request = ClientRequest::new("localhost", "/", [7; 16]);
    let len = request.write(&mut to_server).expect("512 bytes are enough");
    let incoming = ServerHandshake::new().receive(&to_server[..len]).expect("a good request");
    let Some(Incoming::WebSocket(asked)) = incoming else { panic!("a whole request") };
    let len = asked.accept().write(&mut to_client).expect("512 bytes are enough");
    let mut handshake = ClientHandshake::new();
    let answer = handshake.receive(&request, &to_client[..len]).expect("a good response");
    assert!(matches!(answer, Some(Answer::WebSocket(_))));

    // A message in two fragments, with a Ping between them, and a Close.
    let mut client = Connection::new(Client::new([1; 32]), ConnectionConfig::new());
    let mut server = Connection::new(Server, ConnectionConfig::new());
    let mut out = SliceOutput::new(&mut to_server);
    client.send_fragment(Kind::Text, false, b"Hello, ", &mut out).expect("there is room");
    client.ping(b"are you there?", &mut out).expect("there is room");
    client.send_fragment(Kind::Text, true, b"server", &mut out).expect("there is room");
    client.close(CloseCode::NORMAL, "done", &mut out).expect("there is room");
    let len = out.written().len();

    // The server receives all frames, and answers the Ping and the Close.
    let mut answers = SliceOutput::new(&mut to_client);
    let mut input = Input::new(&mut to_server[..len]);
    while let Some(event) = server.receive(&mut input).expect("the client keeps to the protocol") {
        print("server", event, &server);
        server.poll_transmit(&mut answers).expect("there is room");
    }

    let len = answers.written().len();
    let mut input = Input::new(&mut to_client[..len]);
    while let Some(event) = client.receive(&mut input).expect("the server keeps to the protocol") {
        print("client", event, &client);
    }
    assert_eq!((client.state(), server.state()), (State::Closed, State::Closed));
}

fn print<R: Role>(who: &str, event: Event<'_>, connection: &Connection<R>) {
    // A Ping and a Pong have a payload, which the connection keeps until the next call.
    let payload = connection.control_payload().escape_ascii();
    match event {
        Event::Data(data) => {
            let text = core::str::from_utf8(data.bytes).expect("cut between characters");
            println!("{who}: {text:?}, last: {}", data.last);
        }
        Event::Ping => println!("{who}: Ping \"{payload}\""),
        Event::Pong => println!("{who}: Pong \"{payload}\""),
        Event::Close => println!("{who}: Close {:?}", connection.peer_close()),
        other => println!("{who}: {other:?}"),
    }
}
