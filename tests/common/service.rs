//! A small service under the layer, on a SQLite database of its own.
#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "a test may panic"
)]

use std::collections::HashMap;

use axum::{
    Router,
    extract::Query,
    response::IntoResponse,
    routing::{any, get, post},
};
use phoenix_token::{
    SecretKeyBase,
    axum::{AuthError, Browser, CurrentSession, LogIn, SudoSession, UserAuth},
    cookie::{Session, SessionCookie},
    store::{Id, NewSession, Settings, Store},
};
use sqlx::SqlitePool;

use super::{
    databases::{Place as _, TestClock, sqlite::SqliteMemory},
    jar::Jar,
};

pub const SECRET: &str = "wZ3Gz1t8fQ0pYB3cJv7xk2mN5rT9uA4eHsD6lXqWoVbKjEiRyUtPnMgFhCdSaLzQ";
pub const SESSION: &str = "_my_app_key";
pub const REMEMBER_ME: &str = "_my_app_web_user_remember_me";

pub struct Service {
    pub pool: SqlitePool,
    pub store: Store<sqlx::Sqlite>,
    pub session_cookie: SessionCookie,
    pub clock: TestClock,
    pub auth: UserAuth,
}

pub fn secret() -> SecretKeyBase {
    SecretKeyBase::new(SECRET).unwrap()
}

impl Service {
    pub async fn new() -> Self {
        Self::with(|settings| settings).await
    }

    pub async fn with(settings: impl FnOnce(Settings) -> Settings) -> Self {
        let pool = SqliteMemory::fresh().await.unwrap();
        let clock = TestClock::new();
        let settings = settings(clock.on(Settings::new()));
        Store::create_table(&pool, &settings).await.unwrap();
        let store = Store::open(&pool, settings).await.unwrap();
        let session_cookie = SessionCookie::signed(&secret(), "Sb5x9SKE").unwrap();
        let (cookie, its_store, now) = (session_cookie.clone(), store.clone(), clock.clone());
        let auth = UserAuth::new(&secret(), "my_app", cookie, its_store, pool.clone()).unwrap();
        let auth = auth.log_in_path("/log-in").check_csrf(false).clock(move || now.now());
        Self { pool, store, session_cookie, clock, auth }
    }

    pub fn app(&self) -> Router {
        app(&self.auth)
    }

    /// A browser in which the user is logged in.
    pub async fn logged_in(&self, user: i64) -> Jar {
        let mut jar = Jar::default();
        jar.post(&self.app(), &format!("/log-in?user={user}")).await;
        assert!(self.session(&jar).user_token().is_some());
        jar
    }

    pub fn session(&self, jar: &Jar) -> Session {
        jar.session(&self.session_cookie, SESSION)
    }

    pub fn put_session(&self, jar: &mut Jar, session: &Session) {
        jar.put_session(&self.session_cookie, SESSION, session);
    }

    /// A row, without a browser.
    pub async fn token(&self, user: i64) -> [u8; 32] {
        let made = self.store.create(&self.pool, user, &NewSession::new()).await.unwrap();
        *made.token.secret_bytes()
    }

    pub async fn rows(&self) -> i64 {
        SqliteMemory::number(&self.pool, "SELECT count(*) FROM users_tokens").await
    }

    pub async fn break_database(&self) {
        SqliteMemory::run(&self.pool, "DROP TABLE users_tokens").await;
    }
}

pub fn app(auth: &UserAuth) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/settings", any(settings))
        .route("/sudo", any(sudo))
        .route("/log-in", get(messages).post(log_in))
        .route("/log-out", post(log_out))
        .route("/log-out-everywhere", post(log_out_everywhere))
        .route("/put", any(put))
        .route("/form", get(form).post(taken))
        .layer(auth.layer())
}

async fn home(session: Option<CurrentSession>) -> String {
    session.map_or("nobody".into(), |session| format!("user {}", session.user_id))
}

async fn settings(session: CurrentSession) -> String {
    format!("settings of {}", session.user_id)
}

async fn sudo(session: SudoSession) -> String {
    format!("sudo of {}", session.user_id)
}

async fn messages(browser: Browser) -> String {
    format!("{:?}", browser.take_flash())
}

type Params = Query<HashMap<String, String>>;

async fn log_in(
    browser: Browser,
    Query(params): Params,
) -> Result<impl IntoResponse + use<>, AuthError> {
    let user: Id = params["user"].parse().unwrap();
    let remember_me = params.get("remember_me").is_some_and(|it| it == "true");
    browser.log_in(user, &LogIn::new().remember_me(remember_me)).await
}

async fn log_out(browser: Browser) -> Result<String, AuthError> {
    browser.put_flash("info", "Logged out successfully.");
    let logged_out = browser.log_out().await?;
    Ok(format!("{} {:?}", logged_out.redirect_to, logged_out.live_socket_topics))
}

async fn log_out_everywhere(browser: Browser) -> Result<impl IntoResponse, AuthError> {
    browser.log_out_everywhere().await
}

async fn put(browser: Browser, Query(params): Params) {
    for (name, value) in params {
        browser.with_session(|session| session.put_term(&name, value.as_str()));
    }
}

async fn form(browser: Browser) -> Result<String, AuthError> {
    browser.csrf_token()
}

async fn taken(body: String) -> String {
    body
}
