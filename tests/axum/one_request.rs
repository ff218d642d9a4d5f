//! A handler that does several things for one browser.

use axum::{Router, routing::post};
use phoenix_token::{
    axum::{AuthError, Browser, CurrentSession, LogIn},
    store::{Handle, Session},
};
use sqlx::SqlitePool;

use crate::{
    databases::{Place as _, sqlite::SqliteMemory},
    jar::Jar,
    service::{REMEMBER_ME, SESSION, Service},
};

async fn who(service: &Service, jar: &Jar) -> String {
    jar.clone().get(&service.app(), "/").await.body
}

async fn listed(session: &CurrentSession) -> Result<Vec<Session>, AuthError> {
    session.list(10, 0).await
}

fn current(listed: &[Session]) -> Vec<Handle> {
    listed.iter().filter(|it| it.is_current).map(|it| it.handle).collect()
}

async fn log_in_again(session: &CurrentSession) -> Result<(), AuthError> {
    let _ = session.browser().log_in(session.user_id, &LogIn::new()).await?;
    Ok(())
}

#[tokio::test]
async fn after_giving_credentials_again_the_list_marks_the_session_and_the_others_end() {
    async fn change_password(session: CurrentSession) -> Result<String, AuthError> {
        log_in_again(&session).await?;
        assert_eq!(current(&listed(&session).await?), [session.handle]);
        Ok(session.end_others().await?.len().to_string())
    }
    let service = Service::new().await;
    let app = Router::new().route("/", post(change_password)).layer(service.auth.layer());
    let (mut jar, other) = (service.logged_in(1).await, service.logged_in(1).await);
    assert_eq!(jar.post(&app, "/").await.body, "1");
    assert_eq!(
        (who(&service, &jar).await, who(&service, &other).await),
        ("user 1".into(), "nobody".into())
    );
}

/// Where the row had ended meanwhile, giving credentials again makes another.
#[tokio::test]
async fn ending_the_session_that_the_same_request_began_logs_out() {
    let service = Service::new().await;
    let pool = service.pool.clone();
    let end = post(async move |session: CurrentSession| {
        SqliteMemory::run(&pool, "DELETE FROM users_tokens").await;
        log_in_again(&session).await?;
        let new = current(&listed(&session).await?)[0];
        Ok::<_, AuthError>(session.end(new).await?.is_some().to_string())
    });
    let app = Router::new().route("/", end).layer(service.auth.layer());
    let mut jar = service.logged_in(1).await;
    assert_eq!(jar.post(&app, "/").await.body, "true");
    assert!(service.session(&jar).is_empty());
}

#[tokio::test]
async fn after_a_log_in_as_another_user_the_session_is_still_of_the_first() {
    async fn change_user(session: CurrentSession) -> Result<String, AuthError> {
        let _ = session.browser().log_in(2, &LogIn::new()).await?;
        assert!(listed(&session).await?.iter().all(|it| it.user_id == session.user_id));
        Ok(session.end_others().await?.len().to_string())
    }
    let service = Service::new().await;
    let app = Router::new().route("/", post(change_user)).layer(service.auth.layer());
    let (mut jar, first, second) =
        (service.logged_in(1).await, service.logged_in(1).await, service.logged_in(2).await);
    assert_eq!(jar.post(&app, "/").await.body, "1");
    for (jar, is) in [(&jar, "user 2"), (&first, "nobody"), (&second, "user 2")] {
        assert_eq!(who(&service, jar).await, is);
    }
}

#[tokio::test]
async fn what_fails_and_changes_no_cookie_keeps_none_back() {
    let service = Service::new().await;
    let pool = service.pool.clone();
    let go_on = post(async move |session: CurrentSession| {
        session.browser().put_flash("info", "The list will be back soon.");
        pool.close().await;
        assert!(session.list(10, 0).await.is_err());
        assert!(session.end(session.handle).await.is_err());
        assert!(session.end_others().await.is_err());
    });
    let app = Router::new().route("/", go_on).layer(service.auth.layer());
    let mut jar = service.logged_in(1).await;
    assert_eq!(jar.post(&app, "/").await.set_names(), [SESSION]);
    assert_eq!(service.session(&jar).flash("info"), Some("The list will be back soon."));
    assert!(service.session(&jar).user_token().is_some());
}

/// The database refuses all statements of the kind.
async fn refuse(pool: &SqlitePool, statement: &str) {
    let body = "ON users_tokens BEGIN SELECT RAISE(ABORT, 'no'); END";
    SqliteMemory::run(pool, &format!("CREATE TRIGGER refuse BEFORE {statement} {body}")).await;
}

async fn allow(pool: &SqlitePool) {
    SqliteMemory::run(pool, "DROP TRIGGER refuse").await;
}

#[tokio::test]
async fn a_log_in_that_succeeds_at_the_second_attempt_is_sent() {
    let service = Service::new().await;
    let pool = service.pool.clone();
    let log_in = post(async move |browser: Browser| {
        browser.put_flash("info", "Welcome back!");
        refuse(&pool, "INSERT").await;
        assert!(browser.log_in(1, &LogIn::new()).await.is_err());
        allow(&pool).await;
        browser.log_in(1, &LogIn::new()).await
    });
    let app = Router::new().route("/", log_in).layer(service.auth.layer());
    let mut jar = Jar::default();
    assert_eq!(jar.post(&app, "/").await.set_names(), [SESSION]);
    assert_eq!(who(&service, &jar).await, "user 1");
    assert_eq!(service.session(&jar).flash("info"), Some("Welcome back!"));
}

#[tokio::test]
async fn a_log_out_that_succeeds_at_the_second_attempt_is_sent() {
    for everywhere in [false, true] {
        let service = Service::new().await;
        let pool = service.pool.clone();
        let log_out = post(async move |browser: Browser| {
            let leave = async || match everywhere {
                false => browser.log_out().await,
                true => browser.log_out_everywhere().await,
            };
            refuse(&pool, "DELETE").await;
            assert!(leave().await.is_err());
            allow(&pool).await;
            leave().await
        });
        let app = Router::new().route("/", log_out).layer(service.auth.layer());
        let mut jar = service.logged_in(1).await;
        assert_eq!(jar.post(&app, "/").await.set_names(), [REMEMBER_ME, SESSION]);
        assert!(service.session(&jar).is_empty());
    }
}

#[tokio::test]
async fn a_log_out_that_fails_keeps_back_what_had_worked_before_it() {
    let service = Service::new().await;
    let pool = service.pool.clone();
    let leave = post(async move |browser: Browser| {
        let _ = browser.log_in(1, &LogIn::new()).await?;
        refuse(&pool, "DELETE").await;
        assert!(browser.log_out().await.is_err());
        Ok::<_, AuthError>(())
    });
    let app = Router::new().route("/", leave).layer(service.auth.layer());
    let answer = Jar::default().post(&app, "/").await;
    assert_eq!((answer.status.as_u16(), answer.set_cookies().len()), (200, 0));
}
