use core::fmt;
use std::{
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};

use ::axum::{extract::FromRequestParts, http::request::Parts};

use super::{
    error::{AuthError, Rejection},
    log_in::{LogIn, LoggedIn, LoggedOut},
    request,
    state::{self, Current, RememberMeChange, Visit},
    user_auth::Release,
};
use crate::{
    cookie::Session,
    csrf_protection::{CsrfToken, InvalidCsrfToken},
    error::SignError,
    events,
    store::{self, Ended, Handle, Id, SessionToken},
    term::Term,
    token::Presented,
};

/// The browser that sent the request, logged in or not: what is in its session, and the log-in and
/// log-out of its user. An extractor, and what [`CurrentSession`](super::CurrentSession) is made of.
///
/// What is changed goes out with the response's head; later changes are lost.
///
/// # Where something fails
/// A response that is made of an [`AuthError`] sends no cookie. Where a handler catches the error and
/// answers otherwise, it depends on what failed:
/// - After a log-in or a log-out that failed no cookie is sent either, also not for what had worked
///   before it: the browser keeps what it came with, of which a log-in before has made the token
///   useless, if it was the same user's. If a later one of the same request succeeds, all goes out as if
///   the first had not been tried.
/// - What else may fail, such as a list of sessions, changes nothing of the cookies: they go out.
#[derive(Clone)]
pub struct Browser {
    visit: Arc<Visit>,
}

/// The session.
impl Browser {
    /// Reads or changes what is in the session cookie.
    ///
    /// What `change` does with this browser by any other of its methods, such as
    /// [`put_flash`](Self::put_flash) or [`csrf_token`](Self::csrf_token), waits for `change` to end, and
    /// so for ever: take the session's own, such as [`Session::put_flash`].
    pub fn with_session<R>(&self, change: impl FnOnce(&mut Session) -> R) -> R {
        change(&mut self.visit.state().session)
    }

    /// A message for the next page: of the kind `info` or `error`. It outlives logging in and out.
    pub fn put_flash(&self, kind: &str, message: &str) {
        self.with_session(|session| session.put_flash(kind, message));
    }

    /// The messages for this page, by kind; once taken they are gone.
    pub fn take_flash(&self) -> Vec<(String, String)> {
        self.with_session(Session::take_flash)
    }

    /// The token for a form on this page, in its field `_csrf_token`: `get_csrf_token/0`. Another text
    /// each time.
    ///
    /// # Errors
    /// [`AuthError`] without randomness.
    pub fn csrf_token(&self) -> Result<String, AuthError> {
        let masked = self.with_session(|session| {
            let token = session.csrf_token().map_or_else(CsrfToken::generate, Ok)?;
            let masked = token.mask()?;
            session.put_csrf_token(&token);
            Ok(masked)
        });
        masked.map_err(|error: SignError| error.into())
    }

    /// Whether a form brought a token of this session, for handlers of routes where the layer
    /// [does not ask](super::UserAuth::check_csrf).
    ///
    /// # Errors
    /// [`InvalidCsrfToken`]: answer with status 403.
    pub fn check_csrf<'t>(&self, given: impl Presented<'t>) -> Result<(), InvalidCsrfToken> {
        let token = self.visit.state().session.csrf_token();
        let checked = self.visit.auth.csrf.check(token.as_ref(), given, &self.visit.facts.host);
        checked.inspect_err(|_| events::csrf_token_refused())
    }
}

/// Logging in and out.
impl Browser {
    /// Logs the user in, who has just given their credentials: `log_in_user/3`.
    ///
    /// The session is cleared, against fixation, unless the same user was logged in: then the rest of
    /// it stays, and it is the same row of the table under a new token. If another user was logged in
    /// with this browser, their session ends.
    ///
    /// A remember-me cookie that held the token of before holds the new one, also where `options` say
    /// nothing of it.
    ///
    /// # Errors
    /// [`AuthError`]; no cookie is sent, so the browser stays [as it was](Self#where-something-fails). But
    /// where the database gave no answer ([`StoreError::TimedOut`], a broken connection), what was asked
    /// may have happened all the same: then the token that the browser has is no more, if anybody was logged in, and the user
    /// logs in once more; or a session that nobody holds is in the user's list until it expires.
    ///
    /// [`StoreError::TimedOut`]: crate::store::StoreError::TimedOut
    pub async fn log_in(
        &self,
        user_id: impl Into<Id>,
        options: &LogIn,
    ) -> Result<LoggedIn, AuthError> {
        let user_id = user_id.into();
        let failed = |error| self.visit.failed("log in", error);
        let before = self.current();
        let same_user = before.as_ref().is_some_and(|before| before.session.user_id == user_id);
        let renewed = match before.as_ref().filter(|_| same_user) {
            Some(before) => self.renew(before).await.map_err(failed)?,
            None => None,
        };
        // Its token is no more, whatever keeps it.
        let was_remembered = renewed.is_some()
            && before.as_ref().is_some_and(|it| self.visit.is_remembered_by(&it.token));
        let current = match renewed {
            Some(renewed) => renewed,
            None => {
                let opened = self.open(user_id, options, before.as_ref().filter(|_| !same_user));
                opened.await.map_err(failed)?
            }
        };
        let auth = &*self.visit.auth;
        let remember_me = options.remember_me || was_remembered;
        let redirect_to = self.put_current(&current, same_user, remember_me);
        Ok(LoggedIn {
            session: current.session,
            redirect_to,
            live_socket_topic: before.map(|it| auth.sessions.live_socket_topic(&it.token)),
        })
    }

    /// A new token in the same row, unless that has ended. Its times are those of this request's
    /// look-up: a second one could fail, when the token of before is no more.
    async fn renew(&self, before: &Current) -> Result<Option<Current>, store::StoreError> {
        let renewed = self.visit.auth.sessions.renew(&before.token).await?;
        Ok(renewed.map(|token| {
            let mut session = before.session.clone();
            session.inserted_at = session.read_at;
            session.authenticated_at = Some(session.read_at);
            Current { session, token }
        }))
    }

    /// A token in a row of its own; the session of the other user ends. Where it cannot be ended, nor
    /// does the new one stay, which nobody would hold.
    async fn open(
        &self,
        user_id: Id,
        options: &LogIn,
        other: Option<&Current>,
    ) -> Result<Current, store::StoreError> {
        let sessions = &self.visit.auth.sessions;
        let auth = &*self.visit.auth;
        let mut new = options.new.clone();
        if let (None, Some(user_agent)) = (&new.user_agent, &self.visit.facts.user_agent) {
            new = new.user_agent(user_agent);
        }
        let made = sessions.create(user_id, &new).await?;
        if let Some(other) = other
            && let Err(error) = sessions.end(other.token.secret_bytes()).await
        {
            if let Err(error) = sessions.end(made.token.secret_bytes()).await {
                events::store_failed("undo log in", &error);
            }
            return Err(error);
        }
        Ok(auth.current(made.session, made.token))
    }

    /// `create_or_extend_session/3`, once the row is there; says where to go.
    fn put_current(&self, current: &Current, same_user: bool, remember_me: bool) -> String {
        let auth = &*self.visit.auth;
        let mut state = self.visit.state();
        let return_to = match state.session.remove(&auth.keys.return_to) {
            Some(Term::Binary(path)) => String::from_utf8(path).ok(),
            _ => None,
        };
        let noted = state.session.get_term(&auth.keys.remember_me).and_then(Term::as_bool);
        let latest = auth.release == Release::V1_8;
        if !(same_user && latest) {
            state.session.clear_all_but_flash();
        }
        auth.put_token(&mut state.session, &current.token);
        let remember_me = remember_me || (latest && noted == Some(true));
        // The token that the browser came with is gone.
        state.remember_me = RememberMeChange::None;
        if remember_me {
            if latest {
                state.session.put_term(&auth.keys.remember_me, true);
            }
            state.remember_me = RememberMeChange::Write(current.token.clone());
        }
        state.renewed = true;
        state.failed = false;
        state.current = Some(current.clone());
        events::logged_in(remember_me);
        let return_to = return_to.filter(|path| request::is_local(path));
        return_to.unwrap_or_else(|| auth.signed_in_path.clone())
    }

    /// Logs the user out, if one is logged in: `log_out_user/1`. The row is deleted, the session
    /// cleared and the remember-me cookie removed.
    ///
    /// It is the row of the token that the browser brought. What a reissue left of the same log-in is
    /// another, see [`Store::end`](store::Store::end).
    ///
    /// # Errors
    /// [`AuthError`]; the browser stays as it was.
    pub async fn log_out(&self) -> Result<LoggedOut, AuthError> {
        let auth = &*self.visit.auth;
        let token = {
            let state = self.visit.state();
            let token = state.session.get_term(&auth.keys.token).and_then(Term::as_bytes);
            token.and_then(SessionToken::from_bytes)
        };
        let mut ended = None;
        if let Some(token) = token {
            let answer = auth.sessions.end(token.secret_bytes()).await;
            ended = answer.map_err(|error| self.visit.failed("log out", error))?;
        }
        Ok(self.leave(ended.into_iter()))
    }

    /// Logs the user out of this browser and of all others. Without a user it is
    /// [`log_out`](Self::log_out). What was sent by e-mail stays valid.
    ///
    /// # Errors
    /// [`AuthError`]; the browser stays as it was. [`AuthError::ended`] has what was ended all the same:
    /// if this browser's session is among it, the user can ask no second time, so do it for them, by
    /// [`Store::end_all`](store::Store::end_all) of `ended()[0].user_id` with `EndAll::Sessions`.
    pub async fn log_out_everywhere(&self) -> Result<LoggedOut, AuthError> {
        let Some(current) = self.current() else { return self.log_out().await };
        let sessions = &self.visit.auth.sessions;
        let ended = sessions.end_all(current.session.user_id).await;
        let ended = ended.map_err(|error| self.visit.failed("log out everywhere", error))?;
        Ok(self.leave(ended.into_iter()))
    }

    /// The row is gone; now the browser.
    fn leave(&self, ended: impl Iterator<Item = Ended>) -> LoggedOut {
        let mut state = self.visit.state();
        let mut live_socket_topics: Vec<_> = ended.map(|ended| ended.live_socket_topic).collect();
        if let Some(topic) = state.session.live_socket_id()
            && !live_socket_topics.iter().any(|known| known == topic)
        {
            live_socket_topics.push(topic.to_string());
        }
        state.session.clear_all_but_flash();
        state.remember_me = RememberMeChange::Remove;
        state.renewed = true;
        state.failed = false;
        if state.current.take().is_some() {
            events::logged_out();
        }
        let redirect_to = self.visit.auth.signed_out_path.clone();
        LoggedOut { redirect_to, live_socket_topics }
    }
}

/// For [`CurrentSession`](super::CurrentSession).
impl Browser {
    pub(super) fn new(visit: Arc<Visit>) -> Self {
        Self { visit }
    }

    pub(super) fn current(&self) -> Option<Current> {
        self.visit.state().current.clone()
    }

    pub(super) async fn list(
        &self,
        current: &Current,
        limit: u32,
        offset: u32,
    ) -> Result<Vec<store::Session>, AuthError> {
        let sessions = &self.visit.auth.sessions;
        let user = current.session.user_id;
        let listed = sessions.list(user, &current.token, limit, offset).await;
        listed.map_err(|error| state::told("list", error))
    }

    pub(super) async fn end_one(
        &self,
        current: &Current,
        handle: Handle,
    ) -> Result<Option<Ended>, AuthError> {
        let sessions = &self.visit.auth.sessions;
        let ended = sessions.end_by_handle(current.session.user_id, handle).await;
        let ended = ended.map_err(|error| state::told("end", error))?;
        if ended.is_some() && handle == current.session.handle {
            let _ = self.leave(core::iter::empty());
        }
        Ok(ended)
    }

    pub(super) async fn end_others(&self, current: &Current) -> Result<Vec<Ended>, AuthError> {
        let sessions = &self.visit.auth.sessions;
        let ended = sessions.end_others(current.session.user_id, &current.token).await;
        ended.map_err(|error| state::told("end others", error))
    }

    /// `require_authenticated_user`
    pub(super) fn send_to_log_in(&self) -> Rejection {
        let log_in_path = self.send_away(&self.visit.auth.log_in_message);
        Rejection::NotLoggedIn { log_in_path }
    }

    /// `require_sudo_mode`
    pub(super) fn is_sudo(&self, current: &Current) -> Result<(), Rejection> {
        if current.session.is_sudo(self.visit.auth.sudo_window) {
            return Ok(());
        }
        Err(Rejection::NotSudo { log_in_path: self.send_away(&self.visit.auth.sudo_message) })
    }

    fn send_away(&self, message: &str) -> Option<Arc<str>> {
        let path = self.visit.auth.log_in_path.clone()?;
        let mut state = self.visit.state();
        state.session.put_flash("error", message);
        if let Some(return_to) = &self.visit.facts.return_to {
            state.session.put_term(&self.visit.auth.keys.return_to, return_to.as_str());
        }
        Some(path)
    }
}

impl<S: Sync> FromRequestParts<S> for Browser {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        parts.extensions.get::<Self>().cloned().ok_or(Rejection::NoLayer)
    }
}

impl fmt::Debug for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut browser = f.debug_struct("Browser");
        // It may be printed from within `with_session`.
        if let Some(state) = self.visit.state_if_free() {
            let user = state.current.as_ref().map(|current| current.session.user_id);
            browser.field("user_id", &user);
        }
        browser.finish_non_exhaustive()
    }
}
