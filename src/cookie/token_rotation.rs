//! Signed and encrypted cookies under a ring of keys.

use alloc::{borrow::ToOwned, string::String};

use rand_core::CryptoRng;

use super::{
    RememberMe, TokenCookie, remember_me,
    token_cookie::{opened, read},
};
use crate::{
    error::{SignError, VerifyError},
    events,
    keyring::{Keyring, RingKey, RotateError, private::Sealed},
    random,
    term::Term,
    token::{Presented, Verified, Verify, open, term_data},
};

/// Signed and encrypted cookies: the [first](Keyring::first) key writes, every one reads.
/// [`Verified::key`] tells which one matched. One may be signed and another encrypted.
impl Keyring<TokenCookie> {
    /// [`TokenCookie::read`] under every key.
    ///
    /// # Errors
    /// As [`TokenCookie::read`].
    #[cfg(all(feature = "serde", feature = "std"))]
    pub fn read<'t, T: ::serde::de::DeserializeOwned>(
        &self,
        value: impl Presented<'t>,
    ) -> Result<Verified<T>, VerifyError> {
        self.read_with(value, &Verify::new())
    }

    /// [`TokenCookie::read_with`] under every key.
    ///
    /// # Errors
    /// As [`TokenCookie::read`].
    #[cfg(feature = "serde")]
    pub fn read_with<'t, T: ::serde::de::DeserializeOwned>(
        &self,
        value: impl Presented<'t>,
        options: &Verify,
    ) -> Result<Verified<T>, VerifyError> {
        read(self.keys(), value.presented(), options, crate::token::serde_data::read)
    }

    /// [`TokenCookie::read_term`] under every key.
    ///
    /// # Errors
    /// As [`TokenCookie::read_term`].
    pub fn read_term<'t>(
        &self,
        value: impl Presented<'t>,
        options: &Verify,
    ) -> Result<Verified<Term>, VerifyError> {
        read(self.keys(), value.presented(), options, term_data::read)
    }

    /// The same value under the first key: data, `signed_at` and `max_age` are kept to the byte, so
    /// that it lives as long as it would have. A signed value of the first key comes back as it is,
    /// an encrypted one is encrypted anew.
    ///
    /// The browser keeps it as long as the header says that it comes with: give that no more than
    /// what is left until [`Verified::expires_at`].
    ///
    /// # Errors
    /// As [`TokenCookie::read`] and [`TokenCookie::write`]: what is refused is not written again.
    #[cfg(all(feature = "std", feature = "getrandom"))]
    pub fn rotate<'t>(&self, value: impl Presented<'t>) -> Result<String, RotateError> {
        self.rotate_with(value, &Verify::new())
    }

    /// [`rotate`](Self::rotate) with options.
    ///
    /// # Errors
    /// As [`rotate`](Self::rotate).
    #[cfg(feature = "getrandom")]
    pub fn rotate_with<'t>(
        &self,
        value: impl Presented<'t>,
        options: &Verify,
    ) -> Result<String, RotateError> {
        rotate(self.first(), self.keys(), value.presented(), options, random::os)
    }

    /// [`rotate_with`](Self::rotate_with) with randomness of the caller's, which must be
    /// cryptographically secure.
    ///
    /// # Errors
    /// As [`rotate`](Self::rotate).
    pub fn rotate_with_rng<'t, R: CryptoRng + ?Sized>(
        &self,
        value: impl Presented<'t>,
        options: &Verify,
        rng: &mut R,
    ) -> Result<String, RotateError> {
        rotate(self.first(), self.keys(), value.presented(), options, random::from_rng(rng))
    }
}

/// The remember-me cookie: the [first](Keyring::first) key writes, every one reads.
/// [`Verified::key`] tells which one matched.
impl Keyring<RememberMe> {
    /// [`RememberMe::read`] under every key.
    ///
    /// # Errors
    /// As [`RememberMe::read`].
    #[cfg(feature = "std")]
    pub fn read<'t>(&self, value: impl Presented<'t>) -> Result<Verified<[u8; 32]>, VerifyError> {
        self.read_with(value, &Verify::new())
    }

    /// [`RememberMe::read_with`] under every key.
    ///
    /// # Errors
    /// As [`RememberMe::read`].
    pub fn read_with<'t>(
        &self,
        value: impl Presented<'t>,
        options: &Verify,
    ) -> Result<Verified<[u8; 32]>, VerifyError> {
        let keys = self.keys().iter().map(RememberMe::as_cookie);
        read(keys, value.presented(), options, remember_me::user_token)
    }

    /// The same value under the first key, as for other signed cookies: it lives as long as it would have.
    ///
    /// # Errors
    /// As [`RememberMe::read`]: what is refused is not written again.
    #[cfg(feature = "std")]
    pub fn rotate<'t>(&self, value: impl Presented<'t>) -> Result<String, RotateError> {
        self.rotate_with(value, &Verify::new())
    }

    /// [`rotate`](Self::rotate) with options.
    ///
    /// # Errors
    /// As [`rotate`](Self::rotate).
    pub fn rotate_with<'t>(
        &self,
        value: impl Presented<'t>,
        options: &Verify,
    ) -> Result<String, RotateError> {
        let keys = self.keys().iter().map(RememberMe::as_cookie);
        // It is signed, which takes no randomness.
        rotate(self.first().as_cookie(), keys, value.presented(), options, |_| {
            Err(SignError::Randomness)
        })
    }
}

fn rotate<'k>(
    first: &TokenCookie,
    keys: impl IntoIterator<Item = &'k TokenCookie>,
    value: Option<&str>,
    options: &Verify,
    mut fill: impl FnMut(&mut [u8]) -> Result<(), SignError>,
) -> Result<String, RotateError> {
    opened(keys, value, options, |payload, position| {
        open::read_payload(payload, position, options, open::checked)?;
        match value {
            Some(value) if position == 0 && first.is_signed() => Ok(value.to_owned()),
            _ => Ok(first.seal(&mut fill, payload)?),
        }
    })
    .inspect_err(|error| events::rotation_refused("rotate cookie", error))
}

impl Sealed for TokenCookie {}

impl RingKey for TokenCookie {
    fn is_same_key(&self, other: &Self) -> bool {
        self.is_same_key(other)
    }
}

impl Sealed for RememberMe {}

impl RingKey for RememberMe {
    fn is_same_key(&self, other: &Self) -> bool {
        self.as_cookie().is_same_key(other.as_cookie())
    }
}
