//! Secrets, one type for each role.
//!
//! Each is zeroed on drop. `Debug` shows nothing; there is no `Display` and no comparison.

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use crate::{error::KeyError, message_encryptor::gcm::GcmKey};

/// The secret from which all keys of an application are derived: `secret_key_base` of a Phoenix
/// endpoint.
///
/// # Example
/// ```
/// use phoenix_token::{KeyError, SecretKeyBase};
///
/// assert!(SecretKeyBase::new("a secret of at least 20 bytes").is_ok());
/// let error = KeyError::SecretTooShort { required: 20, actual: 7 };
/// assert_eq!(SecretKeyBase::new("hunter2").err(), Some(error));
/// ```
#[derive(Clone)]
pub struct SecretKeyBase(Zeroizing<Vec<u8>>);

impl SecretKeyBase {
    /// Bytes that `Phoenix.Token` requires: 20.
    pub const MIN_LENGTH: usize = 20;

    /// Takes over the bytes of a `Vec` or `String`; copies those of a slice.
    ///
    /// The secret is taken byte for byte, as Phoenix does: text that looks like hex or base64 is
    /// not decoded.
    ///
    /// # Errors
    /// [`KeyError::SecretTooShort`] under [`MIN_LENGTH`](Self::MIN_LENGTH) bytes.
    pub fn new(secret: impl Into<Vec<u8>>) -> Result<Self, KeyError> {
        let secret = Self(Zeroizing::new(secret.into()));
        secret.at_least(Self::MIN_LENGTH)?;
        Ok(secret)
    }

    /// The secret itself.
    pub fn secret_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Refuses what is too short for a use that requires more than this type does.
    pub(crate) fn at_least(&self, required: usize) -> Result<(), KeyError> {
        let actual = self.0.len();
        if actual < required {
            return Err(KeyError::SecretTooShort { required, actual });
        }
        Ok(())
    }
}

/// The key of [`message_verifier`](crate::message_verifier), ready for SHA-256, SHA-384 and SHA-512.
///
/// It holds the keyed states of HMAC ([RFC 2104]) after their first block, not the key's bytes.
///
/// [RFC 2104]: https://www.rfc-editor.org/rfc/rfc2104#section-4
#[derive(Clone)]
pub struct SigningKey(Box<KeyedStates>);

#[derive(Clone)]
pub(crate) struct KeyedStates {
    pub(crate) sha256: Hmac<Sha256>,
    pub(crate) sha384: Hmac<Sha384>,
    pub(crate) sha512: Hmac<Sha512>,
}

impl SigningKey {
    /// A key of any length but zero.
    ///
    /// # Errors
    /// [`KeyError::Empty`] for no bytes.
    pub fn new(key: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        let key = key.as_ref();
        if key.is_empty() {
            return Err(KeyError::Empty);
        }
        Ok(Self(Box::new(KeyedStates {
            sha256: keyed(key)?,
            sha384: keyed(key)?,
            sha512: keyed(key)?,
        })))
    }

    /// Whether the two sign alike. A MAC of each tells, compared in constant time.
    pub(crate) fn is_same_key(&self, other: &Self) -> bool {
        let tag = self.0.sha256.clone().finalize();
        tag == other.0.sha256.clone().finalize()
    }

    pub(crate) fn states(&self) -> &KeyedStates {
        &self.0
    }
}

fn keyed<State: KeyInit>(key: &[u8]) -> Result<State, KeyError> {
    // HMAC takes a key of any length; only the trait's signature allows for an error.
    State::new_from_slice(key).map_err(|_| KeyError::Empty)
}

/// The key of [`message_encryptor`](crate::message_encryptor).
#[derive(Clone)]
pub struct EncryptionKey(Box<Secret>);

#[derive(Clone)]
struct Secret {
    key: GcmKey,
    /// As given, before all beyond 32 bytes was left out.
    length: usize,
}

impl EncryptionKey {
    /// A key for `XCP`, the encryption of Plug.Crypto 2.x.
    ///
    /// # Errors
    /// [`KeyError::Length`] for all but 32 bytes.
    pub fn for_xcp(key: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        let key = Self::new(key.as_ref())?;
        key.xcp().map(|_| ())?;
        Ok(key)
    }

    /// A key of 16, 24, 32 or more bytes.
    ///
    /// `XCP` needs exactly 32. `A128GCM` takes the first 32 of a longer key, as Plug.Crypto 1.x.
    ///
    /// # Errors
    /// [`KeyError::Length`] for all other lengths.
    pub fn new(key: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        let key = key.as_ref();
        let length = key.len();
        let used = key.get(..32).unwrap_or(key);
        let key = GcmKey::new(used)
            .ok_or(KeyError::Length { required: "16, 24, 32 or more", actual: length })?;
        Ok(Self(Box::new(Secret { key, length })))
    }

    /// Whether the key has the 32 bytes that `XCP`, the encryption of Plug.Crypto 2.x, needs.
    pub fn supports_xcp(&self) -> bool {
        self.xcp().is_ok()
    }

    pub(crate) fn xcp(&self) -> Result<&[u8; 32], KeyError> {
        match (&self.0.key, self.0.length) {
            (GcmKey::Aes256(key), 32) => Ok(key),
            (_, actual) => Err(KeyError::Length { required: "exactly 32", actual }),
        }
    }

    pub(crate) fn gcm(&self) -> &GcmKey {
        &self.0.key
    }
}

impl fmt::Debug for SecretKeyBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKeyBase([secret elided])")
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey([secret elided])")
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptionKey([secret elided])")
    }
}
