//! A handler that does several things for one browser.

use axum::{Router, routing::post};
use phoenix_token::{
    axum::{AuthError, CurrentSession, LogIn},
    store::{Handle, Session},
};

use crate::{
    databases::{Place as _, sqlite::SqliteMemory},
    jar::Jar,
    service::Service,
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
