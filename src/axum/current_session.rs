use core::{fmt, ops::Deref};
use std::vec::Vec;

use ::axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::request::Parts,
};

use super::{
    browser::Browser,
    error::{AuthError, Rejection},
    log_in::LoggedOut,
    state::Current,
};
use crate::store::{self, Ended, Handle};

/// The session of the user who is logged in, as the table has it: an extractor.
///
/// | as an argument | for requests of nobody |
/// | --- | --- |
/// | `CurrentSession` | a redirect to log in, or status 401: `require_authenticated_user` |
/// | `Option<CurrentSession>` | `None` |
/// | [`SudoSession`] | the same, and for those who gave their credentials too long ago: `require_sudo_mode` |
///
/// Before a redirect the page is noted, if it was asked for by `GET` or `HEAD` and its path is not too
/// long, so that logging in leads back to it, and a message is put into the flash.
#[derive(Clone)]
pub struct CurrentSession {
    current: Current,
    browser: Browser,
}

/// A [`CurrentSession`] in sudo mode: the user gave their credentials a short while ago, see
/// [`UserAuth::sudo_window`](super::UserAuth::sudo_window).
#[derive(Clone, Debug)]
pub struct SudoSession(CurrentSession);

impl CurrentSession {
    /// The browser that it is the session of.
    pub fn browser(&self) -> &Browser {
        &self.browser
    }

    /// The user's sessions, newest first: `limit` of them, after `offset` others. This one is marked.
    ///
    /// # Errors
    /// [`AuthError`]
    pub async fn list(&self, limit: u32, offset: u32) -> Result<Vec<store::Session>, AuthError> {
        self.browser.list(&self.current(), limit, offset).await
    }

    /// Ends one of the user's sessions, by the handle that the list gives. Another user's handle ends
    /// nothing, nor does one of another type than the table's ids; that of this session logs this
    /// browser out.
    ///
    /// # Errors
    /// [`AuthError`]
    pub async fn end(&self, handle: Handle) -> Result<Option<Ended>, AuthError> {
        self.browser.end_one(&self.current(), handle).await
    }

    /// Ends all of the user's sessions but this one.
    ///
    /// # Errors
    /// [`AuthError`]; [`AuthError::ended`] has what was ended all the same.
    pub async fn end_others(&self) -> Result<Vec<Ended>, AuthError> {
        self.browser.end_others(&self.current()).await
    }

    /// What the browser has by now, where the handler has logged the same user in again; else what it
    /// came with.
    fn current(&self) -> Current {
        let now = self.browser.current();
        let same = now.filter(|now| now.session.user_id == self.current.session.user_id);
        same.unwrap_or_else(|| self.current.clone())
    }

    /// [`Browser::log_out`]
    ///
    /// # Errors
    /// As there.
    pub async fn log_out(&self) -> Result<LoggedOut, AuthError> {
        self.browser.log_out().await
    }

    /// [`Browser::log_out_everywhere`]
    ///
    /// # Errors
    /// As there.
    pub async fn log_out_everywhere(&self) -> Result<LoggedOut, AuthError> {
        self.browser.log_out_everywhere().await
    }
}

impl Deref for CurrentSession {
    type Target = store::Session;

    fn deref(&self) -> &store::Session {
        &self.current.session
    }
}

impl Deref for SudoSession {
    type Target = CurrentSession;

    fn deref(&self) -> &CurrentSession {
        &self.0
    }
}

impl<S: Sync> FromRequestParts<S> for CurrentSession {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let browser = Browser::from_request_parts(parts, state).await?;
        let current = browser.current().ok_or_else(|| browser.send_to_log_in())?;
        Ok(Self { current, browser })
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for CurrentSession {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Rejection> {
        let browser = Browser::from_request_parts(parts, state).await?;
        Ok(browser.current().map(|current| Self { current, browser }))
    }
}

impl<S: Sync> FromRequestParts<S> for SudoSession {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let extracted = <CurrentSession as FromRequestParts<S>>::from_request_parts(parts, state);
        let session = extracted.await?;
        session.browser.is_sudo(&session.current)?;
        Ok(Self(session))
    }
}

impl fmt::Debug for CurrentSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.current.session, f)
    }
}
