//! Secrets, one type for each role.
//!
//! Each is zeroed on drop. `Debug` shows nothing; there is no `Display` and no comparison.

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use sha2::{Sha384, Sha512};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{
    error::KeyError,
    keyed_hash::{KeyedHash, KeyedMac, KeyedSha256},
    message_encryptor::gcm::GcmKey,
};

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
    pub(crate) sha256: KeyedSha256,
    pub(crate) sha384: KeyedHash<Sha384>,
    pub(crate) sha512: KeyedHash<Sha512>,
}

impl SigningKey {
    /// A key of any length but zero.
    ///
    /// # Errors
    /// [`KeyError::Empty`] for no bytes.
    pub fn new(key: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        let key = key.as_ref();
        Ok(Self(Box::new(KeyedStates {
            sha256: KeyedSha256::new(key)?,
            sha384: KeyedHash::new(key)?,
            sha512: KeyedHash::new(key)?,
        })))
    }

    /// Whether the two sign alike. A MAC of each tells, compared in constant time.
    pub(crate) fn is_same_key(&self, other: &Self) -> bool {
        self.0.sha256.tag(b"") == other.0.sha256.tag(b"")
    }

    pub(crate) fn states(&self) -> &KeyedStates {
        &self.0
    }
}

/// The key of [`message_encryptor`](crate::message_encryptor).
#[derive(Clone)]
pub struct EncryptionKey {
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
        Ok(Self { key, length })
    }

    /// Whether the key has the 32 bytes that `XCP`, the encryption of Plug.Crypto 2.x, needs.
    pub fn supports_xcp(&self) -> bool {
        self.xcp().is_ok()
    }

    pub(crate) fn xcp(&self) -> Result<&[u8; 32], KeyError> {
        match (&self.key, self.length) {
            (GcmKey::Aes256(key), 32) => Ok(key),
            (_, actual) => Err(KeyError::Length { required: "exactly 32", actual }),
        }
    }

    /// Whether the two are equal, compared in constant time.
    pub(crate) fn is_same_key(&self, other: &Self) -> bool {
        let same = self.gcm().secret_bytes().ct_eq(other.gcm().secret_bytes());
        bool::from(same) && self.length == other.length
    }

    pub(crate) fn gcm(&self) -> &GcmKey {
        &self.key
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use alloc::{format, string::ToString};

    use hmac::EagerHash;
    use zeroize::ZeroizeOnDrop;

    use super::*;

    #[test]
    fn a_secret_key_base_has_at_least_20_bytes() {
        let error = SecretKeyBase::new([1; 19]).unwrap_err();
        assert_eq!(error, KeyError::SecretTooShort { required: 20, actual: 19 });
        assert_eq!(error.to_string(), "the secret key base has 19 bytes, at least 20 are required");
        assert_eq!(SecretKeyBase::new([1; 20]).unwrap().secret_bytes(), [1; 20]);
    }

    #[test]
    fn a_use_may_require_a_longer_secret_key_base() {
        let secret = SecretKeyBase::new([1; 63]).unwrap();
        assert_eq!(secret.at_least(63), Ok(()));
        let error = secret.at_least(64).unwrap_err();
        assert_eq!(error.to_string(), "the secret key base has 63 bytes, at least 64 are required");
    }

    #[test]
    fn a_signing_key_has_at_least_one_byte() {
        let error = SigningKey::new([]).unwrap_err();
        assert_eq!(error, KeyError::Empty);
        assert_eq!(error.to_string(), "the key is empty, at least 1 byte is required");
        assert!(SigningKey::new([0]).is_ok());
    }

    #[test]
    fn an_encryption_key_has_a_length_that_aes_can_use_or_more() {
        for length in 0..100 {
            let key = EncryptionKey::new([7; 100].split_at(length).0);
            assert_eq!(key.is_ok(), matches!(length, 16 | 24 | 32..), "{length}");
        }
        let error = EncryptionKey::new([7; 31]).unwrap_err();
        assert_eq!(error.to_string(), "the key has 31 bytes, the cipher takes 16, 24, 32 or more");
    }

    #[test]
    fn xcp_needs_a_key_of_exactly_32_bytes() {
        for length in [16, 24, 32, 33, 64] {
            let key = EncryptionKey::new([7; 64].split_at(length).0).unwrap();
            assert_eq!(key.supports_xcp(), length == 32);
        }
        let error = EncryptionKey::new([7; 40]).unwrap().xcp().unwrap_err();
        assert_eq!(error.to_string(), "the key has 40 bytes, the cipher takes exactly 32");
    }

    #[test]
    fn two_keys_are_the_same_if_all_their_bytes_are() {
        let signing = |bytes: &[u8]| SigningKey::new(bytes).unwrap();
        assert!(signing(b"key").is_same_key(&signing(b"key")));
        assert!(!signing(b"key").is_same_key(&signing(b"kez")));

        let encryption = |bytes: &[u8]| EncryptionKey::new(bytes).unwrap();
        for length in [16, 24, 32, 33] {
            let (bytes, others) = ([7; 33], [8; 33]);
            let (bytes, others) = (bytes.split_at(length).0, others.split_at(length).0);
            assert!(encryption(bytes).is_same_key(&encryption(bytes)));
            assert!(!encryption(bytes).is_same_key(&encryption(others)));
        }
        // The cipher of Plug.Crypto 1.x uses the same bytes of both, that of 2.x takes the first alone.
        assert!(!encryption(&[7; 32]).is_same_key(&encryption(&[7; 33])));
    }

    #[test]
    fn debug_shows_nothing_of_a_secret() {
        let secret = *b"0123456789abcdef0123456789abcdef";
        assert_eq!(
            format!("{:?}", SecretKeyBase::new(secret).unwrap()),
            "SecretKeyBase([secret elided])"
        );
        assert_eq!(
            format!("{:#?}", SigningKey::new(secret).unwrap()),
            "SigningKey([secret elided])"
        );
        assert_eq!(
            format!("{:?}", EncryptionKey::new(secret).unwrap()),
            "EncryptionKey([secret elided])"
        );
    }

    #[test]
    fn whatever_a_key_holds_is_zeroed_on_drop() {
        fn zeroed_on_drop<T: ZeroizeOnDrop>(_: Option<&T>) {}
        let SecretKeyBase(bytes) = SecretKeyBase::new([1; 20]).unwrap();
        zeroed_on_drop(Some(&bytes));
        let SigningKey(states) = SigningKey::new([1; 20]).unwrap();
        zeroed_on_drop(Some(&states.sha256));
        // `HmacCore` has no mark of its own: it is two states of its hash, which have.
        zeroed_on_drop(None::<&<Sha384 as EagerHash>::Core>);
        zeroed_on_drop(None::<&<Sha512 as EagerHash>::Core>);
        match &EncryptionKey::new([1; 32]).unwrap().key {
            GcmKey::Aes128(key) => zeroed_on_drop(Some(&**key)),
            GcmKey::Aes192(key) => zeroed_on_drop(Some(&**key)),
            GcmKey::Aes256(key) => zeroed_on_drop(Some(&**key)),
        }
    }
}
