use core::fmt;
use std::{format, string::String};

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::error::StoreError;
use crate::base64url;

/// The 32 random bytes that open a session, or that are sent by e-mail.
///
/// Zeroed on drop, compared in constant time, and not shown by `Debug`. In Phoenix's session it
/// stands as `"user_token"`, in the remember-me cookie as its bytes. Copies in the buffers of the
/// database's driver are not wiped.
///
/// # Example
/// ```
/// use phoenix_token::store::SessionToken;
///
/// let token = SessionToken::from_bytes(&[7; 32]).ok_or("not 32 bytes")?;
/// assert_eq!(SessionToken::from_base64url(&token.to_base64url()), Some(token));
/// assert_eq!(SessionToken::from_bytes(b"short"), None);
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone)]
pub struct SessionToken(Zeroizing<[u8; SessionToken::LEN]>);

impl SessionToken {
    /// Bytes of a token.
    pub const LEN: usize = 32;

    /// A fresh token from the operating system's randomness.
    ///
    /// # Errors
    /// [`StoreError::Randomness`] where there is none.
    pub fn random() -> Result<Self, StoreError> {
        let mut bytes = Zeroizing::new([0; Self::LEN]);
        getrandom::fill(bytes.as_mut_slice()).map_err(|_| StoreError::Randomness)?;
        Ok(Self(bytes))
    }

    /// The token of these bytes; `None` where they are not 32.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// Reads base64url without padding; `None` for any other spelling or length.
    pub fn from_base64url(text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; Self::LEN]);
        base64url::decode_secret(text.as_bytes(), bytes.as_mut_slice()).ok()?;
        Some(Self(bytes))
    }

    /// The bytes: whoever has them has the session.
    pub fn secret_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// Base64url without padding, for an URL; as secret as the bytes.
    pub fn to_base64url(&self) -> String {
        base64url::secret_text(self.0.as_slice())
    }

    /// SHA-256 of the bytes, as hashed storage keeps it.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_slice()).into()
    }
}

impl PartialEq for SessionToken {
    /// In constant time.
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(other.0.as_slice()).into()
    }
}

impl Eq for SessionToken {}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken([secret elided])")
    }
}

/// `"<prefix>:" <> Base.url_encode64(bytes)`, which pads.
pub(crate) fn topic(prefix: &str, bytes: &[u8]) -> String {
    let text = base64url::secret_text(bytes);
    let padding = match text.len() % 4 {
        2 => "==",
        3 => "=",
        _ => "",
    };
    format!("{prefix}:{text}{padding}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn one_token_has_one_spelling() {
        let text = SessionToken::from_bytes(&[0xff; 32]).unwrap().to_base64url();
        assert!(SessionToken::from_base64url(&text).is_some());
        let unused_bits = format!("{}9", text.strip_suffix('8').unwrap());
        for other in [format!("{text}="), text.replace('_', "/"), unused_bits, format!(" {text}")] {
            assert_eq!(SessionToken::from_base64url(&other), None, "{other}");
        }
    }

    #[test]
    fn debug_shows_nothing_of_the_token() {
        let token = SessionToken::random().unwrap();
        assert_eq!(format!("{token:?}"), "SessionToken([secret elided])");
    }

    #[test]
    fn the_topic_is_padded_as_elixir_pads_it() {
        assert_eq!(
            topic("users_sessions", &[0; 32]),
            "users_sessions:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
        );
        assert_eq!(topic("t", b""), "t:");
        assert_eq!(topic("t", b"a"), "t:YQ==");
    }

    #[test]
    fn two_tokens_differ() {
        assert_ne!(SessionToken::random().unwrap(), SessionToken::random().unwrap());
    }
}
