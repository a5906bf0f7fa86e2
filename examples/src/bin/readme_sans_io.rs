//! A server without I/O and without an allocator.

use websocket_proto::connection::{
    Connection, ConnectionConfig, Event, Input, Server, SliceOutput,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    // A frame from the network: "Hello", masked.
    let mut received = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    let mut reply = [0; 256];
    let mut out = SliceOutput::new(&mut reply);

    let mut input = Input::new(&mut received);
    while let Some(event) = connection.receive(&mut input)? {
        if let Event::Data(data) = event {
            connection.send_fragment(data.kind, data.last, data.bytes, &mut out)?;
        }
        connection.poll_transmit(&mut out)?; // the answers of the connection: Pong, Close
    }
    println!("{}", out.written().escape_ascii());
    assert_eq!(out.written(), b"\x81\x05Hello");
    Ok(())
}
