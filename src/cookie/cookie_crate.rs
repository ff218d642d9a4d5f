//! Values of the crate `cookie`, which web frameworks take.

use alloc::{borrow::ToOwned, string::ToString};

use ::cookie::{Cookie, Expiration, time};

use super::{SameSite, SetCookie, check_size, http_date::HttpDate};
use crate::{error::SignError, time::Timestamp};

impl SetCookie {
    /// What [`header`](Self::header) says, as a value of the crate `cookie`. Where that is printed,
    /// the same attributes come in another order.
    ///
    /// # Errors
    /// As [`header`](Self::header).
    ///
    /// # Example
    /// ```
    /// use phoenix_token::{Timestamp, cookie::{SameSite, SetCookie}};
    ///
    /// let cookie = SetCookie::new("_my_app_key").same_site(SameSite::Lax);
    /// let cookie = cookie.cookie("value", Timestamp::now())?;
    /// assert_eq!(
    ///     cookie.to_string(),
    ///     "_my_app_key=value; HttpOnly; SameSite=Lax; Secure; Path=/"
    /// );
    /// # Ok::<(), phoenix_token::SignError>(())
    /// ```
    pub fn cookie(&self, value: &str, now: Timestamp) -> Result<Cookie<'static>, SignError> {
        let mut cookie = self.attributes(value)?;
        if let Some(max_age) = self.max_age {
            let expires = HttpDate::after(now, max_age).as_secs();
            let max_age = i64::try_from(max_age.as_secs()).unwrap_or(i64::MAX);
            cookie.set_max_age(time::Duration::seconds(max_age));
            cookie.set_expires(expiration(expires));
        }
        check_size(cookie.to_string().len())?;
        Ok(cookie)
    }

    /// What [`removal_header`](Self::removal_header) says, as a value of the crate `cookie`.
    ///
    /// # Errors
    /// As [`header`](Self::header).
    pub fn removal_cookie(&self) -> Result<Cookie<'static>, SignError> {
        let mut cookie = self.attributes("")?;
        cookie.set_max_age(time::Duration::ZERO);
        cookie.set_expires(expiration(0));
        check_size(cookie.to_string().len())?;
        Ok(cookie)
    }

    fn attributes(&self, value: &str) -> Result<Cookie<'static>, SignError> {
        self.check_characters(value)?;
        let mut cookie = Cookie::new(self.name.clone(), value.to_owned());
        cookie.set_path(self.path.clone());
        if let Some(domain) = &self.domain {
            cookie.set_domain(domain.clone());
        }
        // Said where it is not wanted too: else the crate adds it to `SameSite=None`. It adds it to
        // `Partitioned` all the same, which browsers take with it only.
        cookie.set_secure(self.secure);
        cookie.set_http_only(self.http_only);
        cookie.set_same_site(self.same_site.map(::cookie::SameSite::from));
        cookie.set_partitioned(self.partitioned.then_some(true));
        Ok(cookie)
    }
}

fn expiration(seconds: i64) -> Expiration {
    // Years to 9999 all have a date.
    time::OffsetDateTime::from_unix_timestamp(seconds)
        .map_or(Expiration::Session, Expiration::DateTime)
}

impl From<SameSite> for ::cookie::SameSite {
    fn from(same_site: SameSite) -> Self {
        match same_site {
            SameSite::Strict => Self::Strict,
            SameSite::Lax => Self::Lax,
            SameSite::None => Self::None,
        }
    }
}
