//! The header `Set-Cookie`, as Plug writes it.

use alloc::{borrow::Cow, string::String};
use core::{
    fmt::{self, Write},
    time::Duration,
};

use super::{check_size, http_date::HttpDate};
use crate::{error::SignError, time::Timestamp};

/// A cookie's name and how it is sent: the options of `Plug.Conn.put_resp_cookie/4`, and those that
/// `Plug.Session` hands on to it.
///
/// | option of Plug | here, and unless set |
/// | --- | --- |
/// | `path:` | [`path`](Self::path): `/` |
/// | `domain:` | [`domain`](Self::domain): none, so that the cookie goes back to this host alone |
/// | `max_age:` | [`max_age`](Self::max_age): none, so that it ends with the browser |
/// | `secure:` | [`secure`](Self::secure): set, as Plug has it for requests that came by HTTPS |
/// | `http_only:` | [`http_only`](Self::http_only): set |
/// | `same_site:` | [`same_site`](Self::same_site): none; the generators of Phoenix have `Lax` |
/// | `extra: "Partitioned"` | [`partitioned`](Self::partitioned): not set |
///
/// # Example
/// ```
/// use phoenix_token::{Timestamp, cookie::{SameSite, SetCookie}};
/// use std::time::Duration;
///
/// let cookie = SetCookie::new("_my_app_key").same_site(SameSite::Lax);
/// assert_eq!(
///     cookie.header("value", Timestamp::from_secs(1_767_323_045))?,
///     "_my_app_key=value; path=/; secure; HttpOnly; SameSite=Lax"
/// );
/// assert_eq!(
///     cookie.max_age(Duration::from_secs(60)).header("value", Timestamp::from_secs(1_767_323_045))?,
///     "_my_app_key=value; path=/; expires=Fri, 02 Jan 2026 03:05:05 GMT; max-age=60; secure; \
///      HttpOnly; SameSite=Lax"
/// );
/// # Ok::<(), phoenix_token::SignError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct SetCookie {
    pub(super) name: Cow<'static, str>,
    pub(super) path: Cow<'static, str>,
    pub(super) domain: Option<Cow<'static, str>>,
    /// Whole seconds.
    pub(super) max_age: Option<Duration>,
    pub(super) secure: bool,
    pub(super) http_only: bool,
    pub(super) same_site: Option<SameSite>,
    pub(super) partitioned: bool,
}

/// With which requests of other sites a browser sends a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SameSite {
    /// With none.
    Strict,
    /// When a link to this site is followed, and with no others.
    Lax,
    /// With all, which takes [`secure`](SetCookie::secure).
    None,
}

impl SetCookie {
    /// A cookie of that name, sent as the table above has it.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            path: Cow::Borrowed("/"),
            domain: None,
            max_age: None,
            secure: true,
            http_only: true,
            same_site: None,
            partitioned: false,
        }
    }

    /// For requests of this path and those below it.
    pub fn path(mut self, path: impl Into<Cow<'static, str>>) -> Self {
        self.path = path.into();
        self
    }

    /// For this domain and those below it. Two services on hosts of their own share a cookie this
    /// way.
    ///
    /// To a browser it is another cookie than that of the same name without a domain, which it neither
    /// replaces nor removes: both are sent, the older first, and the first is read. So where the
    /// cookie was in use without a domain, give it a new name as well.
    pub fn domain(mut self, domain: impl Into<Cow<'static, str>>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// How long the browser keeps the cookie, in whole seconds; a fraction is cut off.
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(Duration::from_secs(max_age.as_secs()));
        self
    }

    /// Whether it is sent by HTTPS only. Plug decides by the scheme of the request: turn it off where
    /// that is HTTP, as on a developer's machine.
    pub fn secure(mut self, secure: bool) -> Self {
        self.secure = secure;
        self
    }

    /// Whether it is kept from scripts.
    pub fn http_only(mut self, http_only: bool) -> Self {
        self.http_only = http_only;
        self
    }

    /// With which requests of other sites it is sent.
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.same_site = Some(same_site);
        self
    }

    /// Whether each site that embeds this one gets a cookie of its own.
    pub fn partitioned(mut self, partitioned: bool) -> Self {
        self.partitioned = partitioned;
        self
    }

    #[cfg(feature = "axum")]
    pub(crate) fn without_same_site(mut self) -> Self {
        self.same_site = None;
        self
    }

    /// The same under another name.
    #[cfg(feature = "axum")]
    pub(crate) fn named(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = name.into();
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What to send as `Set-Cookie`, to the byte as Plug does; `now` is when [`max_age`] begins.
    ///
    /// # Errors
    /// [`SignError::CookieOverflow`] over [`MAX_BYTES`](super::MAX_BYTES), counted as Plug counts
    /// them: all of the header's value. [`SignError::CookieCharacter`] for a name, value or
    /// attribute that [RFC 6265 §4.1.1] does not allow: the values of this crate's cookies it does.
    ///
    /// [`max_age`]: Self::max_age
    /// [RFC 6265 §4.1.1]: https://www.rfc-editor.org/rfc/rfc6265#section-4.1.1
    pub fn header(&self, value: &str, now: Timestamp) -> Result<String, SignError> {
        self.formatted(value, self.max_age.map(|max_age| (HttpDate::after(now, max_age), max_age)))
    }

    /// What to send as `Set-Cookie` so that the browser forgets the cookie:
    /// `Plug.Conn.delete_resp_cookie/3`. Name, path and domain must be as when it was set.
    ///
    /// # Errors
    /// As [`header`](Self::header).
    pub fn removal_header(&self) -> Result<String, SignError> {
        self.formatted("", Some((HttpDate::EPOCH, Duration::ZERO)))
    }

    fn formatted(
        &self,
        value: &str,
        expiry: Option<(HttpDate, Duration)>,
    ) -> Result<String, SignError> {
        self.check_characters(value)?;
        let mut out = String::with_capacity(value.len().saturating_add(TYPICAL_ATTRIBUTES));
        self.write(&mut out, value, expiry).map_err(|fmt::Error| SignError::CookieCharacter)?;
        check_size(out.len())?;
        Ok(out)
    }

    fn write(
        &self,
        out: &mut String,
        value: &str,
        expiry: Option<(HttpDate, Duration)>,
    ) -> fmt::Result {
        write!(out, "{}={value}; path={}", self.name, self.path)?;
        if let Some(domain) = &self.domain {
            write!(out, "; domain={domain}")?;
        }
        if let Some((expires, max_age)) = expiry {
            write!(out, "; expires={expires}; max-age={}", max_age.as_secs())?;
        }
        if self.secure {
            out.write_str("; secure")?;
        }
        if self.http_only {
            out.write_str("; HttpOnly")?;
        }
        if let Some(same_site) = self.same_site {
            write!(out, "; SameSite={same_site}")?;
        }
        if self.partitioned {
            out.write_str("; Partitioned")?;
        }
        Ok(())
    }

    /// Lets nothing through that would end the name, the value, an attribute or the header.
    pub(super) fn check_characters(&self, value: &str) -> Result<(), SignError> {
        let name = |byte| matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'^'..=b'z' | b'|' | b'~');
        let octet =
            |byte| matches!(byte, b'!' | b'#'..=b'+' | b'-'..=b':' | b'<'..=b'[' | b']'..=b'~');
        let attribute = |byte| matches!(byte, b' '..=b':' | b'<'..=b'~');
        let domain = self.domain.as_deref().unwrap_or_default();
        let sendable = !self.name.is_empty()
            && self.name.bytes().all(name)
            && value.bytes().all(octet)
            && self.path.bytes().chain(domain.bytes()).all(attribute);
        if sendable { Ok(()) } else { Err(SignError::CookieCharacter) }
    }
}

/// Room for a name and attributes.
const TYPICAL_ATTRIBUTES: usize = 160;

impl From<&'static str> for SetCookie {
    /// A cookie of that name.
    fn from(name: &'static str) -> Self {
        Self::new(name)
    }
}

impl From<String> for SetCookie {
    /// A cookie of that name.
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

impl fmt::Display for SameSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Strict => "Strict",
            Self::Lax => "Lax",
            Self::None => "None",
        })
    }
}
