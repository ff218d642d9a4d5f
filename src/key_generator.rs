//! Keys derived from a secret: `Plug.Crypto.KeyGenerator`.

use alloc::{vec, vec::Vec};
use core::fmt;

use pbkdf2::pbkdf2_hmac;
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
    let Params { iterations, length, digest } = *params;
    if iterations == 0 {
        return Err(KeyError::ZeroIterations);
    }
    if length == 0 {
        return Err(KeyError::Empty);
    }
    if length > MAX_LENGTH {
        return Err(KeyError::TooLong { limit: MAX_LENGTH, actual: length });
    }
    let mut key = Zeroizing::new(vec![0; length]);
    match digest {
        Digest::Sha256 => pbkdf2_hmac::<Sha256>(secret, salt, iterations, &mut key),
        Digest::Sha384 => pbkdf2_hmac::<Sha384>(secret, salt, iterations, &mut key),
        Digest::Sha512 => pbkdf2_hmac::<Sha512>(secret, salt, iterations, &mut key),
    }
    Ok(DerivedKey(key))
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

/// What [`derive`] computed. Zeroed on drop; `Debug` shows nothing.
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
