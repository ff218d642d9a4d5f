//! The remember-me cookie of phx.gen.auth.

use alloc::{format, string::String};
use core::time::Duration;

use super::{SameSite, SetCookie, TokenCookie, token_cookie};
use crate::{
    error::{DataError, KeyError, SignError, VerifyError},
    secret::SecretKeyBase,
    term::{Limits, Term},
    time::Timestamp,
    token::{Presented, Sign, Verified, Verify, term_data},
};

/// The remember-me cookie of phx.gen.auth: a signed cookie over the 32 bytes that name the row of
/// `users_tokens`.
///
/// It is valid for the time that its own text states; the row may say otherwise, and has the last
/// word. Where a session has no [`user_token`](super::Session::user_token), Phoenix takes the one of
/// this cookie and puts it in, with [`put_user_token`](super::Session::put_user_token) and
/// [`put_user_remember_me`](super::Session::put_user_remember_me).
///
/// # Example
/// ```
/// use phoenix_token::{SecretKeyBase, Timestamp, cookie::RememberMe};
///
/// # let secret_key_base = "a secret key base for cookies has at least sixty-four bytes, as here";
/// let secret = SecretKeyBase::new(secret_key_base)?; // at least 64 bytes
/// let remember_me = RememberMe::new(&secret, "my_app")?;
///
/// let token = [7; 32];
/// let value = remember_me.write(&token)?;
/// let header = remember_me.set_cookie().header(&value, Timestamp::now())?;
/// assert!(header.starts_with("_my_app_web_user_remember_me=SFMyNTY."));
///
/// assert_eq!(remember_me.read(&value)?.data, token);
///
/// // To log out:
/// let header = remember_me.set_cookie().removal_header()?;
/// assert!(header.starts_with("_my_app_web_user_remember_me=; path=/; expires=Thu, 01 Jan 1970"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RememberMe {
    cookie: TokenCookie,
}

impl RememberMe {
    /// How long Phoenix 1.8 keeps it: 14 days.
    pub const MAX_AGE: Duration = Duration::from_secs(14 * 86_400);

    /// How long Phoenix 1.7 kept it: 60 days.
    pub const MAX_AGE_1_7: Duration = Duration::from_secs(60 * 86_400);

    /// The cookie that Phoenix 1.8 generates for an application called `app` and a schema called
    /// `User`, see [`options`](Self::options).
    ///
    /// # Errors
    /// [`KeyError::SecretTooShort`] under
    /// [64 bytes](super::SessionCookie::MIN_SECRET_LENGTH).
    pub fn new(secret: &SecretKeyBase, app: &str) -> Result<Self, KeyError> {
        Self::with_options(secret, Self::options(app))
    }

    /// The cookie under another name, or sent otherwise.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    ///
    /// # Example
    /// ```
    /// # let secret_key_base = "a secret key base for cookies has at least sixty-four bytes, as here";
    /// # let secret = phoenix_token::SecretKeyBase::new(secret_key_base)?;
    /// use phoenix_token::cookie::RememberMe;
    ///
    /// let options = RememberMe::options("my_app").max_age(RememberMe::MAX_AGE_1_7);
    /// let remember_me = RememberMe::with_options(&secret, options)?;
    /// # Ok::<(), phoenix_token::KeyError>(())
    /// ```
    pub fn with_options(
        secret: &SecretKeyBase,
        set_cookie: impl Into<SetCookie>,
    ) -> Result<Self, KeyError> {
        TokenCookie::signed(secret, set_cookie).map(|cookie| Self { cookie })
    }

    /// [`new`](Self::new) for another schema than `User`, see
    /// [`options_for_schema`](Self::options_for_schema).
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn for_schema(secret: &SecretKeyBase, app: &str, schema: &str) -> Result<Self, KeyError> {
        Self::with_options(secret, Self::options_for_schema(app, schema))
    }

    /// [`for_schema`](Self::for_schema) with a secret that has made a cookie before.
    #[cfg(feature = "axum")]
    pub(crate) fn for_schema_again(secret: &SecretKeyBase, app: &str, schema: &str) -> Self {
        let options = Self::options_for_schema(app, schema);
        Self { cookie: TokenCookie::signed_again(secret, options) }
    }

    /// `_<app>_web_user_remember_me`, for 14 days, `SameSite=Lax`.
    pub fn options(app: &str) -> SetCookie {
        Self::options_for_schema(app, "user")
    }

    /// `_<app>_web_<schema>_remember_me`, with the schema in the singular: `account` for the one that
    /// `mix phx.gen.auth Accounts Account accounts` makes. Else as [`options`](Self::options).
    pub fn options_for_schema(app: &str, schema: &str) -> SetCookie {
        SetCookie::new(format!("_{app}_web_{schema}_remember_me"))
            .max_age(Self::MAX_AGE)
            .same_site(SameSite::Lax)
    }

    /// The name, and how the cookie is sent.
    pub fn set_cookie(&self) -> &SetCookie {
        self.cookie.set_cookie()
    }

    /// The value for a token, as of now.
    ///
    /// # Errors
    /// None that 32 bytes could give, unless the name and attributes are thousands of bytes long.
    #[cfg(feature = "std")]
    pub fn write(&self, token: &[u8; 32]) -> Result<String, SignError> {
        self.write_with(token, &self.cookie.options(Timestamp::now()))
    }

    /// [`write`](Self::write) as of the given moment.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_at(&self, token: &[u8; 32], signed_at: Timestamp) -> Result<String, SignError> {
        self.write_with(token, &self.cookie.options(signed_at))
    }

    fn write_with(&self, token: &[u8; 32], options: &Sign) -> Result<String, SignError> {
        self.cookie.sendable(self.cookie.key().sign_term(&Term::binary(*token), options)?)
    }

    /// The token of a value that a request brought.
    ///
    /// # Errors
    /// As [`TokenKey::verify`](crate::TokenKey::verify). An authentic cookie of anything but 32 bytes is
    /// [`VerifyError::Data`]: the same name was given to another cookie of the application.
    #[cfg(feature = "std")]
    pub fn read<'t>(&self, value: impl Presented<'t>) -> Result<Verified<[u8; 32]>, VerifyError> {
        self.read_with(value, &Verify::new())
    }

    /// [`read`](Self::read) with options, such as the moment.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_with<'t>(
        &self,
        value: impl Presented<'t>,
        options: &Verify,
    ) -> Result<Verified<[u8; 32]>, VerifyError> {
        token_cookie::read([&self.cookie], value.presented(), options, user_token)
    }

    pub(super) fn as_cookie(&self) -> &TokenCookie {
        &self.cookie
    }
}

/// The data of the cookie.
pub(super) fn user_token(term: &[u8], limits: Limits) -> Result<[u8; 32], VerifyError> {
    let term = term_data::read(term, limits)?;
    let token = term.as_bytes().and_then(|bytes| bytes.try_into().ok());
    token.ok_or_else(|| {
        VerifyError::Data(DataError { message: "expected a binary of 32 bytes".into() })
    })
}
