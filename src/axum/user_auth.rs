use core::{fmt, time::Duration};
use std::{format, string::String, sync::Arc};

use sqlx::Pool;

use super::{
    layer::UserAuthLayer,
    sessions::{On, Sessions},
    state::Current,
};
use crate::{
    cookie::{RememberMe, SameSite, SessionCookie, SetCookie},
    csrf_protection::CsrfProtection,
    error::KeyError,
    keyring::{DuplicateKey, Keyring},
    secret::SecretKeyBase,
    store::{Backend, Session, SessionToken, Store},
    time::Timestamp,
};

/// How a service logs its users in and out: the module `UserAuth` of phx.gen.auth, and the options
/// that `endpoint.ex` gives to `Plug.Session`.
///
/// [`new`](Self::new) is what Phoenix 1.8 generates; each method changes one thing.
#[derive(Clone)]
#[must_use]
pub struct UserAuth {
    secret: SecretKeyBase,
    app: String,
    pub(super) sessions: Arc<dyn Sessions>,
    pub(super) session: Keyring<SessionCookie>,
    pub(super) session_options: SetCookie,
    pub(super) remember_me: Keyring<RememberMe>,
    pub(super) remember_me_options: SetCookie,
    /// Whether the remember-me cookie was given, and is not that of the schema.
    has_own_remember_me: bool,
    /// Whether both cookies are sent by HTTPS only, whatever their options say.
    secure: Option<bool>,
    pub(super) csrf: CsrfProtection,
    pub(super) checks_csrf: bool,
    pub(super) keys: SessionKeys,
    pub(super) release: Release,
    pub(super) live_sockets: bool,
    pub(super) log_in_path: Option<Arc<str>>,
    pub(super) signed_in_path: String,
    pub(super) signed_out_path: String,
    pub(super) log_in_message: String,
    pub(super) sudo_message: String,
    pub(super) sudo_window: Duration,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

/// The release of phx.gen.auth whose code the other side has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// 1.7: logging in always clears the session, sessions are not reissued, and the session does
    /// not note that the user is to be remembered. The table does not say when credentials were
    /// given: for sudo mode that is when the row was made.
    V1_7,
    /// 1.8: a user who is logged in already keeps the session, and old sessions are reissued, with
    /// the remember-me cookie.
    V1_8,
}

/// The names of the session's entries, after those of the schema.
#[derive(Clone)]
pub(super) struct SessionKeys {
    pub(super) token: String,
    pub(super) remember_me: String,
    pub(super) return_to: String,
}

impl UserAuth {
    /// For an application called `app`, with the `secret_key_base` of its endpoint: the session
    /// cookie is called `_<app>_key` and the remember-me cookie `_<app>_web_user_remember_me`.
    ///
    /// `session` reads and writes the session; the salts are those of `endpoint.ex`.
    ///
    /// # Errors
    /// [`KeyError::SecretTooShort`] under [64 bytes](SessionCookie::MIN_SECRET_LENGTH).
    pub fn new<DB: Backend>(
        secret: &SecretKeyBase,
        app: &str,
        session: SessionCookie,
        store: Store<DB>,
        pool: Pool<DB>,
    ) -> Result<Self, KeyError> {
        let remember_me = RememberMe::new(secret, app)?;
        Ok(Self {
            secret: secret.clone(),
            app: app.into(),
            sessions: Arc::new(On { store, pool }),
            session: Keyring::new(session),
            session_options: SetCookie::new(format!("_{app}_key")).same_site(SameSite::Lax),
            remember_me_options: remember_me.set_cookie().clone(),
            remember_me: Keyring::new(remember_me),
            has_own_remember_me: false,
            secure: None,
            csrf: CsrfProtection::new(secret),
            checks_csrf: true,
            keys: SessionKeys::of("user"),
            release: Release::V1_8,
            live_sockets: true,
            log_in_path: None,
            signed_in_path: "/".into(),
            signed_out_path: "/".into(),
            log_in_message: "You must log in to access this page.".into(),
            sudo_message: "You must re-authenticate to access this page.".into(),
            sudo_window: Duration::from_secs(10 * 60),
            clock: Arc::new(Timestamp::now),
        })
    }

    /// The layer for all routes that know of users.
    ///
    /// On the way in it reads the cookies and looks the token up, once; requests without a token ask
    /// the database nothing. A form has to bring a CSRF token, see [`check_csrf`](Self::check_csrf).
    /// On the way out it reissues a session that is due, and sends the cookies that changed.
    pub fn layer(&self) -> UserAuthLayer {
        let mut auth = self.clone();
        if let Some(secure) = self.secure {
            auth.session_options = auth.session_options.secure(secure);
            auth.remember_me_options = auth.remember_me_options.secure(secure);
        }
        UserAuthLayer::new(Arc::new(auth))
    }

    /// The name of the session cookie: `key:` of `Plug.Session`.
    pub fn session_key(mut self, name: impl Into<String>) -> Self {
        self.session_options = self.session_options.named(name.into());
        self
    }

    /// How the session cookie is sent: `domain:`, `same_site:` and others of `Plug.Session`. `change`
    /// gets the options as they are so far, with `SameSite=Lax` to begin with.
    ///
    /// # Example
    /// ```
    /// # use phoenix_token::axum::UserAuth;
    /// # fn example(user_auth: UserAuth) -> UserAuth {
    /// user_auth.session_options(|options| options.domain("example.com"))
    /// # }
    /// ```
    pub fn session_options(mut self, change: impl FnOnce(SetCookie) -> SetCookie) -> Self {
        self.session_options = change(self.session_options);
        self
    }

    /// Another remember-me cookie: with its own name, or of 60 days. It stays, whatever the
    /// [`schema`](Self::schema).
    pub fn remember_me(mut self, remember_me: RememberMe) -> Self {
        self.has_own_remember_me = true;
        self.put_remember_me(remember_me);
        self
    }

    fn put_remember_me(&mut self, remember_me: RememberMe) {
        self.remember_me_options = remember_me.set_cookie().clone();
        self.remember_me = self.remember_me.clone().with_first(remember_me);
    }

    /// Also reads the cookies that were made under an earlier secret or other salts. What comes so is
    /// sent back under the first: the session, and with it, or where it is all that is left, the
    /// remember-me cookie. The latter's key is of its name too, so for another schema than `User`
    /// take [`RememberMe::for_schema`].
    ///
    /// # Errors
    /// [`DuplicateKey`] where it is the same key as another.
    pub fn also_read(
        mut self,
        session: SessionCookie,
        remember_me: RememberMe,
    ) -> Result<Self, DuplicateKey> {
        self.session = self.session.and(session)?;
        self.remember_me = self.remember_me.and(remember_me)?;
        Ok(self)
    }

    /// Whether the cookies are sent by HTTPS only, as they are by default. Turn it off where the
    /// service is reached by HTTP, as on a developer's machine. It overrides the options of either
    /// cookie, in whatever order they are given.
    pub fn secure(mut self, secure: bool) -> Self {
        self.secure = Some(secure);
        self
    }

    /// Of which release the other side's `UserAuth` is; [`Release::V1_8`] by default.
    ///
    /// Sessions of 1.7 are valid for 60 days, which this does not set: give the store's settings their
    /// [`validity`](crate::store::Settings::validity), and [`remember_me`](Self::remember_me) a cookie of
    /// [`MAX_AGE_1_7`](RememberMe::MAX_AGE_1_7). Otherwise users are logged out here after 14 days, and
    /// a [sweeper](Store::spawn_sweeper) deletes rows that Phoenix still takes.
    pub fn release(mut self, release: Release) -> Self {
        self.release = release;
        self
    }

    /// The schema's name, `user` by default: with `account` the session's entries are
    /// `account_token`, `account_remember_me` and `account_return_to`, and the remember-me cookie is
    /// called `_<app>_web_account_remember_me`, unless [another](Self::remember_me) is given.
    pub fn schema(mut self, singular: &str) -> Self {
        self.keys = SessionKeys::of(singular);
        if !self.has_own_remember_me {
            let own = RememberMe::for_schema_again(&self.secret, &self.app, singular);
            self.put_remember_me(own);
        }
        self
    }

    /// Whether the session holds `live_socket_id`, as it does by default. phx.gen.auth 1.8 leaves it
    /// out with `--no-live`.
    pub fn live_sockets(mut self, live_sockets: bool) -> Self {
        self.live_sockets = live_sockets;
        self
    }

    /// Whether the layer takes a request that may change something only with a CSRF token, as it does
    /// by default: all but `GET`, `HEAD` and `OPTIONS`.
    ///
    /// The token is looked for in the header `x-csrf-token`, and in the field `_csrf_token` of a form
    /// (`application/x-www-form-urlencoded`) of up to 1 MB, which is read and handed on. No other
    /// body is touched: a request that uploads files brings the header. Without a valid token the
    /// answer is status 403. Turned off, the handler asks [`Browser::check_csrf`](super::Browser::check_csrf).
    pub fn check_csrf(mut self, checks_csrf: bool) -> Self {
        self.checks_csrf = checks_csrf;
        self
    }

    /// Which CSRF tokens are taken, such as those for [other hosts](CsrfProtection::allow_host).
    pub fn csrf_protection(mut self, csrf: CsrfProtection) -> Self {
        self.csrf = csrf;
        self
    }

    /// Where a user is sent who has to log in, or to give their credentials again. Without it the
    /// answer is status 401 or 403.
    pub fn log_in_path(mut self, path: &str) -> Self {
        self.log_in_path = Some(path.into());
        self
    }

    /// Where a user is sent who has logged in, unless another page sent them to do so; `/` by
    /// default.
    pub fn signed_in_path(mut self, path: impl Into<String>) -> Self {
        self.signed_in_path = path.into();
        self
    }

    /// Where a user is sent who has logged out; `/` by default.
    pub fn signed_out_path(mut self, path: impl Into<String>) -> Self {
        self.signed_out_path = path.into();
        self
    }

    /// The flash messages, of the kind `error`, for who is sent to log in, and for who is sent to do
    /// so again; in English by default, as upstream.
    pub fn messages(mut self, log_in: impl Into<String>, sudo: impl Into<String>) -> Self {
        self.log_in_message = log_in.into();
        self.sudo_message = sudo.into();
        self
    }

    /// For how long after giving their credentials a user is in sudo mode; 10 minutes by default, as
    /// in the generated `require_sudo_mode`.
    pub fn sudo_window(mut self, window: Duration) -> Self {
        self.sudo_window = window;
        self
    }

    /// Takes the time from `clock`: when a remember-me cookie begins, and whether one has ended. The
    /// store has a [clock of its own](crate::store::Settings::clock).
    pub fn clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Where nothing is reissued, a row without `authenticated_at` is as old as the log-in.
    pub(super) fn current(&self, mut session: Session, token: SessionToken) -> Current {
        if self.release == Release::V1_7 {
            session.authenticated_at = session.authenticated_at.or(Some(session.inserted_at));
        }
        Current { session, token }
    }

    /// `put_token_in_session/2`
    pub(super) fn put_token(&self, session: &mut crate::cookie::Session, token: &SessionToken) {
        session.put_term(&self.keys.token, token.secret_bytes().as_slice());
        if self.live_sockets {
            session.put_live_socket_id(&self.sessions.live_socket_topic(token));
        }
    }
}

impl SessionKeys {
    fn of(schema: &str) -> Self {
        Self {
            token: format!("{schema}_token"),
            remember_me: format!("{schema}_remember_me"),
            return_to: format!("{schema}_return_to"),
        }
    }
}

impl fmt::Debug for UserAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserAuth")
            .field("session_options", &self.session_options)
            .field("remember_me_options", &self.remember_me_options)
            .field("release", &self.release)
            .finish_non_exhaustive()
    }
}
