//! The two roles ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 1.2).
//!
//! [`Client`] and [`Server`] are types, so the compiler knows which endpoint masks its frames.
//! [`AnyRole`] is a role that is known only at run time.

use core::fmt;
use core::marker::PhantomData;

use crate::mask::{MaskKey, MaskKeys};

/// The role of an endpoint: [`Client`], [`Server`] or [`AnyRole`]. No other type can implement this
/// trait.
pub trait Role: sealed::Sealed + Send + Sync + Unpin + fmt::Debug + 'static {
    /// Returns whether the endpoint is the client.
    fn is_client(&self) -> bool;
}

/// The endpoint that accepted the connection. It never masks frames (RFC 6455, section 5.1).
#[derive(Debug, Default)]
pub struct Server;

/// The endpoint that opened the connection. It masks every frame (RFC 6455, section 5.1).
///
/// A `Client` holds the [generator](MaskKeys) of its masking keys. It cannot be cloned, because the
/// clone would repeat its keys.
pub struct Client {
    keys: MaskKeys,
}

impl Client {
    /// Creates a client from a seed for its masking keys.
    ///
    /// The seed must be 32 bytes from a strong source of entropy, and must not be used for another
    /// connection (RFC 6455, section 10.3).
    #[must_use]
    pub const fn new(seed: [u8; 32]) -> Self {
        Self { keys: MaskKeys::new(seed) }
    }

    /// Creates a client whose seed comes from the operating system.
    ///
    /// # Errors
    /// The operating system returned no random bytes.
    #[cfg(feature = "std")]
    pub fn random() -> std::io::Result<Self> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        Ok(Self::new(seed))
    }
}

impl fmt::Debug for Client {
    /// Omits the keys, because all later keys can be computed from the seed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

/// A role that is known only at run time.
///
/// One type of connection then serves both roles. Each frame costs a check of the role, which
/// [`Client`] and [`Server`] save.
///
/// This enum is exhaustive on purpose, because RFC 6455 has no other role.
///
/// ```
/// use websocket_proto::connection::{AnyRole, Client, Connection, ConnectionConfig, Server};
///
/// let open = |role: AnyRole| Connection::new(role, ConnectionConfig::new());
/// let seed = [7; 32]; // in real code: from the system's random generator
/// let connections = [open(Server.into()), open(Client::new(seed).into())];
/// assert!(!connections[0].is_client() && connections[1].is_client());
/// ```
#[derive(Debug)]
pub enum AnyRole {
    /// The endpoint that opened the connection.
    Client(Client),
    /// The endpoint that accepted the connection.
    Server(Server),
}

impl From<Client> for AnyRole {
    fn from(client: Client) -> Self {
        Self::Client(client)
    }
}

impl From<Server> for AnyRole {
    fn from(server: Server) -> Self {
        Self::Server(server)
    }
}

impl Role for Server {
    #[inline(always)]
    fn is_client(&self) -> bool {
        false
    }
}

impl Role for Client {
    #[inline(always)]
    fn is_client(&self) -> bool {
        true
    }
}

impl Role for AnyRole {
    #[inline]
    fn is_client(&self) -> bool {
        matches!(self, Self::Client(_))
    }
}

/// Returns the masking key for the next frame, or `None` for a server.
#[inline(always)]
pub(super) fn next_mask_key(role: &mut impl Role) -> Option<MaskKey> {
    role.next_mask_key(sealed::Internal)
}

/// The side of an endpoint, for a direction that does not own the role.
///
/// For [`Client`] and [`Server`] the type decides, so the compiler knows the side. Only for
/// [`AnyRole`] the stored value counts.
#[derive(Debug)]
pub(super) struct RoleSide<R> {
    is_client: bool,
    role: PhantomData<R>,
}

impl<R: Role> RoleSide<R> {
    pub(super) fn of(role: &R) -> Self {
        Self { is_client: role.is_client(), role: PhantomData }
    }

    #[inline(always)]
    pub(super) fn is_client(&self) -> bool {
        R::is_client_by_type(sealed::Internal).unwrap_or(self.is_client)
    }
}

mod sealed {
    //! Only this module can name [`Internal`], so no other crate can call the methods of
    //! [`Sealed`], although a bound on [`Role`](super::Role) brings them into scope.
    //!
    //! ```compile_fail
    //! fn key<R: websocket_proto::connection::Role>(role: &mut R) {
    //!     role.next_mask_key(websocket_proto::connection::role::sealed::Internal);
    //! }
    //! ```

    use super::{AnyRole, Client, MaskKey, Server};

    #[derive(Debug)]
    pub struct Internal;

    pub trait Sealed {
        /// Returns whether every value of this type is a client, or `None` when the values differ.
        fn is_client_by_type(_: Internal) -> Option<bool>;

        /// Returns the masking key for the next frame, or `None` for a server.
        fn next_mask_key(&mut self, _: Internal) -> Option<MaskKey>;
    }

    impl Sealed for Server {
        #[inline(always)]
        fn is_client_by_type(_: Internal) -> Option<bool> {
            Some(false)
        }

        #[inline(always)]
        fn next_mask_key(&mut self, _: Internal) -> Option<MaskKey> {
            None
        }
    }

    impl Sealed for Client {
        #[inline(always)]
        fn is_client_by_type(_: Internal) -> Option<bool> {
            Some(true)
        }

        #[inline]
        fn next_mask_key(&mut self, _: Internal) -> Option<MaskKey> {
            Some(self.keys.next_key())
        }
    }

    impl Sealed for AnyRole {
        #[inline(always)]
        fn is_client_by_type(_: Internal) -> Option<bool> {
            None
        }

        #[inline]
        fn next_mask_key(&mut self, _: Internal) -> Option<MaskKey> {
            match self {
                Self::Client(client) => client.next_mask_key(Internal),
                Self::Server(_) => None,
            }
        }
    }
}
