//! Session cookies under a ring of keys.

use alloc::{borrow::ToOwned, string::String};

use rand_core::CryptoRng;

use super::{
    Session, SessionData,
    session_cookie::{SessionCookie, opened},
};
use crate::{
    error::{SignError, VerifyError},
    events,
    keyring::{Keyring, Matched, RingKey, RotateError, private::Sealed},
    random,
    token::Presented,
};

/// Session cookies: the [first](Keyring::first) key writes, every one reads, as with Plug's
/// `rotating_options`. Each may have another secret, other salts and options; one may be signed
/// and another encrypted.
impl Keyring<SessionCookie> {
    /// [`SessionCookie::read`] under every key.
    ///
    /// # Errors
    /// As [`SessionCookie::read`].
    pub fn read<'t>(&self, cookie: impl Presented<'t>) -> Result<Matched<Session>, VerifyError> {
        self.read_as(cookie)
    }

    /// [`SessionCookie::read_as`] under every key.
    ///
    /// # Errors
    /// As [`SessionCookie::read_as`].
    pub fn read_as<'t, S: SessionData>(
        &self,
        cookie: impl Presented<'t>,
    ) -> Result<Matched<S>, VerifyError> {
        opened(self.keys(), cookie.presented(), |bytes, position| {
            let limits = self.keys().get(position).map(SessionCookie::limits).unwrap_or_default();
            Ok(Matched { data: S::decode(bytes, limits)?, key: position })
        })
        .inspect_err(events::session_cookie_refused)
    }

    /// The same session under the first key, its bytes unchanged, whatever the serializer. A signed
    /// cookie of the first key comes back as it is, an encrypted one is encrypted anew.
    ///
    /// # Errors
    /// As [`SessionCookie::read`], but for what the bytes mean, which is not looked at; and as
    /// [`SessionCookie::write`]. What is refused is not written again.
    #[cfg(feature = "getrandom")]
    pub fn rotate<'t>(&self, cookie: impl Presented<'t>) -> Result<String, RotateError> {
        self.rotate_filled(cookie.presented(), random::os)
    }

    /// [`rotate`](Self::rotate) with randomness of the caller's, which must be cryptographically
    /// secure.
    ///
    /// # Errors
    /// As [`rotate`](Self::rotate).
    pub fn rotate_with_rng<'t, R: CryptoRng + ?Sized>(
        &self,
        cookie: impl Presented<'t>,
        rng: &mut R,
    ) -> Result<String, RotateError> {
        self.rotate_filled(cookie.presented(), random::from_rng(rng))
    }

    fn rotate_filled(
        &self,
        cookie: Option<&str>,
        fill: impl FnMut(&mut [u8]) -> Result<(), SignError>,
    ) -> Result<String, RotateError> {
        opened(self.keys(), cookie, |bytes, position| match cookie {
            Some(cookie) if position == 0 && self.first().is_signed() => Ok(cookie.to_owned()),
            _ => Ok(self.first().seal(fill, |out| {
                out.extend_from_slice(bytes);
                Ok(())
            })?),
        })
        .inspect_err(|error| {
            if let RotateError::Verify(error) = error {
                events::session_cookie_refused(error);
            }
        })
    }
}

impl Sealed for SessionCookie {}

impl RingKey for SessionCookie {
    fn is_same_key(&self, other: &Self) -> bool {
        self.is_same_key(other)
    }
}
