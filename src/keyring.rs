//! Rotation: a first key that writes, and others that are still read.
//!
//! Replace a secret without logging anyone out: put the new key first and keep the old one until
//! everything written under it has expired. Plug's counterpart is the option `rotating_options` of
//! `Plug.Session.COOKIE`; Phoenix.Token has none.

use alloc::vec::Vec;
use core::fmt;

use crate::error::{SignError, VerifyError};

/// Keys of one kind: the first writes, every one reads, in order.
///
/// Each has its own secret, salt and options. Reading costs at most one MAC for each key, and one more
/// for a message that is `A128GCM`, whose content key has a tag of its own; an encrypted message is also
/// decoded from base64 for each key. It never costs PBKDF2. What no key authenticates is refused: there
/// is no fallback to unverified data.
///
/// # Example
/// ```
/// use phoenix_token::{Keyring, SecretKeyBase, TokenKey};
///
/// let old = SecretKeyBase::new("the secret key base of last year")?;
/// let new = SecretKeyBase::new("the secret key base of this year")?;
/// let before = TokenKey::derive(&old, "user auth");
/// let ring = Keyring::new(TokenKey::derive(&new, "user auth")).and(before.clone())?;
///
/// let token = before.sign(&42)?;
/// let verified = ring.verify::<u64>(&token)?;
/// assert_eq!((verified.data, verified.key), (42, 1));
///
/// let reissued = ring.rotate(&token)?;
/// assert_eq!(ring.verify::<u64>(&reissued)?.key, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Keyring<K> {
    /// Never empty; the first one writes.
    keys: Vec<K>,
}

/// What a ring read, where the key that matched is all there is to tell of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matched<T> {
    /// What was read.
    pub data: T,
    /// Which key of the ring matched, from 0 for the first, which writes. What was under another
    /// key should be written anew.
    pub key: usize,
}

/// A key was added to a ring that holds it already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DuplicateKey {
    /// Where in the ring it stands, from 0 for the first.
    pub position: usize,
}

/// Why a token or cookie was not written anew under the first key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RotateError {
    /// It was refused.
    Verify(VerifyError),
    /// It could not be written.
    Sign(SignError),
}

/// What a [`Keyring`] can hold: [`TokenKey`](crate::TokenKey) and the keys of cookies.
pub trait RingKey: private::Sealed {
    /// Whether the two read the same, compared in constant time.
    #[doc(hidden)]
    fn is_same_key(&self, other: &Self) -> bool;
}

impl<K: RingKey> Keyring<K> {
    /// A ring of one key, which writes.
    pub fn new(first: K) -> Self {
        Self { keys: Vec::from([first]) }
    }

    /// Also reads what this key wrote.
    ///
    /// # Errors
    /// [`DuplicateKey`] where the ring holds an equal key: the rotation was not set up as meant.
    pub fn and(mut self, other: K) -> Result<Self, DuplicateKey> {
        if let Some(position) = self.keys.iter().position(|key| key.is_same_key(&other)) {
            return Err(DuplicateKey { position });
        }
        self.keys.push(other);
        Ok(self)
    }

    /// The ring with another key that writes, and the same others.
    #[cfg(feature = "axum")]
    pub(crate) fn with_first(mut self, first: K) -> Self {
        if let Some(own) = self.keys.first_mut() {
            *own = first;
        }
        self
    }

    /// The key that writes.
    #[expect(clippy::indexing_slicing, reason = "a ring is made with one key and never loses it")]
    pub fn first(&self) -> &K {
        &self.keys[0]
    }

    /// The keys in order; the first writes.
    pub fn keys(&self) -> &[K] {
        &self.keys
    }
}

impl fmt::Display for DuplicateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the key is equal to key {} of the ring", self.position)
    }
}

impl fmt::Display for RotateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verify(error) => error.fmt(f),
            Self::Sign(error) => error.fmt(f),
        }
    }
}

impl From<VerifyError> for RotateError {
    fn from(error: VerifyError) -> Self {
        Self::Verify(error)
    }
}

impl From<SignError> for RotateError {
    fn from(error: SignError) -> Self {
        Self::Sign(error)
    }
}

impl core::error::Error for DuplicateKey {}
impl core::error::Error for RotateError {}

pub(crate) mod private {
    pub trait Sealed {}
}

#[cfg(all(test, feature = "getrandom"))]
mod tests {
    #![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test may panic")]

    use alloc::format;

    use super::*;
    use crate::{
        SecretKeyBase, Sign, Timestamp, TokenKey, Verify,
        cookie::{Session, SessionCookie},
        term::Term,
        testing::{CHECKED_MACS, DERIVED_KEYS},
    };

    const KEYS: usize = 5;

    fn secret(number: usize) -> SecretKeyBase {
        SecretKeyBase::new(format!("{number} {}", "a secret key base of 64 bytes ".repeat(3)))
            .unwrap()
    }

    fn ring<K: RingKey>(key: impl Fn(&SecretKeyBase) -> K) -> Keyring<K> {
        let others = (1..KEYS).map(|number| key(&secret(number)));
        others.fold(Keyring::new(key(&secret(0))), |ring, other| ring.and(other).unwrap())
    }

    fn cost(read: impl FnOnce()) -> (usize, usize) {
        let (macs, keys) = (CHECKED_MACS.get(), DERIVED_KEYS.get());
        read();
        (CHECKED_MACS.get() - macs, DERIVED_KEYS.get() - keys)
    }

    #[test]
    fn a_ring_checks_one_mac_for_each_key_and_derives_none() {
        let now = Timestamp::from_secs(1_767_268_800);
        let (data, options) = (Term::from(42), Verify::at(now));
        let tokens = ring(|secret| TokenKey::derive(secret, "salt"));
        let stranger = TokenKey::derive(&secret(KEYS), "salt");
        let last = tokens.keys().last().unwrap();
        for (key, accepted) in [(last, true), (&stranger, false)] {
            let token = key.sign_term(&data, &Sign::at(now)).unwrap();
            let read = || assert_eq!(tokens.verify_term(&token, &options).is_ok(), accepted);
            assert_eq!(cost(read), (KEYS, 0));
        }

        let sessions = ring(|secret| SessionCookie::encrypted(secret, "encrypt", "sign").unwrap());
        let stranger = SessionCookie::encrypted(&secret(KEYS), "encrypt", "sign").unwrap();
        let last = sessions.keys().last().unwrap();
        for (key, accepted) in [(last, true), (&stranger, false)] {
            let cookie = key.write(&Session::new()).unwrap();
            let read = || assert_eq!(sessions.read(&cookie).is_ok(), accepted);
            assert_eq!(cost(read), (KEYS, 0));
        }
    }
}
