//! Extensions as `Sec-WebSocket-Extensions` lists them
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 9.1).
//!
//! [`Extensions`] reads such a list. [`ExtensionText`] is one extension, ready to be sent.

mod error;
mod grammar;
mod list;
mod parameter;
mod text;

pub use error::ExtensionError;
pub use list::{Extension, Extensions};
pub use parameter::{ExtensionParameter, ParameterValue};
pub use text::ExtensionText;
