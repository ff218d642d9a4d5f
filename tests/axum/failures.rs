//! What a browser gets where something fails: a status, and no cookie.

use std::{borrow::Cow, error::Error, fmt, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
    response::IntoResponse,
    routing::post,
};
use phoenix_token::{
    axum::{AuthError, Browser, LogIn},
    cookie::Session,
    store::{IdType, Settings, StoreError},
};
use sqlx::error::{DatabaseError, ErrorKind};
use tower::ServiceExt as _;

use crate::{
    databases::{Place as _, sqlite::SqliteMemory},
    jar::Jar,
    service::{SESSION, Service},
};

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn a_failing_database_is_503_without_a_word_and_never_a_log_out() {
    let service = Service::new().await;
    let mut jar = Jar::default();
    jar.post(&service.app(), "/log-in?user=1&remember_me=true").await;
    let mut remembered = jar.clone();
    remembered.cookies.remove(SESSION);
    service.pool.close().await;
    for jar in [&mut jar, &mut remembered] {
        for uri in ["/", "/settings", "/sudo", "/put?a=b"] {
            let answer = jar.get(&service.app(), uri).await;
            assert_eq!(
                (answer.status, answer.body.as_str()),
                (StatusCode::SERVICE_UNAVAILABLE, "")
            );
            assert_eq!(answer.set_cookies(), [""; 0], "{uri}");
        }
    }
    let answer = jar.post(&service.app(), "/log-out").await;
    assert_eq!((answer.status, answer.set_cookies().len()), (StatusCode::SERVICE_UNAVAILABLE, 0));
}

/// An id that is none of this store's making says nothing against the session's end.
#[tokio::test]
async fn a_session_whose_id_became_unreadable_is_logged_out() {
    for everywhere in [false, true] {
        let ids = |settings: Settings| settings.id_type(IdType::Uuid).user_id_type(IdType::Integer);
        let service = Service::with(ids).await;
        let pool = service.pool.clone();
        let log_out = post(async move |browser: Browser| {
            SqliteMemory::run(&pool, "UPDATE users_tokens SET id = hex(token)").await;
            let logged_out = match everywhere {
                false => browser.log_out().await?,
                true => browser.log_out_everywhere().await?,
            };
            Ok::<_, AuthError>(logged_out.live_socket_topics.join(" "))
        });
        let app = Router::new().route("/leave", log_out).layer(service.auth.layer());
        let mut jar = service.logged_in(1).await;
        let topic = service.session(&jar).live_socket_id().unwrap().to_string();
        service.token(1).await;
        let answer = jar.post(&app, "/leave").await;
        assert_eq!(answer.status, 200);
        assert!(answer.body.contains(&topic), "{}", answer.body);
        assert_eq!(answer.body.split(' ').count(), 1 + usize::from(everywhere));
        assert_eq!(service.session(&jar), Session::new());
        assert_eq!(service.rows().await, i64::from(!everywhere));
    }
}

/// There is no table, or what it is to hold is not allowed.
#[tokio::test]
async fn what_waiting_does_not_mend_is_500() {
    let service = Service::new().await;
    let mut jar = service.logged_in(1).await;
    let rule = "CREATE UNIQUE INDEX one_session ON users_tokens (user_id)";
    SqliteMemory::run(&service.pool, rule).await;
    let answer = Jar::default().post(&service.app(), "/log-in?user=1").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(jar.get(&service.app(), "/").await.body, "user 1");
    service.break_database().await;
    let answer = jar.get(&service.app(), "/").await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::INTERNAL_SERVER_ERROR, ""));
    assert_eq!(answer.set_cookies(), [""; 0]);
}

/// What a database answers.
#[derive(Debug)]
struct Refused(Option<&'static str>);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

impl Error for Refused {}

impl DatabaseError for Refused {
    fn message(&self) -> &str {
        "refused"
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        self.0.map(Into::into)
    }

    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

#[test]
fn by_the_code_of_each_database_it_is_known_what_waiting_mends() {
    for (code, status) in [
        (Some("42P01"), 500), // PostgreSQL: no such table
        (Some("42703"), 500), // PostgreSQL: no such column
        (Some("42501"), 500), // PostgreSQL: no right to it
        (Some("42S02"), 500), // MySQL: no such table
        (Some("42S22"), 500), // MySQL: no such column
        (Some("1"), 500),     // SQLite: no such table or column
        (Some("42000"), 503), // MySQL: also too many statements in this hour
        (Some("25006"), 503), // PostgreSQL: another host is the primary now
        (Some("53300"), 503), // PostgreSQL: too many connections
        (Some("57P01"), 503), // PostgreSQL: shutting down
        (Some("08004"), 503), // MySQL: too many connections
        (Some("10"), 503),    // SQLite: the disk
        (Some("13"), 503),    // SQLite: no room
        (None, 503),
    ] {
        let error = sqlx::Error::Database(Box::new(Refused(code)));
        assert_eq!(AuthError::from(StoreError::Database(error)).status(), status, "{code:?}");
    }
}

#[tokio::test]
async fn who_brings_no_token_needs_no_database() {
    let service = Service::new().await;
    service.break_database().await;
    let mut jar = Jar::default();
    assert_eq!(jar.get(&service.app(), "/").await.body, "nobody");
    assert_eq!(jar.get(&service.app(), "/put?a=b").await.set_names(), [SESSION]);
}

#[tokio::test]
async fn logging_in_that_fails_writes_nothing_at_all() {
    async fn log_in(browser: Browser) -> Result<impl IntoResponse, AuthError> {
        browser.put_flash("info", "Welcome back!");
        browser.log_in(1, &LogIn::new().remember_me(true)).await
    }
    let service = Service::new().await;
    let app = Router::new().route("/", post(log_in)).layer(service.auth.layer());
    service.pool.close().await;
    let request = Request::post("/").body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(!response.headers().contains_key(header::SET_COOKIE));
    let cause = response.extensions().get::<AuthError>().unwrap();
    assert!(matches!(cause.store_error(), Some(StoreError::Database(_))), "{cause:?}");
}

/// The token of before is no more by then, so nothing may stand between it and the new one's cookie.
#[tokio::test]
async fn giving_credentials_again_asks_the_database_once() {
    for unreadable in ["inserted_at", "authenticated_at"] {
        let service = Service::new().await;
        let mut jar = service.logged_in(1).await;
        let trigger = format!(
            "CREATE TRIGGER spoil AFTER UPDATE OF token ON users_tokens BEGIN \
             UPDATE users_tokens SET {unreadable} = 'soon' WHERE id = NEW.id; END"
        );
        SqliteMemory::run(&service.pool, &trigger).await;
        let answer = jar.post(&service.app(), "/log-in?user=1").await;
        assert_eq!((answer.status, answer.set_names()), (StatusCode::FOUND, vec![SESSION]));
        assert_eq!(service.rows().await, 1);
        let repair = "UPDATE users_tokens SET inserted_at = '2026-01-02T03:04:05', \
                      authenticated_at = '2026-01-02T03:04:05'";
        SqliteMemory::run(&service.pool, repair).await;
        assert_eq!(jar.get(&service.app(), "/").await.body, "user 1", "{unreadable}");
    }
}

#[tokio::test]
async fn logging_in_as_another_user_leaves_no_session_where_the_one_before_cannot_be_ended() {
    let service = Service::new().await;
    let mut jar = service.logged_in(1).await;
    let trigger = "CREATE TRIGGER hold BEFORE DELETE ON users_tokens WHEN OLD.user_id = 1 \
                   BEGIN SELECT RAISE(ABORT, 'held'); END";
    SqliteMemory::run(&service.pool, trigger).await;
    let answer = jar.post(&service.app(), "/log-in?user=2").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!((answer.set_cookies().len(), service.rows().await), (0, 1));
    assert_eq!(jar.get(&service.app(), "/").await.body, "user 1");
}

#[tokio::test]
async fn the_session_after_giving_credentials_again_is_told_as_it_is() {
    async fn again(browser: Browser) -> Result<String, AuthError> {
        let logged_in = browser.log_in(1, &LogIn::new()).await?;
        let it = logged_in.session;
        Ok(format!("{} {} {:?} {:?}", it.user_id, it.handle, it.inserted_at, it.authenticated_at))
    }
    let service = Service::new().await;
    let mut jar = service.logged_in(1).await;
    service.clock.advance(DAY);
    let app = Router::new().route("/", post(again)).layer(service.auth.layer());
    let told = jar.post(&app, "/").await.body;
    let token = *service.session(&jar).user_token().unwrap();
    let it = service.store.lookup(&service.pool, &token).await.unwrap().unwrap();
    let row =
        format!("{} {} {:?} {:?}", it.user_id, it.handle, it.inserted_at, it.authenticated_at);
    assert_eq!(told, row);
}

/// Nor does the database have anything to do with it.
#[tokio::test]
async fn logging_in_a_user_whose_id_is_of_another_type_is_500() {
    let service = Service::new().await;
    let mut jar = Jar::default();
    let user = "0186fa3d-1c2f-4c4f-9aaa-1234567890ab";
    let answer = jar.post(&service.app(), &format!("/log-in?user={user}")).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!((answer.set_cookies().len(), service.rows().await), (0, 0));
}

#[tokio::test]
async fn a_session_too_large_for_a_cookie_is_500_and_no_cookie_is_sent() {
    async fn log_in(browser: Browser) -> Result<impl IntoResponse, AuthError> {
        let answer = browser.log_in(1, &LogIn::new().remember_me(true)).await;
        browser.with_session(|session| session.put_term("large", "x".repeat(4096)));
        answer
    }
    let service = Service::new().await;
    let app = Router::new().route("/", post(log_in)).layer(service.auth.layer());
    let answer = Jar::default().post(&app, "/").await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::INTERNAL_SERVER_ERROR, ""));
    assert_eq!(answer.set_cookies(), [""; 0]);
    assert_eq!(answer.location(), None);
}
