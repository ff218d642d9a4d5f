//! Keys derived from a secret: `Plug.Crypto.KeyGenerator`.

use alloc::{vec, vec::Vec};
use core::fmt;

use hmac::{
    Hmac, KeyInit,
    digest::{FixedOutput, Update},
};
use pbkdf2::pbkdf2;
use sha2::{Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use crate::error::KeyError;

/// Computes `PBKDF2-HMAC-digest(secret, salt, iterations, length)` ([RFC 8018 §5.2]).
///
/// | here | RFC 8018 |
/// | --- | --- |
/// | `secret` | `P`, the password |
/// | `salt` | `S` |
/// | [`iterations`](Params::iterations) | `c` |
/// | [`length`](Params::length) | `dkLen`, in bytes |
/// | [`digest`](Params::digest) | the hash of `PRF`, which is HMAC |
///
/// It takes time in proportion to `iterations`, about 0.2 ms for the 1 000 that are usual: derive a
/// key once and keep it.
///
/// # Errors
/// [`KeyError::ZeroIterations`]; [`KeyError::Empty`] for a length of zero; [`KeyError::TooLong`] for
/// one over 2^32 - 1, the limit of `Plug.Crypto.KeyGenerator`.
///
/// # Example
/// ```
/// use phoenix_token::{SigningKey, key_generator::{Params, derive}};
///
/// let key = derive(b"the secret key base of a backend", b"user auth", &Params::new())?;
/// assert_eq!(key.secret_bytes().len(), 32);
/// let signing_key = SigningKey::new(key.secret_bytes())?;
/// # Ok::<(), phoenix_token::KeyError>(())
/// ```
///
/// [RFC 8018 §5.2]: https://www.rfc-editor.org/rfc/rfc8018#section-5.2
pub fn derive(secret: &[u8], salt: &[u8], params: &Params) -> Result<DerivedKey, KeyError> {
    #[cfg(test)]
    crate::testing::count(&crate::testing::DERIVED_KEYS);
    let Params { iterations, length, digest } = *params;
    check(iterations, length)?;
    let mut key = Zeroizing::new(vec![0; length]);
    match digest {
        Digest::Sha256 => fill::<Hmac<Sha256>>(secret, salt, iterations, &mut key),
        Digest::Sha384 => fill::<Hmac<Sha384>>(secret, salt, iterations, &mut key),
        Digest::Sha512 => fill::<Hmac<Sha512>>(secret, salt, iterations, &mut key),
    }?;
    Ok(DerivedKey(key))
}

// Compiled by itself for each hash: where the loops of all three share a function, each takes 1.05 of the time.
#[inline(never)]
fn fill<Prf: KeyInit + Update + FixedOutput + Clone + Sync>(
    secret: &[u8],
    salt: &[u8],
    iterations: u32,
    key: &mut [u8],
) -> Result<(), KeyError> {
    // HMAC takes a secret of any length; only the trait's signature allows for an error.
    pbkdf2::<Prf>(secret, salt, iterations, key).map_err(|_| KeyError::Empty)
}

fn check(iterations: u32, length: usize) -> Result<(), KeyError> {
    if iterations == 0 {
        return Err(KeyError::ZeroIterations);
    }
    match length {
        0 => Err(KeyError::Empty),
        1..=MAX_LENGTH => Ok(()),
        _ => Err(KeyError::TooLong { limit: MAX_LENGTH, actual: length }),
    }
}

const MAX_LENGTH: usize = u32::MAX as usize;

/// A hash of the SHA-2 family.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Digest {
    /// `:sha256`; `HS256` where it signs.
    #[default]
    Sha256,
    /// `:sha384`; `HS384` where it signs.
    Sha384,
    /// `:sha512`; `HS512` where it signs.
    Sha512,
}

impl Digest {
    /// Bytes of the hash, and so of the tag of an HMAC.
    pub(crate) const fn tag_length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// How a key is derived: 1 000 iterations, 32 bytes and SHA-256 unless set otherwise, which are the
/// defaults of `Plug.Crypto` and Phoenix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    pub(crate) iterations: u32,
    pub(crate) length: usize,
    pub(crate) digest: Digest,
}

impl Params {
    /// The defaults.
    pub const fn new() -> Self {
        Self { iterations: 1000, length: 32, digest: Digest::Sha256 }
    }

    /// `key_iterations:` of `Phoenix.Token`.
    #[must_use]
    pub const fn iterations(mut self, iterations: u32) -> Self {
        self.iterations = iterations;
        self
    }

    /// `key_length:` of `Phoenix.Token`, in bytes.
    #[must_use]
    pub const fn length(mut self, bytes: usize) -> Self {
        self.length = bytes;
        self
    }

    /// `key_digest:` of `Phoenix.Token`. It chooses the hash of the derivation alone, not the one
    /// that signs.
    #[must_use]
    pub const fn digest(mut self, digest: Digest) -> Self {
        self.digest = digest;
        self
    }
}

impl Default for Params {
    fn default() -> Self {
        Self::new()
    }
}

/// What [`derive()`] computed. Zeroed on drop; `Debug` shows nothing.
#[derive(Clone)]
pub struct DerivedKey(Zeroizing<Vec<u8>>);

impl DerivedKey {
    /// The key itself.
    pub fn secret_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for DerivedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DerivedKey([secret elided])")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use alloc::{format, string::ToString};

    use super::*;
    use crate::testing::hex;

    #[test]
    fn rfc_7914_is_answered() {
        let once = Params::new().iterations(1).length(64);
        assert_eq!(
            derive(b"passwd", b"salt", &once).unwrap().secret_bytes(),
            hex("55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc\
                 49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783")
        );
    }

    #[test]
    fn plug_crypto_is_answered_with_each_digest() {
        let sha256 = derive(
            &hex("8b56ac3b1b59eb6e07e02487b1518306133139c7"),
            &hex("c39fe69cac6161cea9cea9e8aa9ecea9e697a5f09f98807ae697a5"),
            &Params::default(),
        );
        let sha384 =
            derive(&hex("ad"), &hex("4c"), &Params::new().length(100).digest(Digest::Sha384));
        let sha512 = derive(
            &hex("db930e42d07489ab06a8e14513f01b4bd81d78f5"),
            &hex("37352d513857304351793735783779764e6c6f62"),
            &Params::new().iterations(2).length(64).digest(Digest::Sha512),
        );
        assert_eq!(
            sha256.unwrap().secret_bytes(),
            hex("f304d2d7d8f70bd777c2afae17d0e07411876c892c1c33ac6b46325f512cb6ef")
        );
        assert_eq!(
            sha384.unwrap().secret_bytes(),
            hex("eb31ab6d5e940ed4756a6e4a11917c3d19df99fe925e05ed887017132f6df438\
                 75326c14c3293ed8a5c64c2cd2667d392899334251d296dcc4137f04ef7b554c\
                 6bcacee529fb9b40cf11b8272115b2ff42cf07d694dc6e8bcaf8e4c65f8ed48a\
                 adff172c")
        );
        assert_eq!(
            sha512.unwrap().secret_bytes(),
            hex("dd086cb841ec352ce55debbafe544fdb49fdc54f701e0abd0201f9f1484410c8\
                 a71d543b4e760866841ce03ef6002476530f5de114ed3e70506561842cd71396")
        );
    }

    #[test]
    fn a_shorter_key_is_the_beginning_of_a_longer_one() {
        let derived = |length| {
            derive(b"secret", b"salt", &Params::new().iterations(2).length(length)).unwrap()
        };
        let longest = derived(100);
        for length in [1, 31, 32, 33, 64, 99] {
            assert!(longest.secret_bytes().starts_with(derived(length).secret_bytes()));
        }
    }

    #[test]
    fn secret_and_salt_may_be_empty() {
        assert!(derive(b"", b"", &Params::new().iterations(1)).is_ok());
    }

    #[test]
    fn parameters_that_make_no_key_are_refused() {
        let refused = |params| derive(b"secret", b"salt", &params).unwrap_err();
        let error = refused(Params::new().iterations(0));
        assert_eq!(error, KeyError::ZeroIterations);
        assert_eq!(error.to_string(), "0 iterations, at least 1 is required");

        let error = refused(Params::new().length(0));
        assert_eq!(error, KeyError::Empty);
        assert_eq!(error.to_string(), "the key is empty, at least 1 byte is required");
    }

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn a_length_beyond_32_bits_is_refused() {
        let error = derive(b"secret", b"salt", &Params::new().length(1 << 32)).unwrap_err();
        assert_eq!(error, KeyError::TooLong { limit: 4_294_967_295, actual: 4_294_967_296 });
        assert_eq!(check(1, 4_294_967_295), Ok(()));
        assert_eq!(error.to_string(), "a key of 4294967296 bytes, at most 4294967295 are allowed");
    }

    #[test]
    fn debug_shows_nothing_of_a_derived_key() {
        let key = derive(b"secret", b"salt", &Params::new().iterations(1)).unwrap();
        assert_eq!(format!("{key:?}"), "DerivedKey([secret elided])");
    }
}
