//! The key of one kind of token, derived once and shared by all who handle requests.

use alloc::sync::Arc;
use core::fmt;

use crate::{
    error::KeyError,
    key_generator::{self, Digest, Params},
    message_encryptor::Cipher,
    secret::{EncryptionKey, SecretKeyBase, SigningKey},
};

/// Signs, verifies, encrypts and decrypts the tokens of one salt.
///
/// Making one runs PBKDF2; using it never does. Cloning is cheap, and threads may share it: nothing
/// in it changes.
///
/// # Example
/// ```
/// use phoenix_token::{SecretKeyBase, TokenKey};
///
/// let secret = SecretKeyBase::new("a secret key base of at least twenty bytes")?;
/// let user_auth = TokenKey::derive(&secret, "user auth");
///
/// let token = user_auth.sign(&42)?;
/// assert_eq!(user_auth.verify::<u64>(&token)?.data, 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct TokenKey {
    pub(super) keys: Arc<Keys>,
}

pub(super) struct Keys {
    pub(super) signing: SigningKey,
    /// None where the key is for signing only.
    pub(super) encryption: Option<EncryptionKey>,
    pub(super) cipher: Cipher,
}

/// A [`TokenKey`] with other than the default options, from [`TokenKey::builder`].
#[derive(Clone, Debug)]
#[must_use]
pub struct TokenKeyBuilder<'s> {
    secret: &'s SecretKeyBase,
    salt: &'s [u8],
    params: Params,
    cipher: Cipher,
    signing_only: bool,
}

impl TokenKey {
    /// The key that Phoenix.Token uses for this salt:
    /// `PBKDF2-HMAC-SHA256(secret, salt, 1000 iterations, 32 bytes)`.
    #[expect(clippy::expect_used, reason = "the defaults give 32 bytes, which all parts take")]
    pub fn derive(secret: &SecretKeyBase, salt: impl AsRef<[u8]>) -> Self {
        Self::builder(secret, &salt).build().expect("the default options")
    }

    /// A key with other iterations, length or digest (`key_iterations:`, `key_length:`,
    /// `key_digest:`), or for a backend on Plug.Crypto 1.x.
    ///
    /// # Example
    /// ```
    /// use phoenix_token::{SecretKeyBase, TokenKey, key_generator::Digest};
    ///
    /// let secret = SecretKeyBase::new("a secret key base of at least twenty bytes")?;
    /// let key = TokenKey::builder(&secret, "user auth").digest(Digest::Sha512).build()?;
    /// # Ok::<(), phoenix_token::KeyError>(())
    /// ```
    pub fn builder<'s>(
        secret: &'s SecretKeyBase,
        salt: &'s (impl AsRef<[u8]> + ?Sized),
    ) -> TokenKeyBuilder<'s> {
        TokenKeyBuilder {
            secret,
            salt: salt.as_ref(),
            params: Params::default(),
            cipher: Cipher::Xcp,
            signing_only: false,
        }
    }
}

impl TokenKeyBuilder<'_> {
    /// Iterations of PBKDF2; 1000 unless set. The cost of making the key, not of using it.
    pub fn iterations(mut self, iterations: u32) -> Self {
        self.params = self.params.iterations(iterations);
        self
    }

    /// Bytes of the key; 32 unless set. XChaCha20-Poly1305 takes 32 and nothing else: other lengths
    /// go with [`a128gcm`](Self::a128gcm) or [`signing_only`](Self::signing_only).
    pub fn length(mut self, bytes: usize) -> Self {
        self.params = self.params.length(bytes);
        self
    }

    /// The hash of PBKDF2; SHA-256 unless set. Signatures are HMAC-SHA256 whatever it is.
    pub fn digest(mut self, digest: Digest) -> Self {
        self.params = self.params.digest(digest);
        self
    }

    /// `encrypt` writes `A128GCM`, the only form that Plug.Crypto 1.x reads. 2.x reads it too, under a
    /// key of 16, 24 or 32 bytes; of a longer one 1.x uses 32 and 2.x raises.
    pub fn a128gcm(mut self) -> Self {
        self.cipher = Cipher::A128Gcm;
        self
    }

    /// No encryption: a key of any length.
    pub fn signing_only(mut self) -> Self {
        self.signing_only = true;
        self
    }

    /// Derives the key.
    ///
    /// # Errors
    /// Zero iterations, no bytes, more bytes than PBKDF2 gives, or a length that the cipher does
    /// not take.
    pub fn build(self) -> Result<TokenKey, KeyError> {
        let derived = key_generator::derive(self.secret.secret_bytes(), self.salt, &self.params)?;
        let signing = SigningKey::new(derived.secret_bytes())?;
        let encryption = match self.signing_only {
            true => None,
            false => Some(self.cipher.key(derived.secret_bytes())?),
        };
        Ok(TokenKey { keys: Arc::new(Keys { signing, encryption, cipher: self.cipher }) })
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey([secret elided])")
    }
}
