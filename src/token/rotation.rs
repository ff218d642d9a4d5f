//! Tokens under a ring of keys.

use alloc::{string::String, vec::Vec};

use rand_core::CryptoRng;

use super::{Presented, TokenKey, Verified, Verify, open};
use crate::{
    error::{SignError, VerifyError},
    events,
    keyring::{Keyring, RingKey, RotateError, private::Sealed},
    random,
    term::Term,
    time::Timestamp,
};

/// Tokens: every key verifies and decrypts. The first one signs and encrypts, by itself:
/// `ring.first().sign(&data)`.
/// [`Verified::key`] tells which one matched.
impl Keyring<TokenKey> {
    /// [`TokenKey::verify`] under every key.
    ///
    /// # Errors
    /// As [`TokenKey::verify`].
    #[cfg(all(feature = "serde", feature = "std"))]
    pub fn verify<'t, T: ::serde::de::DeserializeOwned>(
        &self,
        token: impl Presented<'t>,
    ) -> Result<Verified<T>, VerifyError> {
        self.verify_with(token, &Verify::new())
    }

    /// [`TokenKey::verify_at`] under every key.
    ///
    /// # Errors
    /// As [`TokenKey::verify`].
    #[cfg(feature = "serde")]
    pub fn verify_at<'t, T: ::serde::de::DeserializeOwned>(
        &self,
        token: impl Presented<'t>,
        now: Timestamp,
    ) -> Result<Verified<T>, VerifyError> {
        self.verify_with(token, &Verify::at(now))
    }

    /// [`TokenKey::verify_with`] under every key.
    ///
    /// # Errors
    /// As [`TokenKey::verify`].
    #[cfg(feature = "serde")]
    pub fn verify_with<'t, T: ::serde::de::DeserializeOwned>(
        &self,
        token: impl Presented<'t>,
        options: &Verify,
    ) -> Result<Verified<T>, VerifyError> {
        open::verify(self.keys(), token.presented(), options, super::serde_data::read)
    }

    /// [`TokenKey::verify_term`] under every key.
    ///
    /// # Errors
    /// As [`TokenKey::verify_term`].
    pub fn verify_term<'t>(
        &self,
        token: impl Presented<'t>,
        options: &Verify,
    ) -> Result<Verified<Term>, VerifyError> {
        open::verify(self.keys(), token.presented(), options, super::term_data::read)
    }

    /// [`TokenKey::decrypt`] under every key.
    ///
    /// # Errors
    /// As [`TokenKey::decrypt`].
    #[cfg(all(feature = "serde", feature = "std"))]
    pub fn decrypt<'t, T: ::serde::de::DeserializeOwned>(
        &self,
        token: impl Presented<'t>,
    ) -> Result<Verified<T>, VerifyError> {
        self.decrypt_with(token, &Verify::new())
    }

    /// [`TokenKey::decrypt_at`] under every key.
    ///
    /// # Errors
    /// As [`TokenKey::decrypt`].
    #[cfg(feature = "serde")]
    pub fn decrypt_at<'t, T: ::serde::de::DeserializeOwned>(
        &self,
        token: impl Presented<'t>,
        now: Timestamp,
    ) -> Result<Verified<T>, VerifyError> {
        self.decrypt_with(token, &Verify::at(now))
    }

    /// [`TokenKey::decrypt_with`] under every key.
    ///
    /// # Errors
    /// As [`TokenKey::decrypt`].
    #[cfg(feature = "serde")]
    pub fn decrypt_with<'t, T: ::serde::de::DeserializeOwned>(
        &self,
        token: impl Presented<'t>,
        options: &Verify,
    ) -> Result<Verified<T>, VerifyError> {
        open::decrypt(self.keys(), token.presented(), options, super::serde_data::read)
    }

    /// [`TokenKey::decrypt_term`] under every key.
    ///
    /// # Errors
    /// As [`TokenKey::decrypt_term`].
    pub fn decrypt_term<'t>(
        &self,
        token: impl Presented<'t>,
        options: &Verify,
    ) -> Result<Verified<Term>, VerifyError> {
        open::decrypt(self.keys(), token.presented(), options, super::term_data::read)
    }

    /// The same signed token under the first key: data, `signed_at` and `max_age` are kept to the
    /// byte, so that it lives as long as it would have. A token of the first key comes back as it is.
    ///
    /// # Errors
    /// As [`TokenKey::verify`]: what is refused is not signed again.
    #[cfg(feature = "std")]
    pub fn rotate<'t>(&self, token: impl Presented<'t>) -> Result<String, RotateError> {
        self.rotate_with(token, &Verify::new())
    }

    /// [`rotate`](Self::rotate) as of the given moment.
    ///
    /// # Errors
    /// As [`rotate`](Self::rotate).
    pub fn rotate_at<'t>(
        &self,
        token: impl Presented<'t>,
        now: Timestamp,
    ) -> Result<String, RotateError> {
        self.rotate_with(token, &Verify::at(now))
    }

    /// [`rotate`](Self::rotate) with options.
    ///
    /// # Errors
    /// As [`rotate`](Self::rotate).
    pub fn rotate_with<'t>(
        &self,
        token: impl Presented<'t>,
        options: &Verify,
    ) -> Result<String, RotateError> {
        let token = token.presented();
        open::authentic(self.keys(), token, options, |payload, position| {
            open::read_payload(payload, position, options, open::checked)?;
            if position == 0 {
                return Ok(token.map(String::from).unwrap_or_default());
            }
            Ok(open::string(|out| self.first().sign_payload(out, |out| append(out, payload)))?)
        })
        .inspect_err(|error| events::rotation_refused("rotate", error))
    }

    /// [`rotate`](Self::rotate) for an encrypted token, which is encrypted anew even if it was under
    /// the first key.
    ///
    /// # Errors
    /// As [`rotate`](Self::rotate), and as [`TokenKey::encrypt`].
    #[cfg(all(feature = "std", feature = "getrandom"))]
    pub fn rotate_encrypted<'t>(&self, token: impl Presented<'t>) -> Result<String, RotateError> {
        self.rotate_encrypted_with(token, &Verify::new())
    }

    /// [`rotate_encrypted`](Self::rotate_encrypted) as of the given moment.
    ///
    /// # Errors
    /// As [`rotate_encrypted`](Self::rotate_encrypted).
    #[cfg(feature = "getrandom")]
    pub fn rotate_encrypted_at<'t>(
        &self,
        token: impl Presented<'t>,
        now: Timestamp,
    ) -> Result<String, RotateError> {
        self.rotate_encrypted_with(token, &Verify::at(now))
    }

    /// [`rotate_encrypted`](Self::rotate_encrypted) with options.
    ///
    /// # Errors
    /// As [`rotate_encrypted`](Self::rotate_encrypted).
    #[cfg(feature = "getrandom")]
    pub fn rotate_encrypted_with<'t>(
        &self,
        token: impl Presented<'t>,
        options: &Verify,
    ) -> Result<String, RotateError> {
        self.encrypted_anew(token.presented(), options, random::os)
    }

    /// [`rotate_encrypted_with`](Self::rotate_encrypted_with) with randomness of the caller's, which
    /// must be cryptographically secure.
    ///
    /// # Errors
    /// As [`rotate_encrypted`](Self::rotate_encrypted).
    pub fn rotate_encrypted_with_rng<'t, R: CryptoRng + ?Sized>(
        &self,
        token: impl Presented<'t>,
        options: &Verify,
        rng: &mut R,
    ) -> Result<String, RotateError> {
        self.encrypted_anew(token.presented(), options, random::from_rng(rng))
    }

    fn encrypted_anew(
        &self,
        token: Option<&str>,
        options: &Verify,
        fill: impl FnMut(&mut [u8]) -> Result<(), SignError>,
    ) -> Result<String, RotateError> {
        open::decrypted(self.keys(), token, options, |payload, position| {
            open::read_payload(payload, position, options, open::checked)?;
            Ok(open::string(|out| {
                self.first().encrypt_payload(out, fill, |out| append(out, payload))
            })?)
        })
        .inspect_err(|error| events::rotation_refused("rotate", error))
    }
}

impl Sealed for TokenKey {}

impl RingKey for TokenKey {
    fn is_same_key(&self, other: &Self) -> bool {
        let encrypts = |key: &Self| key.keys.encryption.is_some();
        self.keys.signing.is_same_key(&other.keys.signing) && encrypts(self) == encrypts(other)
    }
}

fn append(out: &mut Vec<u8>, payload: &[u8]) -> Result<(), SignError> {
    out.extend_from_slice(payload);
    Ok(())
}
