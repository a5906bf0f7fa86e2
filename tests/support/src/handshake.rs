//! Requests and responses for the handshake tests.

use websocket_proto::handshake::{
    ClientRequest, Incoming, Request, RequestError, ServerHandshake, WriteError,
};

/// RFC 6455 1.2, the client's handshake.
pub const RFC_REQUEST: &[u8] = b"GET /chat HTTP/1.1\r\n\
    Host: server.example.com\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Origin: http://example.com\r\n\
    Sec-WebSocket-Protocol: chat, superchat\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

/// RFC 6455 1.2, the server's.
pub const RFC_RESPONSE: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
    Sec-WebSocket-Protocol: chat\r\n\r\n";

/// The nonce behind the RFC's key.
pub const RFC_NONCE: [u8; 16] = *b"the sample nonce";

/// The lines of the base request of the tests.
pub const LINES: [&str; 5] = [
    "Host: 127.0.0.1",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
];

/// A head out of its lines.
pub fn head<L: AsRef<[u8]>>(lines: &[L]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in lines {
        bytes.extend_from_slice(line.as_ref());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes
}

/// The base request with another start line.
pub fn start(line: &str) -> Vec<u8> {
    let mut lines = vec![line];
    lines.extend(LINES);
    head(&lines)
}

/// The base request and these lines behind it.
pub fn with(lines: &[&[u8]]) -> Vec<u8> {
    let mut all = vec![b"GET / HTTP/1.1".as_slice()];
    all.extend(LINES.iter().map(|line| line.as_bytes()));
    all.extend(lines);
    head(&all)
}

/// The base request without the header of that name, and these lines behind it.
pub fn replace(name: &str, lines: &[&str]) -> Vec<u8> {
    let mut all = vec!["GET / HTTP/1.1"];
    let prefix = format!("{name}:");
    all.extend(LINES.iter().filter(|line| !line.starts_with(&prefix)));
    all.extend(lines);
    head(&all)
}

/// What a server makes of these bytes, all at once.
pub fn receive(bytes: &[u8]) -> Result<Option<Incoming<'_>>, RequestError> {
    ServerHandshake::new().receive(bytes)
}

/// The request for a WebSocket that these bytes are.
#[track_caller]
pub fn upgrade(bytes: &[u8]) -> Request<'_> {
    match receive(bytes) {
        Ok(Some(Incoming::WebSocket(request))) => request,
        other => panic!("{}: {other:?}", bytes.escape_ascii()),
    }
}

/// What is wrong with the request that these bytes are.
#[track_caller]
pub fn error(bytes: &[u8]) -> RequestError {
    match receive(bytes) {
        Err(error) => error,
        other => panic!("{}: {other:?}", bytes.escape_ascii()),
    }
}

/// The whole refusal as text, with junk in the buffer before.
#[track_caller]
pub fn refusal(error: RequestError) -> String {
    let mut out = [0xa5; 1024];
    let len = error.refusal().write(&mut out).expect("1 KiB is plenty");
    String::from_utf8(out[..len].to_vec()).expect("refusals are ASCII")
}

/// A request that offers two subprotocols and two extensions.
pub fn request() -> ClientRequest<'static> {
    ClientRequest::new("server.example.com", "/chat", RFC_NONCE)
        .origin("http://example.com")
        .subprotocols(&["chat", "superchat"])
        .extensions("permessage-deflate; client_max_window_bits, x-foo")
}

/// The request as text, with junk in the buffer before.
pub fn written(request: &ClientRequest<'_>) -> Result<String, WriteError> {
    let mut out = [0xa5; 1024];
    let len = request.write(&mut out)?;
    Ok(str::from_utf8(&out[..len]).expect("these are ASCII").to_owned())
}

/// Returns the request in the types of the crate `http`, as an HTTP library passes it on. Returns
/// `None` if the request is not well-formed, or if the types cannot hold it.
#[cfg(feature = "http")]
pub fn http_request(bytes: &[u8]) -> Option<http::Request<()>> {
    let headers = plain_headers(bytes)?;
    let bytes = bytes.strip_prefix(b"\r\n").unwrap_or(bytes);
    let line = bytes.split(|&byte| byte == b'\r').next()?;
    let words: Vec<&[u8]> = line.split(|&byte| byte == b' ').collect();
    let [method, target, version] = words[..] else { return None };
    let mut request = http::Request::builder().method(method).uri(target);
    if version == b"HTTP/1.0" {
        request = request.version(http::Version::HTTP_10);
    }
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.body(()).ok()
}

/// The headers of a request, if it is whole and keeps to RFC 9112 2 to 5, in the plainest way.
pub fn plain_headers(bytes: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    let bytes = bytes.strip_prefix(b"\r\n").unwrap_or(bytes);
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    // In front of every LF is a CR, and no CR is elsewhere.
    let head = &bytes[..end + 2];
    let lines = head.strip_suffix(b"\n")?.split(|&byte| byte == b'\n');
    let mut lines =
        lines.map(|line| line.strip_suffix(b"\r").filter(|line| !line.contains(&b'\r')));
    let is_token = |text: &[u8]| {
        let is_tchar =
            |byte: &u8| byte.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]{}".contains(byte);
        !text.is_empty() && text.iter().all(is_tchar)
    };
    let words: Vec<_> = lines.next()??.split(|&byte| byte == b' ').collect();
    let [method, target, b"HTTP/1.0" | b"HTTP/1.1"] = words[..] else { return None };
    if !is_token(method) || target.is_empty() || !target.iter().all(u8::is_ascii_graphic) {
        return None;
    }
    lines
        .map(|line| {
            let line = line?;
            let colon = line.iter().position(|&byte| byte == b':')?;
            let (name, value) = (&line[..colon], &line[colon + 1..]);
            let is_text = value.iter().all(|&byte| byte == b'\t' || byte >= b' ' && byte != 0x7f);
            (is_token(name) && is_text).then(|| (name, value.trim_ascii()))
        })
        .collect()
}
