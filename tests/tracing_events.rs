//! What the crate tells `tracing`: that something happened, and nothing of what was in it.

#![cfg(all(feature = "tracing", feature = "sqlite"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

#[cfg(feature = "axum")]
#[path = "common/databases.rs"]
mod databases;
#[cfg(feature = "axum")]
#[path = "common/jar.rs"]
mod jar;
#[cfg(feature = "axum")]
#[path = "common/service.rs"]
mod service;

use std::{
    fmt::{Debug, Write as _},
    sync::{Arc, Mutex},
    time::Duration,
};

use phoenix_token::{
    Keyring, MaxAge, SecretKeyBase, Sign, Timestamp, TokenKey,
    cookie::{SessionCookie, TokenCookie},
    store::{EndAll, NewSession, Settings, Store, Sweep},
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

const SECRET_KEY_BASE: &str =
    "a secret key base for cookies has at least sixty-four bytes, as here";

/// Writes every event down, as text.
#[derive(Clone, Default)]
struct Listener(Arc<Mutex<String>>);

impl Subscriber for Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        if event.metadata().target() != "phoenix_token" {
            return;
        }
        struct Fields<'a>(&'a mut String);
        impl Visit for Fields<'_> {
            fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
                write!(self.0, " {field}={value:?}").unwrap();
            }
        }
        let mut text = self.0.lock().unwrap();
        write!(text, "{}", event.metadata().level()).unwrap();
        event.record(&mut Fields(&mut text));
        text.push('\n');
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// What the crate says while `work` is done.
fn said(work: impl FnOnce()) -> String {
    let listener = Listener::default();
    tracing::subscriber::with_default(listener.clone(), work);
    let text = listener.0.lock().unwrap();
    text.clone()
}

#[test]
fn what_is_refused_is_said_with_the_reason_and_nothing_else() {
    let secret = SecretKeyBase::new(SECRET_KEY_BASE).unwrap();
    let (key, other) = (TokenKey::derive(&secret, "user auth"), TokenKey::derive(&secret, "b"));
    let cookie = TokenCookie::signed(&secret, "a_cookie").unwrap();
    let session = SessionCookie::signed(&secret, "salt").unwrap();
    let token = key.sign("in the token").unwrap();
    let expired = key.sign_with("old", &Sign::new().max_age(MaxAge::seconds(0))).unwrap();
    let text = said(|| {
        key.verify::<String>(&token).unwrap();
        key.verify::<u64>(None).unwrap_err();
        other.verify::<String>(&token).unwrap_err();
        key.verify::<String>(&expired).unwrap_err();
        key.verify::<u64>(&token).unwrap_err();
        key.decrypt::<u64>("a secret that is no token").unwrap_err();
        cookie.read::<u64>("a secret that is no cookie").unwrap_err();
        session.read("a secret that is no session").unwrap_err();
        session.read(None).unwrap_err();
    });
    assert_eq!(
        text,
        "DEBUG message=token refused operation=\"verify\" reason=\"invalid\"\n\
         DEBUG message=token refused operation=\"verify\" reason=\"expired\"\n\
         DEBUG message=token refused operation=\"verify\" reason=\"data\"\n\
         DEBUG message=token refused operation=\"decrypt\" reason=\"invalid\"\n\
         DEBUG message=token refused operation=\"read cookie\" reason=\"invalid\"\n\
         DEBUG message=session cookie refused reason=\"invalid\"\n"
    );
}

/// To the caller it is invalid, as any other: only who keeps the clocks is told.
#[test]
fn a_token_from_a_host_whose_clock_is_ahead_is_told_from_a_forged_one() {
    let secret = SecretKeyBase::new(SECRET_KEY_BASE).unwrap();
    let (key, other) = (TokenKey::derive(&secret, "user auth"), TokenKey::derive(&secret, "b"));
    let now = Timestamp::from_secs(1_767_268_800);
    let token = key.sign_at("early", now.checked_add(Duration::from_secs(120)).unwrap()).unwrap();
    let text = said(|| {
        key.verify_at::<String>(&token, now).unwrap_err();
        other.verify_at::<String>(&token, now).unwrap_err();
    });
    assert_eq!(
        text,
        "WARN message=token signed ahead ahead_ms=120000\n\
         DEBUG message=token refused operation=\"verify\" reason=\"invalid\"\n\
         DEBUG message=token refused operation=\"verify\" reason=\"invalid\"\n"
    );
}

#[test]
fn what_is_not_rotated_is_said_with_the_reason() {
    let secret = SecretKeyBase::new(SECRET_KEY_BASE).unwrap();
    let (key, other) = (TokenKey::derive(&secret, "user auth"), TokenKey::derive(&secret, "b"));
    let (token, expired) =
        (key.sign("in the token").unwrap(), Sign::new().max_age(MaxAge::hours(0)));
    let encrypted = key.encrypt_with("in the token", &expired).unwrap();
    let of_no_use = other.sign("in the token").unwrap();
    let ring = Keyring::new(TokenKey::derive(&secret, "new")).and(key).unwrap();
    let cookies = Keyring::new(TokenCookie::signed(&secret, "a_cookie").unwrap());
    let sessions = Keyring::new(SessionCookie::signed(&secret, "salt").unwrap());
    let text = said(|| {
        ring.rotate(&token).unwrap();
        ring.rotate(None).unwrap_err();
        ring.rotate(&of_no_use).unwrap_err();
        ring.rotate_encrypted(&encrypted).unwrap_err();
        cookies.rotate("a secret that is no cookie").unwrap_err();
        sessions.rotate("a secret that is no session").unwrap_err();
    });
    assert_eq!(
        text,
        "DEBUG message=token refused operation=\"rotate\" reason=\"invalid\"\n\
         DEBUG message=token refused operation=\"rotate\" reason=\"expired\"\n\
         DEBUG message=token refused operation=\"rotate cookie\" reason=\"invalid\"\n\
         DEBUG message=session cookie refused reason=\"invalid\"\n"
    );
}

#[test]
fn what_the_store_ends_and_sweeps_is_counted_and_not_named() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let text = said(|| {
        runtime.block_on(async {
            let pool = sqlx::SqlitePool::connect("sqlite::memory:").await.unwrap();
            Store::create_table(&pool, &Settings::new()).await.unwrap();
            let store = Store::open(&pool, Settings::new()).await.unwrap();
            let one = store.create(&pool, 42, &NewSession::new()).await.unwrap();
            store.create(&pool, 42, &NewSession::new()).await.unwrap();
            store.end(&pool, one.token.secret_bytes()).await.unwrap().unwrap();
            store.end_all(&pool, 42, EndAll::Sessions).await.unwrap();
            store.end_all(&pool, 42, EndAll::Sessions).await.unwrap();
            store.sweep(&pool, &Sweep::default()).await.unwrap();
        });
    });
    assert_eq!(
        text,
        "DEBUG message=sessions ended sessions=1\n\
         DEBUG message=sessions ended sessions=1\n\
         INFO message=expired rows deleted rows=0\n"
    );
}

#[test]
fn each_retry_of_a_statement_is_said_with_its_number() {
    use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

    let folder = std::env::temp_dir().join(format!("phoenix-token-retries-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let text = said(|| {
        runtime.block_on(async {
            let options =
                SqliteConnectOptions::new().filename(folder.join("app.db")).create_if_missing(true);
            let pool =
                SqlitePool::connect_with(options.busy_timeout(Duration::ZERO)).await.unwrap();
            let settings = Settings::new().attempts(3).timeout(Duration::from_secs(60));
            Store::create_table(&pool, &settings).await.unwrap();
            let store = Store::open(&pool, settings).await.unwrap();
            let holder = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
            store.create(&pool, 42, &NewSession::new()).await.unwrap_err();
            holder.rollback().await.unwrap();
            pool.close().await;
        });
    });
    std::fs::remove_dir_all(folder).unwrap();
    assert_eq!(
        text,
        "DEBUG message=statement retried attempt=1\n\
         DEBUG message=statement retried attempt=2\n"
    );
}

#[cfg(feature = "axum")]
#[test]
fn who_logs_in_and_out_with_axum_is_not_named() {
    use jar::Jar;
    use service::{REMEMBER_ME, SESSION, Service};

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let text = said(|| {
        runtime.block_on(async {
            let service = Service::new().await;
            let app = service.app();
            let mut jar = Jar::default();
            jar.get(&app, "/").await;
            jar.post(&app, "/log-in?user=1").await;
            jar.post(&app, "/log-in?user=1&remember_me=true").await;
            service.clock.advance(Duration::from_secs(8 * 86_400));
            jar.get(&app, "/").await;
            let mut same = jar.clone();
            jar.post(&app, "/log-out").await;
            jar.post(&app, "/log-out").await;
            same.get(&app, "/").await;
            same.cookies.remove(SESSION);
            same.get(&app, "/").await;
            same.cookies.insert(REMEMBER_ME.into(), "a secret that is no cookie".into());
            same.get(&app, "/").await;
            let checked = service::app(&service.auth.clone().check_csrf(true));
            same.post(&checked, "/log-out").await;
        });
    });
    assert_eq!(
        text,
        "DEBUG message=logged in remember_me=false\n\
         DEBUG message=logged in remember_me=true\n\
         DEBUG message=session reissued\n\
         DEBUG message=sessions ended sessions=1\n\
         DEBUG message=logged out\n\
         DEBUG message=session refused cookie=\"session\"\n\
         DEBUG message=session refused cookie=\"remember me\"\n\
         DEBUG message=token refused operation=\"read cookie\" reason=\"invalid\"\n\
         DEBUG message=CSRF token refused\n"
    );
}

#[cfg(feature = "axum")]
#[test]
fn what_the_store_fails_at_is_said_with_the_databases_code_and_not_its_words() {
    use axum::{Router, routing::post};
    use databases::{Place as _, sqlite::SqliteMemory};
    use phoenix_token::axum::CurrentSession;
    use service::Service;
    use std::pin::Pin;

    async fn refuse(service: &Service, statement: &str) {
        let trigger = format!(
            "CREATE TRIGGER refuse_{statement} BEFORE {statement} ON users_tokens \
             BEGIN SELECT RAISE(ABORT, 'a secret of the user'); END"
        );
        SqliteMemory::run(&service.pool, &trigger).await;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let of = |work: fn(Service) -> Pin<Box<dyn Future<Output = ()>>>| {
        said(|| runtime.block_on(async { work(Service::new().await).await }))
    };

    let while_reading = of(|service| {
        Box::pin(async move {
            let mut jar = service.logged_in(1).await;
            refuse(&service, "INSERT").await;
            refuse(&service, "UPDATE").await;
            service.clock.advance(Duration::from_secs(8 * 86_400));
            jar.get(&service.app(), "/").await;
        })
    });
    assert_eq!(
        while_reading,
        "DEBUG message=logged in remember_me=false\n\
         WARN message=store failed operation=\"touch\" reason=\"refused\" code=\"1811\"\n\
         WARN message=store failed operation=\"reissue\" reason=\"refused\" code=\"1811\"\n"
    );

    let coming_and_going = of(|service| {
        Box::pin(async move {
            let (mut jar, app) = (service.logged_in(1).await, service.app());
            refuse(&service, "DELETE").await;
            jar.post(&app, "/log-in?user=2").await;
            jar.post(&app, "/log-in?user=0186fa3d-1c2f-4c4f-9aaa-1234567890ab").await;
            jar.post(&app, "/log-out").await;
            jar.post(&app, "/log-out-everywhere").await;
        })
    });
    assert_eq!(
        coming_and_going,
        "DEBUG message=logged in remember_me=false\n\
         WARN message=store failed operation=\"undo log in\" reason=\"refused\" code=\"1811\"\n\
         WARN message=store failed operation=\"log in\" reason=\"refused\" code=\"1811\"\n\
         WARN message=store failed operation=\"log in\" reason=\"id type\"\n\
         WARN message=store failed operation=\"log out\" reason=\"refused\" code=\"1811\"\n\
         WARN message=store failed operation=\"log out everywhere\" reason=\"refused\" code=\"1811\"\n"
    );

    let without_a_database = of(|service| {
        Box::pin(async move {
            let mut jar = service.logged_in(1).await;
            let pool = service.pool.clone();
            let tidy = post(async move |session: CurrentSession| {
                pool.close().await;
                session.list(10, 0).await.unwrap_err();
                session.end(session.handle).await.unwrap_err();
                session.end_others().await.unwrap_err();
            });
            let app = Router::new().route("/", tidy).layer(service.auth.layer());
            jar.post(&app, "/").await;
            jar.post(&app, "/").await;
        })
    });
    assert_eq!(
        without_a_database,
        "DEBUG message=logged in remember_me=false\n\
         WARN message=store failed operation=\"list\" reason=\"unreachable\"\n\
         WARN message=store failed operation=\"end\" reason=\"unreachable\"\n\
         WARN message=store failed operation=\"end others\" reason=\"unreachable\"\n\
         WARN message=store failed operation=\"look up\" reason=\"unreachable\"\n"
    );
}
