//! Signed and encrypted cookies: `put_resp_cookie(conn, name, value, sign: true)`, or
//! `encrypt: true`.

use alloc::{format, string::String, vec::Vec};
use core::slice::from_ref;

use rand_core::CryptoRng;

use super::SetCookie;
use crate::{
    error::{KeyError, SignError, VerifyError},
    events,
    keyring::RingKey,
    secret::SecretKeyBase,
    term::{Limits, Term},
    time::{MaxAge, Timestamp},
    token::{Presented, Sign, TokenKey, Verified, Verify, open},
};
#[cfg(feature = "serde")]
use ::serde::{Serialize, de::DeserializeOwned};

/// A signed or encrypted cookie of one name: its value is a token under the salt `<name>_cookie`.
///
/// The value says when it was written, and is refused when its age is over: the
/// [`max_age`](SetCookie::max_age) of the cookie, or a day where the cookie has none and ends with
/// the browser, as upstream.
///
/// # Example
/// ```
/// use phoenix_token::{SecretKeyBase, cookie::{SetCookie, TokenCookie}};
/// use std::time::Duration;
///
/// # let secret_key_base = "a secret key base for cookies has at least sixty-four bytes, as here";
/// let secret = SecretKeyBase::new(secret_key_base)?; // at least 64 bytes
/// let set_cookie = SetCookie::new("preferences").max_age(Duration::from_secs(30 * 86_400));
/// let preferences = TokenCookie::signed(&secret, set_cookie)?;
///
/// // conn = fetch_cookies(conn, signed: ~w(preferences)); conn.cookies["preferences"] gives {"pl", 20}
/// let value = preferences.write(&("pl", 20))?;
/// let (locale, rows): (String, u32) = preferences.read(&value)?.data;
/// # assert_eq!((locale.as_str(), rows), ("pl", 20));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct TokenCookie {
    key: TokenKey,
    kind: Kind,
    set_cookie: SetCookie,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Signed,
    Encrypted,
}

impl TokenCookie {
    /// A cookie that its holder can read, and not change: `sign: true`.
    ///
    /// # Errors
    /// [`KeyError::SecretTooShort`] under
    /// [64 bytes](super::SessionCookie::MIN_SECRET_LENGTH), as for all cookies.
    pub fn signed(
        secret: &SecretKeyBase,
        set_cookie: impl Into<SetCookie>,
    ) -> Result<Self, KeyError> {
        Self::derive(secret, Kind::Signed, false, set_cookie.into())
    }

    /// A cookie that its holder can neither read nor change: `encrypt: true`.
    ///
    /// # Errors
    /// As [`signed`](Self::signed).
    pub fn encrypted(
        secret: &SecretKeyBase,
        set_cookie: impl Into<SetCookie>,
    ) -> Result<Self, KeyError> {
        Self::derive(secret, Kind::Encrypted, false, set_cookie.into())
    }

    /// [`encrypted`](Self::encrypted) as `A128GCM`, which backends on Plug.Crypto 1.x read, and all
    /// later ones too.
    ///
    /// # Errors
    /// As [`signed`](Self::signed).
    pub fn encrypted_a128gcm(
        secret: &SecretKeyBase,
        set_cookie: impl Into<SetCookie>,
    ) -> Result<Self, KeyError> {
        Self::derive(secret, Kind::Encrypted, true, set_cookie.into())
    }

    fn derive(
        secret: &SecretKeyBase,
        kind: Kind,
        a128gcm: bool,
        set_cookie: SetCookie,
    ) -> Result<Self, KeyError> {
        secret.at_least(super::SessionCookie::MIN_SECRET_LENGTH)?;
        let salt = format!("{}_cookie", set_cookie.name());
        let builder = TokenKey::builder(secret, &salt);
        let key = if a128gcm { builder.a128gcm().build()? } else { builder.build()? };
        Ok(Self { key, kind, set_cookie })
    }

    /// [`signed`](Self::signed) with a secret that has made a cookie before, and so is long enough.
    #[cfg(feature = "axum")]
    pub(super) fn signed_again(secret: &SecretKeyBase, set_cookie: SetCookie) -> Self {
        let key = TokenKey::derive(secret, format!("{}_cookie", set_cookie.name()));
        Self { key, kind: Kind::Signed, set_cookie }
    }

    /// The name, and how the cookie is sent.
    pub fn set_cookie(&self) -> &SetCookie {
        &self.set_cookie
    }

    /// The value for this data, as of now.
    ///
    /// # Errors
    /// As [`TokenKey::sign`] or [`TokenKey::encrypt`]; [`SignError::CookieOverflow`] where the
    /// header that sends it would be over [`MAX_BYTES`](super::MAX_BYTES).
    #[cfg(all(feature = "serde", feature = "std", feature = "getrandom"))]
    pub fn write<T: Serialize + ?Sized>(&self, data: &T) -> Result<String, SignError> {
        self.write_at(data, Timestamp::now())
    }

    /// [`write`](Self::write) as of the given moment.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    #[cfg(all(feature = "serde", feature = "getrandom"))]
    pub fn write_at<T: Serialize + ?Sized>(
        &self,
        data: &T,
        signed_at: Timestamp,
    ) -> Result<String, SignError> {
        let options = self.options(signed_at);
        self.sendable(match self.kind {
            Kind::Signed => self.key.sign_with(data, &options)?,
            Kind::Encrypted => self.key.encrypt_with(data, &options)?,
        })
    }

    /// [`write_at`](Self::write_at) with randomness of the caller's, which must be cryptographically
    /// secure. A signed cookie takes nothing of it.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    #[cfg(feature = "serde")]
    pub fn write_with_rng<T: Serialize + ?Sized, R: CryptoRng + ?Sized>(
        &self,
        data: &T,
        signed_at: Timestamp,
        rng: &mut R,
    ) -> Result<String, SignError> {
        let options = self.options(signed_at);
        self.sendable(match self.kind {
            Kind::Signed => self.key.sign_with(data, &options)?,
            Kind::Encrypted => self.key.encrypt_with_rng(data, &options, rng)?,
        })
    }

    /// [`write_at`](Self::write_at) for a term.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    #[cfg(feature = "getrandom")]
    pub fn write_term(&self, data: &Term, signed_at: Timestamp) -> Result<String, SignError> {
        let options = self.options(signed_at);
        self.sendable(match self.kind {
            Kind::Signed => self.key.sign_term(data, &options)?,
            Kind::Encrypted => self.key.encrypt_term(data, &options)?,
        })
    }

    /// [`write_with_rng`](Self::write_with_rng) for a term.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_term_with_rng<R: CryptoRng + ?Sized>(
        &self,
        data: &Term,
        signed_at: Timestamp,
        rng: &mut R,
    ) -> Result<String, SignError> {
        let options = self.options(signed_at);
        self.sendable(match self.kind {
            Kind::Signed => self.key.sign_term(data, &options)?,
            Kind::Encrypted => self.key.encrypt_term_with_rng(data, &options, rng)?,
        })
    }

    /// The data of a value that a request brought, within the age that the value states.
    ///
    /// # Errors
    /// As [`TokenKey::verify`].
    #[cfg(all(feature = "serde", feature = "std"))]
    pub fn read<'t, T: DeserializeOwned>(
        &self,
        value: impl Presented<'t>,
    ) -> Result<Verified<T>, VerifyError> {
        self.read_with(value, &Verify::new())
    }

    /// [`read`](Self::read) as of the given moment.
    ///
    /// # Errors
    /// As [`TokenKey::verify`].
    #[cfg(feature = "serde")]
    pub fn read_at<'t, T: DeserializeOwned>(
        &self,
        value: impl Presented<'t>,
        now: Timestamp,
    ) -> Result<Verified<T>, VerifyError> {
        self.read_with(value, &Verify::at(now))
    }

    /// [`read`](Self::read) with options.
    ///
    /// # Errors
    /// As [`TokenKey::verify`].
    #[cfg(feature = "serde")]
    pub fn read_with<'t, T: DeserializeOwned>(
        &self,
        value: impl Presented<'t>,
        options: &Verify,
    ) -> Result<Verified<T>, VerifyError> {
        read(from_ref(self), value.presented(), options, crate::token::serde_data::read)
    }

    /// [`read_with`](Self::read_with) for a term.
    ///
    /// # Errors
    /// As [`TokenKey::verify_term`].
    pub fn read_term<'t>(
        &self,
        value: impl Presented<'t>,
        options: &Verify,
    ) -> Result<Verified<Term>, VerifyError> {
        read(from_ref(self), value.presented(), options, crate::token::term_data::read)
    }

    /// The value with this payload, in which time and age stand already.
    pub(super) fn seal(
        &self,
        fill: impl FnMut(&mut [u8]) -> Result<(), SignError>,
        payload: &[u8],
    ) -> Result<String, SignError> {
        let write = |out: &mut Vec<u8>| {
            out.extend_from_slice(payload);
            Ok(())
        };
        self.sendable(open::string(|out| match self.kind {
            Kind::Signed => self.key.sign_payload(out, write),
            Kind::Encrypted => self.key.encrypt_payload(out, fill, write),
        })?)
    }

    /// The value, if its header is not too long, which does not depend on when it is sent. What
    /// characters the header may have is for whoever makes one.
    pub(super) fn sendable(&self, value: String) -> Result<String, SignError> {
        match self.set_cookie.header(&value, Timestamp::from_millis(0)) {
            Err(SignError::CookieOverflow { bytes }) => Err(SignError::CookieOverflow { bytes }),
            _ => Ok(value),
        }
    }

    pub(super) fn is_signed(&self) -> bool {
        self.kind == Kind::Signed
    }

    pub(super) fn is_same_key(&self, other: &Self) -> bool {
        self.key.is_same_key(&other.key) & (self.kind == other.kind)
    }

    pub(super) fn options(&self, signed_at: Timestamp) -> Sign {
        let max_age = self.set_cookie.max_age.map_or(MaxAge::DEFAULT, MaxAge::from);
        Sign::at(signed_at).max_age(max_age)
    }

    pub(super) fn key(&self) -> &TokenKey {
        &self.key
    }
}

/// Reads a value under the first of the keys that made it; `read_data` is as for
/// [`open::read_payload`].
pub(super) fn read<'k, T>(
    keys: impl IntoIterator<Item = &'k TokenCookie>,
    value: Option<&str>,
    options: &Verify,
    read_data: impl Fn(&[u8], Limits) -> Result<T, VerifyError>,
) -> Result<Verified<T>, VerifyError> {
    opened(keys, value, options, |payload, position| {
        open::read_payload(payload, position, options, &read_data)
    })
    .inspect_err(|error| events::token_refused("read cookie", error))
}

/// Hands on the payload of a value, with the position of the first key that made it: it is
/// authentic, and of any age.
pub(super) fn opened<'k, R, E: From<VerifyError>>(
    keys: impl IntoIterator<Item = &'k TokenCookie>,
    value: Option<&str>,
    options: &Verify,
    mut with_payload: impl FnMut(&[u8], usize) -> Result<R, E>,
) -> Result<R, E> {
    for (position, TokenCookie { key, kind, .. }) in keys.into_iter().enumerate() {
        let then = |bytes: &[u8], _| Ok::<_, VerifyError>(with_payload(bytes, position));
        let result = match kind {
            Kind::Signed => open::authentic(from_ref(key), value, options, then),
            Kind::Encrypted => open::decrypted(from_ref(key), value, options, then),
        };
        match result {
            Ok(result) => return result,
            Err(VerifyError::Invalid) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(VerifyError::Invalid.into())
}
