//! Close codes and the payload of a Close frame
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), sections 5.5.1 and 7.4).

mod code;
mod frame;

pub use code::CloseCode;
pub use frame::CloseFrame;
