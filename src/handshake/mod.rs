//! The opening handshake of both roles (RFC 6455 4).
