//! Whom a request comes from, by the session or the remember-me cookie.

use std::time::Duration;

use axum::http::StatusCode;
use phoenix_token::{
    SecretKeyBase,
    axum::Release,
    cookie::{RememberMe, Session, SessionCookie},
};

use super::{DAY, remember_me, topic};
use crate::{
    jar::Jar,
    service::{self, REMEMBER_ME, SESSION, Service, app, secret},
};

const PRIVATE: &str = "max-age=0, private, must-revalidate";

#[tokio::test]
async fn a_user_is_known_by_the_session() {
    let service = Service::new().await;
    let token = service.token(3).await;
    let mut session = Session::new();
    session.put_user_token(&token);
    let mut jar = Jar::default();
    service.put_session(&mut jar, &session);
    let answer = jar.get(&service.app(), "/").await;
    assert_eq!(answer.body, "user 3");
    assert_eq!(answer.set_cookies(), [""; 0]);
}

#[tokio::test]
async fn a_user_is_known_by_the_remember_me_cookie_which_then_goes_into_the_session() {
    let service = Service::new().await;
    let token = service.token(3).await;
    let mut jar = Jar::default();
    jar.cookies.insert(REMEMBER_ME.into(), remember_me(&service, &token));
    let answer = jar.get(&service.app(), "/").await;
    assert_eq!(answer.body, "user 3");
    assert_eq!(answer.set_names(), [SESSION]);
    let session = service.session(&jar);
    assert_eq!(session.user_token(), Some(&token));
    assert_eq!(session.live_socket_id(), Some(topic(&token).as_str()));
    assert!(session.user_remember_me());
    assert_eq!(jar.get(&service.app(), "/").await.set_cookies(), [""; 0]);
}

#[tokio::test]
async fn a_remember_me_cookie_of_no_row_or_over_its_age_is_nobodys_and_changes_nothing() {
    let service = Service::new().await;
    let token = service.token(3).await;
    let value = remember_me(&service, &token);
    let mut jar = Jar::default();
    jar.cookies.insert(REMEMBER_ME.into(), remember_me(&service, &[9; 32]));
    let answer = jar.get(&service.app(), "/").await;
    assert_eq!((answer.body.as_str(), answer.set_cookies().len()), ("nobody", 0));
    let service = Service::with(|settings| settings.validity(100 * DAY)).await;
    service.clock.advance(15 * DAY);
    jar.cookies.insert(REMEMBER_ME.into(), value);
    assert_eq!(jar.get(&service.app(), "/").await.body, "nobody");
}

#[tokio::test]
async fn the_session_goes_before_the_remember_me_cookie_even_where_its_row_is_gone() {
    let service = Service::new().await;
    let mut session = Session::new();
    session.put_user_token(&[9; 32]);
    let mut jar = Jar::default();
    service.put_session(&mut jar, &session);
    jar.cookies.insert(REMEMBER_ME.into(), remember_me(&service, &service.token(3).await));
    let answer = jar.get(&service.app(), "/").await;
    assert_eq!((answer.body.as_str(), answer.set_cookies().len()), ("nobody", 0));
}

#[tokio::test]
async fn a_session_is_reissued_after_seven_days_with_the_cookie_and_the_rest_kept() {
    let service = Service::new().await;
    let mut jar = Jar::default();
    jar.post(&service.app(), "/log-in?user=1&remember_me=true").await;
    jar.get(&service.app(), "/put?cart=apples").await;
    let before = service.session(&jar);
    service.clock.advance(7 * DAY - Duration::from_secs(1));
    assert_eq!(jar.get(&service.app(), "/").await.set_cookies(), [""; 0]);
    service.clock.advance(Duration::from_secs(1));
    let answer = jar.get(&service.app(), "/").await;
    assert_eq!((answer.body.as_str(), answer.set_names()), ("user 1", vec![REMEMBER_ME, SESSION]));
    let after = service.session(&jar);
    let token = after.user_token().unwrap();
    assert_ne!(before.user_token(), Some(token));
    assert_eq!(after.live_socket_id(), Some(topic(token).as_str()));
    assert_eq!(after.get_term("cart"), before.get_term("cart"));
    assert_eq!(jar.cookies[REMEMBER_ME], remember_me(&service, token));
    let old = service.store.lookup(&service.pool, before.user_token().unwrap()).await;
    let new = service.store.lookup(&service.pool, token).await.unwrap().unwrap();
    assert_eq!(new.authenticated_at, old.unwrap().unwrap().authenticated_at);
    assert_eq!(jar.get(&service.app(), "/").await.set_cookies(), [""; 0]);
}

#[tokio::test]
async fn a_session_of_who_is_not_to_be_remembered_is_reissued_without_the_cookie() {
    let service = Service::new().await;
    let mut jar = service.logged_in(1).await;
    service.clock.advance(8 * DAY);
    assert_eq!(jar.get(&service.app(), "/").await.set_names(), [SESSION]);
}

#[tokio::test]
async fn phoenix_1_7_reissues_nothing_notes_nothing_and_always_clears() {
    let service = Service::with(|settings| settings.validity(60 * DAY)).await;
    let options = RememberMe::options("my_app").max_age(RememberMe::MAX_AGE_1_7);
    let cookie = RememberMe::with_options(&secret(), options).unwrap();
    let app = app(&service.auth.clone().release(Release::V1_7).remember_me(cookie));
    let mut jar = Jar::default();
    let answer = jar.post(&app, "/log-in?user=1&remember_me=true").await;
    assert!(answer.set_cookies()[0].contains("max-age=5184000"));
    assert!(!service.session(&jar).user_remember_me());
    jar.get(&app, "/put?cart=apples").await;
    service.clock.advance(30 * DAY);
    let answer = jar.get(&app, "/").await;
    assert_eq!((answer.body.as_str(), answer.set_cookies().len()), ("user 1", 0));
    jar.cookies.remove(SESSION);
    assert_eq!(jar.get(&app, "/").await.body, "user 1");
    assert_eq!(service.session(&jar).len(), 2);
    jar.get(&app, "/put?cart=apples").await;
    jar.post(&app, "/log-in?user=1").await;
    assert_eq!(service.session(&jar).len(), 2);
}

#[tokio::test]
async fn with_1_7_a_row_without_authenticated_at_is_in_sudo_mode_from_its_log_in() {
    let service = Service::with(|settings| settings.validity(60 * DAY)).await;
    let mut jar = service.logged_in(1).await;
    let forget = async || {
        let sql = "UPDATE users_tokens SET authenticated_at = NULL";
        sqlx::query(sql).execute(&service.pool).await.unwrap()
    };
    forget().await;
    let old = app(&service.auth.clone().release(Release::V1_7));
    service.clock.advance(Duration::from_secs(599));
    assert_eq!(jar.get(&old, "/sudo").await.body, "sudo of 1");
    let mut same = jar.clone();
    assert_eq!(
        same.get(&service.app(), "/sudo").await.location(),
        Some("/log-in"),
        "1.8 writes it"
    );
    service.clock.advance(Duration::from_secs(1));
    assert_eq!(jar.get(&old, "/sudo").await.location(), Some("/log-in"));
    jar.post(&old, "/log-in?user=1").await;
    assert_eq!(forget().await.rows_affected(), 1, "the row of before is gone");
    assert_eq!(jar.get(&old, "/sudo").await.body, "sudo of 1");
}

#[tokio::test]
async fn sudo_mode_lasts_ten_minutes_from_the_credentials() {
    let service = Service::new().await;
    let mut jar = service.logged_in(1).await;
    service.clock.advance(Duration::from_secs(599));
    assert_eq!(jar.get(&service.app(), "/sudo").await.body, "sudo of 1");
    service.clock.advance(Duration::from_secs(1));
    let answer = jar.get(&service.app(), "/sudo").await;
    assert_eq!((answer.status, answer.location()), (StatusCode::FOUND, Some("/log-in")));
    let flash = "You must re-authenticate to access this page.";
    assert_eq!(service.session(&jar).flash("error"), Some(flash));
    assert_eq!(service.session(&jar).take_user_return_to().as_deref(), Some("/sudo"));
    assert_eq!(Jar::default().get(&service.app(), "/sudo").await.location(), Some("/log-in"));
}

#[tokio::test]
async fn without_a_log_in_path_the_status_says_it_and_nothing_is_written() {
    let mut service = Service::new().await;
    let pool = service.pool.clone();
    let cookie = service.session_cookie.clone();
    let store = service.store.clone();
    let auth = phoenix_token::axum::UserAuth::new(&secret(), "my_app", cookie, store, pool);
    service.auth = auth.unwrap().check_csrf(false);
    let answer = Jar::default().get(&service.app(), "/settings").await;
    assert_eq!((answer.status, answer.set_cookies().len()), (StatusCode::UNAUTHORIZED, 0));
    let mut jar = service.logged_in(1).await;
    service.clock.advance(DAY);
    let answer = jar.get(&service.app(), "/sudo").await;
    assert_eq!((answer.status, answer.set_cookies().len()), (StatusCode::FORBIDDEN, 0));
}

#[tokio::test]
async fn cookies_of_an_earlier_secret_are_read_and_those_of_the_first_written() {
    let service = Service::new().await;
    let old = SecretKeyBase::new(service::SECRET.replace('w', "v")).unwrap();
    let old_cookie = SessionCookie::encrypted(&old, "enc", "sign").unwrap();
    let old_remember = RememberMe::new(&old, "my_app").unwrap();
    let auth = service.auth.clone().also_read(old_cookie.clone(), old_remember.clone()).unwrap();
    let app = app(&auth);
    let token = service.token(5).await;
    let mut session = Session::new();
    session.put_user_token(&token);
    let mut jar = Jar::default();
    jar.put_session(&old_cookie, SESSION, &session);
    assert_eq!(jar.get(&app, "/").await.body, "user 5");
    assert_eq!(service.session_cookie.read(&jar.cookies[SESSION]).unwrap(), session);
    assert_eq!(jar.get(&app, "/").await.set_cookies(), [""; 0]);
    let mut jar = Jar::default();
    let value = old_remember.write_at(&token, service.clock.now()).unwrap();
    jar.cookies.insert(REMEMBER_ME.into(), value.clone());
    assert_eq!(jar.get(&app, "/").await.body, "user 5");
    assert_eq!(jar.cookies[REMEMBER_ME], remember_me(&service, &token));
    assert_eq!(jar.get(&app, "/").await.set_cookies(), [""; 0]);
    // With a session of who is to be remembered the other cookie is as old.
    session.put_term("user_remember_me", true);
    jar.put_session(&old_cookie, SESSION, &session);
    jar.cookies.insert(REMEMBER_ME.into(), value.clone());
    assert_eq!(jar.get(&app, "/").await.set_names(), [REMEMBER_ME, SESSION]);
    assert_eq!(jar.cookies[REMEMBER_ME], remember_me(&service, &token));
    assert_eq!(jar.get(&app, "/").await.set_cookies(), [""; 0]);
    // It is so beside a session that Phoenix has written anew, or that notes nothing, as with 1.7.
    let mut session = Session::new();
    session.put_user_token(&token);
    jar.put_session(&service.session_cookie, SESSION, &session);
    jar.cookies.insert(REMEMBER_ME.into(), value);
    assert_eq!(jar.get(&app, "/").await.set_names(), [REMEMBER_ME]);
    assert_eq!(jar.cookies[REMEMBER_ME], remember_me(&service, &token));
    // That of another session is left alone.
    let other = old_remember.write_at(&service.token(6).await, service.clock.now()).unwrap();
    jar.cookies.insert(REMEMBER_ME.into(), other);
    assert_eq!(jar.get(&app, "/").await.set_cookies(), [""; 0]);
}

#[tokio::test]
async fn another_schema_has_its_own_entries() {
    let service = Service::with(|settings| settings.live_socket_prefix("accounts_sessions")).await;
    let app = app(&service.auth.clone().schema("account"));
    let mut jar = Jar::default();
    jar.get(&app, "/settings").await;
    jar.post(&app, "/log-in?user=1&remember_me=true").await;
    let session = service.session(&jar);
    let keys: Vec<&str> = session.keys().collect();
    assert_eq!(keys, ["account_remember_me", "account_token", "live_socket_id", "phoenix_flash"]);
    assert!(session.live_socket_id().unwrap().starts_with("accounts_sessions:"));
    assert_eq!(jar.get(&app, "/").await.body, "user 1");
    let name = "_my_app_web_account_remember_me";
    assert_eq!(jar.cookies.keys().collect::<Vec<_>>(), [SESSION, name]);
    let cookie = RememberMe::for_schema(&secret(), "my_app", "account").unwrap();
    let token =
        *session.get_term("account_token").unwrap().as_bytes().unwrap().first_chunk().unwrap();
    assert_eq!(jar.cookies[name], cookie.write_at(&token, service.clock.now()).unwrap());
    jar.cookies.remove(SESSION);
    assert_eq!(jar.get(&app, "/").await.body, "user 1", "by the remember-me cookie");
    jar.post(&app, "/log-out").await;
    assert!(!jar.cookies.contains_key(name), "removed");
}

#[tokio::test]
async fn an_answer_says_that_it_is_private_as_all_of_plugs_do() {
    let service = Service::new().await;
    let answer = Jar::default().get(&service.app(), "/").await;
    assert_eq!(answer.headers["cache-control"], PRIVATE);
    assert!(!answer.headers.contains_key("vary"));
}
