//! Who may enter: the origin of the page, and the token of an invite.
//!
//! Each server has one invite. With a Redis server the invites are kept there, so that every server
//! of the chat accepts the invites of all others.

use std::fmt::Write as _;
use std::time::Duration;

use redis::AsyncCommands as _;
use redis::aio::ConnectionManager;
use tokio::time::timeout;

use crate::Failure;
use crate::bus::Bus;

/// How long an invite is valid if it is kept in Redis. An invite in memory is valid until the
/// server ends.
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

const LOOKUP_TIMEOUT: Duration = Duration::from_secs(3);

pub(crate) struct Login {
    invite: String,
    /// The only allowed origin, if one was given.
    origin: Option<String>,
    redis: Option<ConnectionManager>,
}

pub(crate) enum LoginError {
    /// The token is missing, or no invite has it.
    Invalid,
    /// The token could not be looked up.
    Unavailable(Failure),
}

impl Login {
    /// Creates an invite.
    pub(crate) async fn new(bus: &Bus, origin: Option<String>) -> Result<Self, Failure> {
        let invite = random_token()?;
        let redis = bus.redis_connection();
        if let Some(mut redis) = redis.clone() {
            let kept = redis.set_ex::<_, _, ()>(key(&invite), 1, LIFETIME.as_secs());
            timeout(LOOKUP_TIMEOUT, kept).await??;
        }
        Ok(Self { invite, origin, redis })
    }

    /// Returns the token of the invite.
    pub(crate) fn invite(&self) -> &str {
        &self.invite
    }

    /// Checks a token. With a Redis server this waits for its answer.
    pub(crate) async fn check(&self, token: Option<&str>) -> Result<(), LoginError> {
        let token = token.ok_or(LoginError::Invalid)?;
        let is_known = match self.redis.clone() {
            Some(mut redis) => timeout(LOOKUP_TIMEOUT, redis.exists(key(token)))
                .await
                .map_err(Failure::from)
                .and_then(|found| Ok(found?))
                .map_err(LoginError::Unavailable)?,
            None => is_equal(token.as_bytes(), self.invite.as_bytes()),
        };
        if is_known { Ok(()) } else { Err(LoginError::Invalid) }
    }

    /// Returns whether a page of this origin may open a WebSocket (RFC 6455, section 10.2).
    ///
    /// Without `--url` the host of the origin must be the host of the request. A client without an
    /// origin is not a browser, so a page of another site cannot use it. It needs the token, as
    /// every client does.
    pub(crate) fn allows_origin(&self, origin: Option<&str>, host: &str) -> bool {
        let Some(origin) = origin else {
            return true;
        };
        match &self.origin {
            Some(allowed) => origin.eq_ignore_ascii_case(allowed),
            None => origin
                .split_once("://")
                .is_some_and(|(_scheme, from)| from.eq_ignore_ascii_case(host)),
        }
    }
}

fn key(token: &str) -> String {
    format!("chat:invite:{token}")
}

/// Returns 128 random bits, in hexadecimal.
fn random_token() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    let mut token = String::new();
    for byte in bytes {
        write!(token, "{byte:02x}")?;
    }
    Ok(token)
}

/// Compares all bytes, even after a difference, so that the time does not reveal the invite.
fn is_equal(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn login(origin: Option<&str>) -> Login {
        Login::new(&Bus::memory(), origin.map(str::to_owned)).await.unwrap()
    }

    #[tokio::test]
    async fn only_the_token_of_the_invite_is_valid() {
        let login = login(None).await;
        let invite = login.invite().to_owned();
        assert_eq!(invite.len(), 32);
        assert!(login.check(Some(&invite)).await.is_ok());
        for wrong in [None, Some(""), Some("x"), Some(&invite[1..])] {
            assert!(login.check(wrong).await.is_err(), "{wrong:?}");
        }
    }

    #[tokio::test]
    async fn the_origin_is_that_of_the_host_or_the_given_one() {
        let same = login(None).await;
        assert!(same.allows_origin(Some("http://127.0.0.1:8080"), "127.0.0.1:8080"));
        assert!(same.allows_origin(None, "127.0.0.1:8080"));
        for wrong in ["http://127.0.0.1:8081", "https://example.com", "null"] {
            assert!(!same.allows_origin(Some(wrong), "127.0.0.1:8080"), "{wrong}");
        }
        let given = login(Some("https://chat.example")).await;
        assert!(given.allows_origin(Some("https://chat.example"), "127.0.0.1:8080"));
        assert!(!given.allows_origin(Some("http://127.0.0.1:8080"), "127.0.0.1:8080"));
    }
}
