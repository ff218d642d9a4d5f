//! What a request brought, and what its response will take along.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError},
    vec::Vec,
};

use ::axum::{
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::Response,
};

use super::{
    caching,
    error::AuthError,
    request::{self, Facts},
    user_auth::{Release, UserAuth},
};
use crate::{
    cookie::Session,
    error::SignError,
    events,
    store::{self, SessionToken, StoreError},
    term::Term,
    token::Verify,
};

/// One request and its response.
pub(super) struct Visit {
    pub(super) auth: Arc<UserAuth>,
    pub(super) facts: Facts,
    state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    /// As it will be written, where it differs from what was brought.
    pub(super) session: Session,
    brought: Session,
    /// Whether what was brought is under another key than the first.
    outdated: bool,
    /// Whether the user was logged in or out: then the session is written anyway, as upstream.
    pub(super) renewed: bool,
    pub(super) current: Option<Current>,
    pub(super) remember_me: RememberMeChange,
    /// Whether the last of looking up, logging in and logging out failed: then nothing is written.
    pub(super) failed: bool,
}

/// Who is logged in, and with what.
#[derive(Clone)]
pub(super) struct Current {
    pub(super) session: store::Session,
    pub(super) token: SessionToken,
}

#[derive(Default)]
pub(super) enum RememberMeChange {
    #[default]
    None,
    Write(SessionToken),
    Remove,
}

impl Visit {
    /// `fetch_session`: a cookie that this service cannot read counts as none.
    pub(super) fn begin(auth: Arc<UserAuth>, parts: &Parts) -> Self {
        let cookie = request::cookie(parts, auth.session_options.name());
        let read = auth.session.read(cookie).map(|it| (it.data, it.key != 0));
        let (brought, outdated) = read.unwrap_or_default();
        let state = State { session: brought.clone(), brought, outdated, ..State::default() };
        let facts = Facts::of(parts, auth.remember_me_options.name());
        Self { facts, auth, state: Mutex::new(state) }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Unless somebody has it.
    pub(super) fn state_if_free(&self) -> Option<MutexGuard<'_, State>> {
        match self.state.try_lock() {
            Ok(state) => Some(state),
            Err(TryLockError::Poisoned(state)) => Some(state.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Notes that nothing is to be written.
    pub(super) fn failed(&self, operation: &'static str, error: StoreError) -> AuthError {
        self.state().failed = true;
        told(operation, error)
    }

    /// `fetch_current_scope_for_user`: the token of the session, or else the one of the remember-me
    /// cookie, which then goes into the session. A remember-me cookie that is under another key than
    /// the first is written anew.
    pub(super) async fn authenticate(&self) -> Result<(), AuthError> {
        let Some((token, remembered)) = self.token() else { return Ok(()) };
        let found = self.auth.sessions.lookup(token.secret_bytes()).await;
        let found = found.map_err(|error| self.failed("look up", error))?;
        let Some(session) = found else {
            events::session_refused(if remembered.is_some() { "remember me" } else { "session" });
            return Ok(());
        };
        self.touch(&session, &token).await;
        let mut state = self.state();
        if remembered.is_some() {
            self.auth.put_token(&mut state.session, &token);
            if self.auth.release == Release::V1_8 {
                state.session.put_term(&self.auth.keys.remember_me, true);
            }
        }
        if remembered.unwrap_or_else(|| self.is_remembered_by_another_key(&token)) {
            state.remember_me = RememberMeChange::Write(token.clone());
        }
        state.current = Some(self.auth.current(session, token));
        Ok(())
    }

    /// `ensure_user_token/1`: the token, and where it is that of the remember-me cookie, whether this
    /// is outdated.
    fn token(&self) -> Option<(SessionToken, Option<bool>)> {
        match self.state().session.get_term(&self.auth.keys.token) {
            Some(term) if !term.is_nil() && term.as_bool() != Some(false) => {
                return SessionToken::from_bytes(term.as_bytes()?).map(|token| (token, None));
            }
            _ => (),
        }
        self.remembered().map(|(token, outdated)| (token, Some(outdated)))
    }

    /// The token of the remember-me cookie, and whether this is under another key than the first.
    fn remembered(&self) -> Option<(SessionToken, bool)> {
        let value = self.facts.remember_me.as_deref()?;
        let options = Verify::at(self.auth.now());
        let read = self.auth.remember_me.read_with(value, &options).ok()?;
        SessionToken::from_bytes(&read.data).map(|token| (token, read.key != 0))
    }

    /// Of a session that was read already, which only a rotation makes necessary to know.
    fn is_remembered_by_another_key(&self, token: &SessionToken) -> bool {
        self.auth.remember_me.keys().len() > 1
            && self.remembered().is_some_and(|(own, outdated)| outdated && own == *token)
    }

    /// Whether the browser brought a remember-me cookie that holds this token.
    pub(super) fn is_remembered_by(&self, token: &SessionToken) -> bool {
        self.remembered().is_some_and(|(own, _)| own == *token)
    }

    /// Whether the session says that the user is to be remembered, as it does from 1.8 on.
    fn is_noted(&self, state: &State) -> bool {
        state.session.get_term(&self.auth.keys.remember_me).and_then(Term::as_bool) == Some(true)
    }

    /// For the list of sessions, at most once a minute. Where the database fails, the request goes on,
    /// and the next one tries again.
    async fn touch(&self, session: &store::Session, token: &SessionToken) {
        let minute_ago = session.read_at.as_millis().saturating_sub(60_000);
        if session.last_seen_at.is_none_or(|seen| seen.as_millis() <= minute_ago)
            && let Err(error) = self.auth.sessions.touch(token).await
        {
            events::store_failed("touch", &error);
        }
    }

    /// Adds to the response what the browser shall keep.
    pub(super) async fn finish<B: Default>(&self, mut response: Response<B>) -> Response<B> {
        let failed = self.state().failed || response.extensions().get::<AuthError>().is_some();
        if !failed {
            self.reissue_if_due().await;
            match self.cookies() {
                Ok(cookies) => {
                    if !cookies.is_empty() {
                        caching::keep_for_one_browser(response.headers_mut());
                    }
                    for cookie in cookies {
                        response.headers_mut().append(header::SET_COOKIE, cookie);
                    }
                }
                Err(error) => response = AuthError::from(error).into_empty_response(),
            }
        }
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            response.headers_mut().entry(header::CACHE_CONTROL).or_insert(caching::DEFAULT);
        }
        response
    }

    /// `maybe_reissue_user_session_token`, but on the way out: what ended meanwhile is not reissued,
    /// nor is what logging in or out has replaced. Where the database fails, the next request tries
    /// again, and this one's answer stands.
    async fn reissue_if_due(&self) {
        let due = {
            let state = self.state();
            let current = state.current.as_ref().filter(|_| !state.renewed);
            current.filter(|it| self.auth.sessions.should_reissue(&it.session)).cloned()
        };
        let Some(old) = due.filter(|_| self.auth.release == Release::V1_8) else { return };
        let reissued = self.auth.sessions.reissue(&old.token).await;
        let reissued = reissued.inspect_err(|error| events::store_failed("reissue", error));
        let Ok(Some(made)) = reissued else { return };
        events::session_reissued();
        let mut state = self.state();
        self.auth.put_token(&mut state.session, &made.token);
        if self.is_noted(&state) {
            state.remember_me = RememberMeChange::Write(made.token);
        }
    }

    /// All that are to be sent, or none.
    fn cookies(&self) -> Result<Vec<HeaderValue>, SignError> {
        let mut state = self.state();
        let auth = &*self.auth;
        let now = auth.now();
        let mut cookies = Vec::new();
        match &state.remember_me {
            RememberMeChange::None => (),
            RememberMeChange::Write(token) => {
                let value = auth.remember_me.first().write_at(token.secret_bytes(), now)?;
                cookies.push(auth.remember_me_options.header(&value, now)?);
            }
            RememberMeChange::Remove => {
                let options = auth.remember_me_options.clone();
                cookies.push(match auth.release {
                    // Its log-out says no `SameSite`; path and domain are what the browser finds it by.
                    Release::V1_7 => options.without_same_site().removal_header()?,
                    Release::V1_8 => options.removal_header()?,
                });
            }
        }
        if state.renewed || state.outdated || state.session != state.brought {
            let write = |session: &Session| {
                let value = auth.session.first().write(session)?;
                auth.session_options.header(&value, now)
            };
            cookies.push(match write(&state.session) {
                // The page to be led back to gives way to the answer.
                Err(SignError::CookieOverflow { .. })
                    if state.session.remove(&auth.keys.return_to).is_some() =>
                {
                    write(&state.session)?
                }
                written => written?,
            });
        }
        let value = |text| HeaderValue::try_from(text).map_err(|_| SignError::CookieCharacter);
        cookies.into_iter().map(value).collect()
    }
}

/// What a handler gets, and the program's log.
pub(super) fn told(operation: &'static str, error: StoreError) -> AuthError {
    events::store_failed(operation, &error);
    error.into()
}
