//! No token of a session is printed by what logging in and out gives back, nor by an error.

use std::{fmt::Debug, sync::Mutex};

use axum::{Router, routing::post};
use phoenix_token::{
    axum::{AuthError, Browser, LogIn},
    store::StoreError,
};

use crate::{jar::Jar, printed::shows_none_of, service::Service};

/// As `{:?}` and `{:#?}`.
fn printed(value: &impl Debug) -> String {
    format!("{value:?} {value:#?}")
}

/// Neither the token nor its base64url, which is in the topic of its live sockets.
fn shows_no_token(service: &Service, token: [u8; 32], printed: &str) {
    let token = phoenix_token::store::SessionToken::from_bytes(&token).unwrap();
    let topic = service.store.live_socket_topic(&token);
    let (_, text) = topic.split_once(':').unwrap();
    shows_none_of(printed, &[token.secret_bytes(), text.as_bytes()]);
}

#[tokio::test]
async fn no_debug_of_a_log_in_or_a_log_out_shows_a_token() {
    let service = Service::new().await;
    let before = service.logged_in(1).await;
    let token = *service.session(&before).user_token().unwrap();
    let shown = std::sync::Arc::new(Mutex::new(String::new()));
    let (of_log_in, of_log_out) = (shown.clone(), shown.clone());
    let app = Router::new()
        .route(
            "/log-in",
            post(async move |browser: Browser| {
                let logged_in = browser.log_in(2, &LogIn::new()).await.unwrap();
                assert!(logged_in.live_socket_topic.is_some());
                *of_log_in.lock().unwrap() = printed(&logged_in);
            }),
        )
        .route(
            "/log-out",
            post(async move |browser: Browser| {
                let logged_out = browser.log_out().await.unwrap();
                assert_eq!(logged_out.live_socket_topics.len(), 1);
                *of_log_out.lock().unwrap() = printed(&logged_out);
            }),
        )
        .layer(service.auth.layer());
    for (path, jar, name) in
        [("/log-in", before.clone(), "LoggedIn"), ("/log-out", before, "LoggedOut")]
    {
        // The row of the first is gone by then; its topic is that of the session in the cookie.
        let mut jar: Jar = jar;
        assert!(jar.post(&app, path).await.status.is_success());
        let shown = shown.lock().unwrap().clone();
        assert!(shown.starts_with(name) && shown.contains("redirect_to: \"/\""), "{shown}");
        shows_no_token(&service, token, &shown);
    }
}

#[tokio::test]
async fn no_debug_of_what_was_ended_shows_a_token_not_even_in_an_error() {
    let service = Service::new().await;
    let token = service.token(1).await;
    // It is rolled back, so the token is still good.
    let mut transaction = service.pool.begin().await.unwrap();
    let ended = service.store.end(&mut transaction, &token).await.unwrap().unwrap();
    transaction.rollback().await.unwrap();
    assert!(service.store.lookup(&service.pool, &token).await.unwrap().is_some());

    shows_no_token(&service, token, &printed(&ended));
    assert!(printed(&ended).contains("user_id"));
    let incomplete = || StoreError::Incomplete {
        ended: vec![ended.clone()],
        error: Box::new(StoreError::TimedOut),
    };
    let of_a_response = AuthError::from(incomplete());
    assert_eq!(of_a_response.ended(), std::slice::from_ref(&ended));
    for shown in [
        printed(&incomplete()),
        printed(&of_a_response),
        printed(&of_a_response.store_error()),
        format!("{} {}", incomplete(), of_a_response),
    ] {
        shows_no_token(&service, token, &shown);
    }
}
