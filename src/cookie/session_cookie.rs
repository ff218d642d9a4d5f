//! The session cookie: `Plug.Session` with `store: :cookie`.

use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};
use core::{fmt, slice::from_ref};

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;

use super::{Session, SessionData, check_size};
use crate::{
    error::{Invalid, KeyError, SignError, VerifyError},
    events,
    key_generator::{self, DerivedKey, Digest, Params},
    message_encryptor::{self, AAD, Cipher},
    message_verifier, random,
    scratch::Scratch,
    secret::{EncryptionKey, SecretKeyBase, SigningKey},
    term::Limits,
    token::{Presented, open},
};

/// Reads and writes the session cookie of a Phoenix application: `Plug.Session` with
/// `store: :cookie`, signed or encrypted.
///
/// Making one runs PBKDF2; using it never does. Cloning is cheap, and threads may share it: nothing
/// in it changes.
///
/// **A session cookie carries no time and cannot be taken back.** Whoever has a copy of one has its
/// session for as long as the key is in use, whatever was logged out or cleared since. What ends a
/// session is the row in the database that its [`user_token`](Session::user_token) names: look it up
/// on every request, and delete it to log out.
///
/// # Example
/// ```
/// use phoenix_token::{SecretKeyBase, cookie::SessionCookie};
///
/// # let secret_key_base = "a secret key base for cookies has at least sixty-four bytes, as here";
/// let secret = SecretKeyBase::new(secret_key_base)?; // at least 64 bytes
/// // plug Plug.Session, store: :cookie, key: "_my_app_key", signing_salt: "Sb5x9SKE"
/// let session_cookie = SessionCookie::signed(&secret, "Sb5x9SKE")?;
///
/// let mut session = session_cookie.read(None).unwrap_or_default();
/// session.put_term("locale", "pl");
/// let cookie = session_cookie.write(&session)?;
///
/// assert_eq!(session_cookie.read(&cookie)?, session);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SessionCookie {
    keys: Arc<Keys>,
    cipher: Cipher,
    limits: Limits,
}

/// Variants of one size: what a larger one leaves unused keeps whatever lay there before, and nothing
/// zeroes that on drop.
enum Keys {
    Signed(SigningKey),
    Encrypted(Box<EncryptedKeys>),
}

struct EncryptedKeys {
    key: EncryptionKey,
    /// The derived signing key, which only `A128GCM` makes use of.
    sign_secret: DerivedKey,
}

/// A [`SessionCookie`] with other than the default options, from [`SessionCookie::builder`].
#[derive(Clone, Debug)]
#[must_use]
pub struct SessionCookieBuilder<'s> {
    secret: &'s SecretKeyBase,
    signing_salt: &'s [u8],
    encryption_salt: Option<&'s [u8]>,
    params: Params,
    cipher: Cipher,
    limits: Limits,
}

impl SessionCookie {
    /// Bytes of secret key base that `Plug.Session` requires: 64.
    pub const MIN_SECRET_LENGTH: usize = 64;

    /// A session that its holder can read, and not change: `signing_salt:` alone.
    ///
    /// # Errors
    /// [`KeyError::SecretTooShort`] under [`MIN_SECRET_LENGTH`](Self::MIN_SECRET_LENGTH) bytes.
    pub fn signed(
        secret: &SecretKeyBase,
        signing_salt: impl AsRef<[u8]>,
    ) -> Result<Self, KeyError> {
        Self::builder(secret, &signing_salt).build()
    }

    /// A session that its holder can neither read nor change: `encryption_salt:` and
    /// `signing_salt:`.
    ///
    /// # Errors
    /// As [`signed`](Self::signed).
    pub fn encrypted(
        secret: &SecretKeyBase,
        encryption_salt: impl AsRef<[u8]>,
        signing_salt: impl AsRef<[u8]>,
    ) -> Result<Self, KeyError> {
        Self::builder(secret, &signing_salt).encryption_salt(&encryption_salt).build()
    }

    /// A session cookie with other iterations, length or digest (`key_iterations:`, `key_length:`,
    /// `key_digest:`), or for a backend on Plug.Crypto 1.x.
    pub fn builder<'s>(
        secret: &'s SecretKeyBase,
        signing_salt: &'s (impl AsRef<[u8]> + ?Sized),
    ) -> SessionCookieBuilder<'s> {
        SessionCookieBuilder {
            secret,
            signing_salt: signing_salt.as_ref(),
            encryption_salt: None,
            params: Params::default(),
            cipher: Cipher::Xcp,
            limits: Limits::new(),
        }
    }

    /// The session of a cookie, be it encrypted by Plug.Crypto 2 (`XCP`) or 1 (`A128GCM`).
    ///
    /// Plug goes on with an empty session wherever this gives an error: `unwrap_or_default()`.
    ///
    /// # Errors
    /// [`Missing`](VerifyError::Missing) for `None`; [`Invalid`](VerifyError::Invalid) for all that
    /// is not a session under this key, be it authentic: a term that is no map, or no term;
    /// [`Local`](VerifyError::Local). A session cookie has no age, so it is never expired.
    pub fn read<'t>(&self, cookie: impl Presented<'t>) -> Result<Session, VerifyError> {
        self.read_as(cookie)
    }

    /// [`read`](Self::read) for another `:serializer`: `Cbor`, `Json`, `Vec<u8>` for the
    /// bytes as they are, or a type of the caller's.
    ///
    /// # Errors
    /// As [`read`](Self::read), and what [`SessionData::decode`] gives for authentic bytes.
    pub fn read_as<'t, S: SessionData>(
        &self,
        cookie: impl Presented<'t>,
    ) -> Result<S, VerifyError> {
        opened(from_ref(self), cookie.presented(), |bytes, _| S::decode(bytes, self.limits))
            .inspect_err(events::session_cookie_refused)
    }

    /// The cookie of a session; or of what another `:serializer` takes, see [`SessionData`].
    ///
    /// # Errors
    /// [`SignError::CookieOverflow`] where the value alone is over
    /// [`MAX_BYTES`](super::MAX_BYTES), which the name and attributes count towards as well;
    /// [`SignError::Data`] where the session cannot be written;
    /// [`SignError::Randomness`], which only an encrypted one needs.
    #[cfg(feature = "getrandom")]
    pub fn write<S: SessionData>(&self, session: &S) -> Result<String, SignError> {
        self.seal(random::os, |out| session.encode(out, self.limits))
    }

    /// [`write`](Self::write) with randomness of the caller's, for hosts without an operating
    /// system. The generator must be cryptographically secure. A signed session takes nothing of it.
    ///
    /// # Errors
    /// As [`write`](Self::write), without [`SignError::Randomness`].
    pub fn write_with_rng<S: SessionData, R: CryptoRng + ?Sized>(
        &self,
        session: &S,
        rng: &mut R,
    ) -> Result<String, SignError> {
        self.seal(random::from_rng(rng), |out| session.encode(out, self.limits))
    }

    /// The cookie of what `write` appends.
    pub(super) fn seal(
        &self,
        fill: impl FnMut(&mut [u8]) -> Result<(), SignError>,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), SignError>,
    ) -> Result<String, SignError> {
        let cookie = open::string(|out| match &*self.keys {
            Keys::Signed(key) => message_verifier::sign_with(out, key, Digest::Sha256, write),
            Keys::Encrypted(keys) => {
                self.cipher.encrypt(out, &keys.key, keys.sign_secret.secret_bytes(), fill, write)
            }
        })?;
        check_size(cookie.len())?;
        Ok(cookie)
    }

    /// Whether the cookie is signed, not encrypted.
    pub(super) fn is_signed(&self) -> bool {
        matches!(*self.keys, Keys::Signed(_))
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    pub(super) fn is_same_key(&self, other: &Self) -> bool {
        match (&*self.keys, &*other.keys) {
            (Keys::Signed(key), Keys::Signed(other)) => key.is_same_key(other),
            (Keys::Encrypted(keys), Keys::Encrypted(others)) => {
                let secret = keys.sign_secret.secret_bytes();
                let same_secret = secret.ct_eq(others.sign_secret.secret_bytes());
                keys.key.is_same_key(&others.key) & bool::from(same_secret)
            }
            _ => false,
        }
    }

    fn message<'s>(&self, cookie: &[u8], scratch: &'s mut Scratch) -> Result<&'s [u8], Invalid> {
        match &*self.keys {
            Keys::Signed(key) => {
                let encoded = message_verifier::authenticate(cookie, key, None)?;
                scratch.decode(encoded).map(|message| &*message)
            }
            Keys::Encrypted(keys) => {
                let sign_secret = keys.sign_secret.secret_bytes();
                message_encryptor::decrypt_into(cookie, AAD, &keys.key, sign_secret, scratch)
            }
        }
    }
}

/// Hands on the bytes of a cookie, with the position of the first key that made it.
pub(super) fn opened<R, E: From<VerifyError>>(
    keys: &[SessionCookie],
    cookie: Option<&str>,
    with_bytes: impl FnOnce(&[u8], usize) -> Result<R, E>,
) -> Result<R, E> {
    let mut scratch = Scratch::new();
    for (position, key) in keys.iter().enumerate() {
        let cookie = match open::presented(cookie, key.limits) {
            Err(VerifyError::Missing) => return Err(VerifyError::Missing.into()),
            Err(_) => continue,
            Ok(cookie) => cookie,
        };
        if let Ok(message) = key.message(cookie, &mut scratch) {
            return with_bytes(message, position);
        }
    }
    Err(VerifyError::Invalid.into())
}

impl<'s> SessionCookieBuilder<'s> {
    /// Encrypt the session (`encryption_salt:`).
    pub fn encryption_salt(mut self, salt: &'s (impl AsRef<[u8]> + ?Sized)) -> Self {
        self.encryption_salt = Some(salt.as_ref());
        self
    }

    /// Iterations of PBKDF2 (`key_iterations:`); 1000 unless set.
    pub fn iterations(mut self, iterations: u32) -> Self {
        self.params = self.params.iterations(iterations);
        self
    }

    /// Bytes of each key (`key_length:`); 32 unless set, which is what `XCP` takes and nothing else:
    /// other lengths are for signed sessions and for [`a128gcm`](Self::a128gcm).
    pub fn length(mut self, bytes: usize) -> Self {
        self.params = self.params.length(bytes);
        self
    }

    /// The hash of PBKDF2 (`key_digest:`); SHA-256 unless set. Signatures are HMAC-SHA256 whatever
    /// it is.
    pub fn digest(mut self, digest: Digest) -> Self {
        self.params = self.params.digest(digest);
        self
    }

    /// Encrypted sessions are written as `A128GCM`, which backends on Plug.Crypto 1.x read, and all
    /// later ones too. The keys have 16, 24, 32 or more bytes, of which 32 are used.
    pub fn a128gcm(mut self) -> Self {
        self.cipher = Cipher::A128Gcm;
        self
    }

    /// Other bounds on what is read than the [defaults](Limits::new).
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Derives the keys.
    ///
    /// # Errors
    /// [`KeyError::SecretTooShort`] under [`SessionCookie::MIN_SECRET_LENGTH`] bytes; zero
    /// iterations, no bytes, more bytes than PBKDF2 gives, or a length that the cipher does not
    /// take.
    pub fn build(self) -> Result<SessionCookie, KeyError> {
        self.secret.at_least(SessionCookie::MIN_SECRET_LENGTH)?;
        let derive = |salt| key_generator::derive(self.secret.secret_bytes(), salt, &self.params);
        let signing = derive(self.signing_salt)?;
        let keys = match self.encryption_salt {
            None => Keys::Signed(SigningKey::new(signing.secret_bytes())?),
            Some(salt) => Keys::Encrypted(Box::new(EncryptedKeys {
                key: self.cipher.key(derive(salt)?.secret_bytes())?,
                sign_secret: signing,
            })),
        };
        Ok(SessionCookie { keys: Arc::new(keys), cipher: self.cipher, limits: self.limits })
    }
}

impl fmt::Debug for SessionCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionCookie([secret elided])")
    }
}
